"""The curve of a lane line in a picture: a cubic on a flat road, seen by a pitched camera (Liu et al. 2021, section 3.1).

On the road, X is metres to the right of the camera and Z metres ahead. In the picture, x is a share of the width and y a share of the
height, from the upper left corner. A curve is six numbers (k'', f'', m'', n', b'', b'''):
x(y) = k'' / (y - f'')² + m'' / (y - f'') + n' + b'' y - b'''.
"""

import math
from typing import NamedTuple

import torch


class Camera(NamedTuple):
    """A camera over the road: height in m; pitch in radians, above 0 where it looks down; focal length in widths of the picture.

    aspect: height of the picture over its width. The optical axis meets the picture in its middle.
    """

    height: float = 1.5
    pitch: float = 0.0
    focal: float = 0.9
    aspect: float = 9 / 16


def horizon(camera):
    """The row y in which a flat road vanishes: f'' of every curve on it."""
    return 0.5 - camera.focal * math.tan(camera.pitch) / camera.aspect


def lane_curve(road, camera):
    """The curve of a lane line X = k Z³ + m Z² + n Z + b, exactly: road [..., 4] = (k, m, n, b) in m -> curve [..., 6].

    A row y shows the road at Z = D / s - t, with s = aspect · (y - f''), D = height · focal / cos²(pitch) and t = height · tan(pitch), and
    one metre there is cos(pitch) · s / height widths long. So a cubic in Z becomes a sum of 1 / s², 1 / s, 1 and s. Lines of one road,
    which differ in b alone, share k'', f'', m'' and n', and b''' = b'' f''.
    """
    road, cosine = _require_last("road", road, 4), math.cos(camera.pitch)
    k, m, n, b = road.unbind(-1)
    shift = camera.height * math.tan(camera.pitch)
    m, n, b = m - 3 * k * shift, n - 2 * m * shift + 3 * k * shift**2, b - n * shift + m * shift**2 - k * shift**3
    reach, scale = camera.height * camera.focal / cosine**2, cosine / camera.height
    own = scale * camera.aspect * b
    far = torch.full_like(k, horizon(camera))
    return torch.stack((scale * k * reach**3 / camera.aspect**2, far, scale * m * reach**2 / camera.aspect, 0.5 + scale * n * reach, own,
                        own * far), dim=-1)


def lane_road(curve, camera):
    """Back from the curve to the road, for a known camera: curve [..., 6] -> (k, m, n, b) [..., 4]; f'' and b''' are not needed."""
    k, _, m, n, b, _ = _require_last("curve", curve, 6).unbind(-1)
    cosine, shift = math.cos(camera.pitch), camera.height * math.tan(camera.pitch)
    reach, scale = camera.height * camera.focal / cosine**2, cosine / camera.height
    k, m = k * camera.aspect**2 / scale / reach**3, m * camera.aspect / scale / reach**2
    n, b = (n - 0.5) / scale / reach, b / scale / camera.aspect
    return torch.stack((k, m + 3 * k * shift, n + 2 * m * shift + 3 * k * shift**2, b + n * shift + m * shift**2 + k * shift**3), dim=-1)


def lane_x(curve, y):
    """Where a curve crosses rows: curve [..., 6], y [n] or [..., n] -> x [..., n]. Infinite or NaN in the row f'' itself."""
    k, far, m, n, slope, shift = _require_last("curve", curve, 6)[..., None, :].unbind(-1)
    s = y - far
    return k / s**2 + m / s + n + slope * y - shift


def seen_at(x_road, z_road, camera, drop=0.0):
    """The place in the picture of points of the road: X and Z in m, and drop, how far below the flat road they lie -> (x, y)."""
    sine, cosine = math.sin(camera.pitch), math.cos(camera.pitch)
    down = camera.height + drop
    depth = z_road * cosine + down * sine
    return 0.5 + camera.focal * x_road / depth, 0.5 + camera.focal * (down * cosine - z_road * sine) / depth / camera.aspect


def distance_ahead(y, camera, hill=0.0):
    """How far ahead the road is that a row shows: y [n] -> Z [n] in m, infinite above the horizon.

    hill: the road rises by hill · Z² metres, 0 for a flat one, below 0 for a crest that it goes down behind.
    """
    v = (y - 0.5) * camera.aspect
    sine, cosine = math.sin(camera.pitch), math.cos(camera.pitch)
    fall = (v * cosine + camera.focal * sine) / (camera.focal * cosine - v * sine)       # of the line of sight, m down for each m ahead
    root = fall**2 + 4 * hill * camera.height
    below = fall + torch.where(root > 0, root, 0).sqrt()
    return torch.where((root >= 0) & (below > 0), 2 * camera.height / torch.where(below > 0, below, 1), math.inf)


def _require_last(name, tensor, size):
    if not torch.is_tensor(tensor) or not tensor.dim() or tensor.size(-1) != size or not tensor.is_floating_point():
        came = f"shape {list(tensor.shape)} and dtype {tensor.dtype}" if torch.is_tensor(tensor) else f"type {type(tensor).__name__}"
        raise ValueError(f"{name} has {came}, expected a floating-point tensor [..., {size}]")
    return tensor
