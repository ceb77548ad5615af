"""What planning costs in Python: planner.py '<json>' prints the median time of a call and the plan, as one line of JSON.

Written from the description of the reference's planner in docs/bits.md and docs/planner-abi.md: lists of intervals for each
axis, and for each interval its slice of the output and its mask, a NumPy array of float64 rounded once to float32.
"""

import json
import statistics
import sys
import time

import numpy as np

ROUNDS = 200


def split(size, overlap, dimension):
    """Half-open intervals of one axis with their ramps, in latent cells."""
    if dimension <= size:
        return [(0, dimension, 0, 0)]
    step = size - overlap
    count = (dimension - overlap + step - 1) // step
    return [
        (i * step, min(i * step + size, dimension), overlap if i > 0 else 0, overlap if i < count - 1 else 0)
        for i in range(count)
    ]


def split_causal(size, overlap, dimension):
    """The same where each interval after the first starts a cell earlier: its first decoded frame is of no use."""
    first, *others = split(size, overlap, dimension)
    return [first] + [(start - 1, stop, left + 1, right) for start, stop, left, right in others]


def mask(length, left, right, starts_from_zero):
    """Weights of one interval: they rise over `left`, fall over `right`."""
    left, right = min(left, length), min(right, length)
    weights = np.ones(length)
    if left > 0:
        weights[:left] *= np.arange(left) / left if starts_from_zero else np.arange(1, left + 1) / (left + 1)
    if right > 0:
        weights[length - right :] *= np.arange(right, 0, -1) / (right + 1)
    return weights.astype(np.float32)


def map_interval(interval, scale):
    start, stop, left, right = (scale * cells for cells in interval)
    return start, stop, mask(stop - start, left, right, False)


def map_causal(interval, scale):
    """The first cell is one frame, each after it `scale`."""
    start, stop, left, right = interval
    first, last = start * scale, 1 + (stop - 1) * scale
    rise = 1 + (left - 1) * scale if left > 0 else 0
    return first, last, mask(last - first, rise, right * scale, True)


def plan(request):
    """The intervals of frames, height and width, as (start, stop, mask)."""
    spatial = [
        [map_interval(each, axis["scale"]) for each in split(axis["tile"], axis["overlap"], axis["cells"])]
        for axis in request[1:]
    ]
    frames = request[0]
    causal = split_causal(frames["tile"], frames["overlap"], frames["cells"])
    return [[map_causal(each, frames["scale"]) for each in causal], *spatial]


def main():
    request = json.loads(sys.argv[1])
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        made = plan(request)
        times.append(time.perf_counter() - started)
    axes = [[{"outStart": a, "outStop": b, "mask": m.tobytes().hex()} for a, b, m in axis] for axis in made]
    print(json.dumps({"milliseconds": statistics.median(times) * 1000, "axes": axes}))


main()
