"""Lane lines without learning: edges by Canny, straight lines by Hough, and the point where they meet."""

import itertools
import math

import numpy as np
from skimage.feature import canny
from skimage.transform import hough_line, hough_line_peaks

from book_lib.lanes.tusimple import ABSENT, H_SAMPLES, SIZE

STEEPEST = math.radians(80)                                                  # of a line's normal; beyond are nearly level lines
ROAD_FROM = 0.45                                                             # share of the height above which nothing is looked for
MERGE_ROW, MERGE_WITHIN = 0.6, 0.05                                          # lines as near as this in this row are two edges of one line
ABOVE_GROUND = 0.05                                                          # share of the height between the horizon and a line's far end


def hough_lanes(image, h_samples=H_SAMPLES, *, sigma=1.0, low=0.125, high=0.25, votes=20, most=8):
    """Find straight lane lines in a picture: edges (Canny 1986), lines (Duda and Hart 1972), pairs of edges merged, cut at the horizon.

    image uint8 [h, w, 3]; sigma, in px, and thresholds low and high, of grey from 0 to 1, are Canny's; votes: the edge pixels a line needs;
    most: lines kept before they are merged. The horizon is the median row in which pairs of lines meet.
    Returns for each line a list of x in px of TuSimple's pictures, from left to right. Raises ValueError for another shape or dtype.
    """
    if not isinstance(image, np.ndarray) or image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        came = f"shape {list(image.shape)} and dtype {image.dtype}" if isinstance(image, np.ndarray) else f"type {type(image).__name__}"
        raise ValueError(f"image has {came}, expected a NumPy array uint8 [height, width, 3]")
    h, w, _ = image.shape
    edges = canny(image.mean(-1) / 255, sigma, low, high)
    edges[: round(ROAD_FROM * h)] = False
    votes_of, angles, distances = hough_line(edges, np.linspace(-STEEPEST, STEEPEST, 161))
    found = hough_line_peaks(votes_of, angles, distances, min_distance=2, min_angle=3, threshold=votes, num_peaks=most)
    lines = [((r - 0.5 * (np.sin(a) + np.cos(a))) / np.cos(a), -np.tan(a), n) for n, a, r in zip(*found, strict=True)]
    lines = _merged([(start / w, slope * h / w, n) for start, slope, n in lines])        # x = start + slope · y, in shares
    meets = [(b - a) / (u - v) for (a, u), (b, v) in itertools.combinations(lines, 2) if abs(u - v) > 0.2]
    horizon = min(max(np.median(meets), 0.3), 0.6) if meets else ROAD_FROM
    y = np.array(h_samples) / SIZE[0]
    points = []
    for start, slope in lines:
        x = start + slope * y
        points.append(np.where((y > horizon + ABOVE_GROUND) & (x >= 0) & (x < 1), x * SIZE[1], float(ABSENT)).tolist())
    return points


def _merged(lines):
    """Lines (start, slope, votes) that meet the merging row at nearly the same place become one: (start, slope), means by votes, sorted."""
    place = lambda line: line[0] + MERGE_ROW * line[1]                       # noqa: E731
    groups = []
    for line in sorted(lines, key=place):
        if groups and place(line) - place(groups[-1][-1]) < MERGE_WITHIN:
            groups[-1].append(line)
        else:
            groups.append([line])
    return [tuple(np.average([line[:2] for line in group], axis=0, weights=[line[2] for line in group])) for group in groups]
