"""Roads to find lane lines on: drawn as a camera over a flat or hilly road sees them, with exact curves and points.

A picture is made from its seed alone. It shows at a tenth of their size what TuSimple's pictures of 1280 x 720 px show, and its lines are
given as TuSimple gives them: x in px of the large picture in the rows H_SAMPLES.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch

from book_lib.checks import is_whole, require_whole
from book_lib.data.scenes import MEAN, STD
from book_lib.lanes.curves import Camera, distance_ahead, seen_at
from book_lib.lanes.tusimple import ABSENT, H_SAMPLES, lane_targets
from book_lib.lanes.tusimple import SIZE as LARGE

SIZE = (72, 128)                                                 # height and width of a picture, px
FOCAL = 0.9                                                      # in widths of the picture
PITCHES, HEIGHTS = (0.01, 0.07), (1.3, 1.7)                      # of the cameras, radians and m: from, up to
STRAIGHT, RADII = 0.2, (40.0, 250.0)                             # share of roads without a bend; m, of the others' bends at the car
FAR = 50.0                                                       # m; lines are annotated up to here
FADED = 90.0                                                     # m; the road is drawn up to here
FEWEST_POINTS = 6                                                # rows in which a line has to be seen to be annotated
FINENESS = 3                                                     # rows drawn for each row of the picture, and averaged
CAR = (1.8, 1.5)                                                 # width and height, m


@dataclass(frozen=True)
class Road:
    """What a picture shows; lengths in m.

    shape (k, m, n): of all lines, X = k Z³ + m Z² + n Z + b; lines: dicts of b, width, colour [3] and dash, None for a solid line or
    (length of a dash, length of dash and gap, start of a dash); edges: b of the two edges of the asphalt; hill: the road rises by
    hill · Z²; colours: dict of "asphalt", "verge", "sky" and "haze", [3] each from 0 to 255; light: a factor on everything; shadows: dicts
    of z_from, z_to, slant and dark (the factor); cars: dicts of x (their b), z and colour.
    """

    camera: Camera
    shape: tuple
    lines: tuple
    edges: tuple
    colours: dict
    light: float = 1.0
    hill: float = 0.0
    shadows: tuple = ()
    cars: tuple = ()


@dataclass(frozen=True)
class RoadPicture:
    """A picture of a road and its lane lines.

    image: uint8 [72, 128, 3]; lanes: float32 [n, 56], for each line that is seen in at least FEWEST_POINTS rows its x in px of 1280 in the
    rows H_SAMPLES of 720, -2 where it is not seen, from left to right; road: what was drawn; which: int64 [n], the places of these lines in
    road.lines; seed: the number the road was made from, None where it was given.
    """

    image: np.ndarray
    lanes: np.ndarray
    road: Road
    which: np.ndarray
    seed: int | None

    @property
    def roads(self):
        """The lines on the ground, float32 [n, 4]: (k, m, n, b), as lane_curve takes them."""
        return np.float32([[*self.road.shape, self.road.lines[i]["b"]] for i in self.which]).reshape(-1, 4)


def make_road(seed, *, n_lines=None, pitch=None, hill=0.0):
    """Draw one road: 2 to 5 lines, bent or straight, solid and dashed, with shadows, cars and noise.

    seed: whole number of at least 0; n_lines: by default drawn from 2 to 5; pitch: of the camera in radians, by default drawn from PITCHES;
    hill: as in Road. Returns a RoadPicture; the same arguments give the same picture. Raises ValueError for numbers out of range.
    """
    require_whole(at_least=0, seed=seed)
    if n_lines is not None and (not is_whole(n_lines) or not 2 <= n_lines <= 5):
        raise ValueError(f"n_lines is {n_lines!r}, expected 2 to 5")
    rng = np.random.default_rng([seed, 12])
    road = _drawn_road(rng, n_lines, pitch, hill)
    noise = 5 * rng.standard_normal(SIZE, dtype=np.float32) + _blotches(rng)
    return picture_of(road, noise, seed=seed)


def make_roads(n, *, seed=0, **settings):
    """n different roads, made from the seeds seed, seed + 1, …: a list of RoadPicture. settings: further keywords of make_road."""
    return [make_road(seed + i, **settings) for i in range(n)]


def picture_of(road, noise=None, *, seed=None):
    """The RoadPicture of a Road; noise [72, 128], where given, is added to the grey of every pixel."""
    picture = draw_road(road)
    picture = picture if noise is None else picture + noise[..., None]
    lanes, which = annotated(road)
    return RoadPicture(picture.clip(0, 255).astype(np.uint8), lanes, road, which, seed)


def annotated(road):
    """The lines of a road as TuSimple gives them: (lanes float32 [n, 56], their places in road.lines int64 [n]), from left to right.

    Cars hide lines in the picture, not here; what lies beyond FAR or outside the picture is left out.
    """
    height, width = LARGE
    ahead = distance_ahead(torch.tensor(H_SAMPLES, dtype=torch.float64) / height, road.camera, road.hill)
    near = ahead <= FAR
    ahead = torch.where(near, ahead, FAR)
    lanes = []
    for line in road.lines:
        x, _ = seen_at(_across(road, ahead) + line["b"], ahead, road.camera, -road.hill * ahead**2)
        lanes.append(torch.where(near & (x >= 0) & (x < 1), x * width, float(ABSENT)).numpy())
    lanes = np.float32(lanes).reshape(-1, len(H_SAMPLES))
    which = np.flatnonzero((lanes >= 0).sum(1) >= FEWEST_POINTS)
    which = which[np.argsort([road.lines[i]["b"] for i in which], kind="stable")]
    return lanes[which], which


def draw_road(road):
    """What the camera sees, without noise: float32 [72, 128, 3], 0 to 255 where nothing is very bright."""
    h, w = SIZE
    y = (np.arange(h * FINENESS) + 0.5) / (h * FINENESS)
    ahead = distance_ahead(torch.from_numpy(y), road.camera, road.hill).numpy()
    below = np.flatnonzero(ahead <= FADED)
    z = ahead[below, None].astype(np.float32)
    picture = np.empty((h * FINENESS, w, 3), np.float32)
    mist = np.float32(np.clip((road.camera.aspect * y - 0.1) / 0.12, 0, 1))[:, None]
    picture[:] = (np.float32(road.colours["sky"]) * (1 - mist) + np.float32(road.colours["haze"]) * mist)[:, None]
    pixel = (z * np.cos(road.camera.pitch) + (road.camera.height - road.hill * z**2) * np.sin(road.camera.pitch)) / road.camera.focal / w
    pixel = pixel.astype(np.float32)                                                     # m across, in each row
    x = (np.arange(w, dtype=np.float32) + 0.5 - w / 2) * pixel - _across(road, z)        # m right of the middle of the road
    ground = _mixed(road.colours["verge"], road.colours["asphalt"], _covered(x, pixel, *road.edges))
    steps = np.abs(np.gradient(z[:, 0]))[:, None] if len(z) > 1 else np.ones_like(z)
    for line in road.lines:
        paint = _covered(x, pixel, line["b"] - line["width"] / 2, line["b"] + line["width"] / 2)
        ground = _mixed(ground, line["colour"], paint if line["dash"] is None else paint * _dashed(z, steps, *line["dash"]))
    for shadow in road.shadows:
        along = z + shadow["slant"] * x
        dark = np.clip(along - shadow["z_from"], 0, 1) * np.clip(shadow["z_to"] - along, 0, 1)
        ground *= (1 - (1 - shadow["dark"]) * dark)[..., None]
    picture[below] = _mixed(ground, road.colours["haze"], np.clip((z - 40) / (FADED - 40), 0, 1) ** 2)
    picture = picture.reshape(h, FINENESS, w, 3).mean(1)
    for car in sorted(road.cars, key=lambda car: -car["z"]):
        _paint_car(picture, road, car)
    return picture * np.float32(road.light)


def road_batch(pictures, *, flip=None):
    """Put pictures into one batch: (images float [b, 3, 72, 128] with about zero mean and unit variance, targets as in check_lanes).

    flip: for each picture whether left and right are swapped, in both.
    """
    flip = [False] * len(pictures) if flip is None else flip
    images = np.stack([picture.image[:, ::-1] if turned else picture.image for picture, turned in zip(pictures, flip, strict=True)])
    images = (torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255 - MEAN) / STD
    lanes = [flipped(picture.lanes) if turned else picture.lanes for picture, turned in zip(pictures, flip, strict=True)]
    return images, [lane_targets(own) for own in lanes]


def flipped(lanes):
    """Lines [n, 56] as they stand after left and right were swapped."""
    return np.where(lanes >= 0, LARGE[1] - lanes, lanes)[::-1]


def labels(pictures):
    """The pictures' entries for tusimple_scores, named by their seeds: raw_file, lanes, h_samples."""
    return [{"raw_file": f"road/{picture.seed}.jpg", "lanes": picture.lanes.tolist(), "h_samples": list(H_SAMPLES)} for picture in pictures]


def _across(road, z):
    """How far the middle of the road has moved to the right at Z, m."""
    k, m, n = road.shape
    return ((k * z + m) * z + n) * z


def _covered(x, pixel, left, right):
    """The share of each pixel, x - pixel / 2 to x + pixel / 2, that lies between left and right."""
    return np.clip((np.minimum(x + pixel / 2, right) - np.maximum(x - pixel / 2, left)) / pixel, 0, 1)


def _dashed(z, step, length, period, start):
    """The share of each row, z - step / 2 to z + step / 2, that lies in dashes."""
    painted = [np.floor(u / period) * length + np.minimum(u % period, length) for u in (z - step / 2 - start, z + step / 2 - start)]
    return (painted[1] - painted[0]) / step


def _mixed(ground, colour, share):
    return np.float32(ground) + (np.float32(colour) - np.float32(ground)) * np.float32(share)[..., None]


def _paint_car(picture, road, car):
    """A car from behind: a dark patch under it, the body, its window and two lights."""
    h, w = SIZE
    z, (wide, high) = car["z"], CAR
    middle, drop = _across(road, z) + car["x"], -road.hill * z**2

    def box(left, right, bottom, top, colour, share=1.0):
        corners = [seen_at(middle + side * wide / 2, z, road.camera, drop - up * high) for side, up in ((left, bottom), (right, top))]
        (x0, y1), (x1, y0) = corners
        across = np.clip(np.minimum(np.arange(w) + 1, x1 * w) - np.maximum(np.arange(w), x0 * w), 0, 1)
        down = np.clip(np.minimum(np.arange(h) + 1, y1 * h) - np.maximum(np.arange(h), y0 * h), 0, 1)
        picture[:] = _mixed(picture, colour, share * down[:, None] * across)

    body = np.float32(car["colour"])
    box(-1.1, 1.1, -0.08, 0.25, (25, 25, 28), 0.85)
    box(-1, 1, 0.15, 0.7, body)
    box(-0.8, 0.8, 0.6, 1, body * 0.8)
    box(-0.7, 0.7, 0.66, 0.94, (45, 55, 65))
    for left in (-0.95, 0.7):
        box(left, left + 0.25, 0.42, 0.58, (190, 40, 35))


def _drawn_road(rng, n_lines, pitch, hill):
    """A Road of random numbers."""
    camera = Camera(rng.uniform(*HEIGHTS), rng.uniform(*PITCHES) if pitch is None else pitch, FOCAL)
    straight, bend = rng.random() < STRAIGHT, rng.uniform(-1, 1, 3)
    sharp, gentle = (0.5 / radius for radius in RADII)                                   # of X = m Z², the radius is 1 / 2m
    m = math.copysign(gentle + abs(bend[1]) * (sharp - gentle), bend[1])
    shape = (0.0 if straight else 5e-5 * float(bend[0]), 0.0 if straight else m, 0.04 * float(bend[2]))
    count = int(rng.integers(2, 6)) if n_lines is None else n_lines
    wide, own = rng.uniform(3.3, 3.9), int(rng.integers(count - 1))                      # of a lane; the lane the camera drives in
    first = -(own + 0.5) * wide + rng.uniform(-0.6, 0.6)
    length, period = (float(rng.uniform(*span)) for span in ((2.5, 5), (8, 13)))
    white = rng.uniform(190, 240)
    lines = []
    for i in range(count):
        outer = i in (0, count - 1)
        colour = (white, 0.82 * white, 0.35 * white) if outer and rng.random() < 0.3 else (white, white, white)
        dash = None if rng.random() < (0.75 if outer else 0.15) else (length, period, float(rng.uniform(0, period)))
        lines.append({"b": first + i * wide, "width": float(rng.uniform(0.18, 0.3)), "colour": colour, "dash": dash})
    edges = (first - rng.uniform(0.4, 2.5), lines[-1]["b"] + rng.uniform(0.4, 2.5))
    grey = rng.uniform(75, 130)
    grass, clouds, mist = rng.uniform(size=3)
    verge = (1 - grass) * np.array([142, 124, 84]) + grass * np.array([72, 104, 52]) + rng.uniform(-12, 12, 3)
    sky = (1 - clouds) * np.array([96, 144, 200]) + clouds * np.array([176, 180, 186]) + rng.uniform(-8, 8, 3)
    haze = 0.4 * sky + 0.6 * (120 + 90 * mist)
    colours = {"asphalt": (grey + rng.uniform(-6, 6, 3)).tolist(), "verge": verge.tolist(), "sky": sky.tolist(), "haze": haze.tolist()}
    shadows = []
    for _ in range(rng.integers(0, 3)):
        z_from = rng.uniform(4, 35)
        shadow = {"z_to": z_from + rng.uniform(2, 12), "slant": rng.uniform(-0.8, 0.8), "dark": rng.uniform(0.4, 0.75)}
        shadows.append({"z_from": z_from, **shadow})
    cars = []
    for _ in range(rng.integers(0, 4)):
        lane = int(rng.integers(count - 1))
        z = rng.uniform(12 if lane == own else 7, 45)
        x = first + (lane + 0.5) * wide + rng.uniform(-0.5, 0.5)
        if all(abs(z - other["z"]) > 8 or abs(x - other["x"]) > 2.5 for other in cars):
            cars.append({"x": x, "z": z, "colour": rng.uniform(40, 220, 3).tolist()})
    return Road(camera, shape, tuple(lines), edges, colours, float(rng.uniform(0.6, 1.1)), hill, tuple(shadows), tuple(cars))


def _blotches(rng):
    """Patches of lighter and darker grey over the picture, [72, 128]."""
    grid = 6 * rng.standard_normal((7, 11))
    rows, columns = (np.linspace(0, n - 1, side) for n, side in zip(grid.shape, SIZE, strict=True))
    across = np.array([np.interp(columns, np.arange(11), line) for line in grid])
    return np.array([np.interp(rows, np.arange(7), line) for line in across.T]).T.astype(np.float32)
