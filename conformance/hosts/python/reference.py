"""The reference's algorithm (mlx-video tiling.py @e4cdbb7) with margins, on NumPy, and the plan block it gives.

It shares nothing with the planner: it is what planner.wasm is compared with, value by value.
"""

import struct

import numpy as np

AXES = ("frames", "height", "width")


LINEAR, SMOOTH = 0, 1
BOTH, PAST = 0, 1


def ramp(steps: int, shape: int) -> np.ndarray:
    """The values of a rising ramp of so many steps, in float64."""
    x = np.arange(1, steps + 1, dtype=np.float64) / (steps + 1)
    return x * x * x * (x * (x * 6 - 15) + 10) if shape == SMOOTH else x


def fade(length: int, zeros: int, steps: int, shape: int) -> np.ndarray:
    """One side of a mask, in float64: zeros, a rising ramp, ones, as far as they go."""
    return np.concatenate([np.zeros(zeros), ramp(steps, shape), np.ones(max(length - zeros - steps, 0))])[:length]


def mask(length: int, left_ramp: int, right_ramp: int, from_zero: bool) -> np.ndarray:
    """The reference's trapezoid: both sides in float64, their product rounded once to float32."""
    left, right = (min(max(steps, 0), length) for steps in (left_ramp, right_ramp))
    zeros = 1 if from_zero and left > 0 else 0
    values = fade(length, zeros, left - zeros, LINEAR) * fade(length, 0, right, LINEAR)[::-1]
    return values.astype(np.float32)


def split(causal: bool, size: int, overlap: int, dimension: int) -> list[tuple[int, int, int, int]]:
    """Start, end, left ramp and right ramp of each interval, in latent cells."""
    if dimension <= size:
        return [(0, dimension, 0, 0)]
    stride = size - overlap
    starts = range(0, dimension - overlap, stride)
    intervals = []
    for start in starts:
        is_first, is_last = start == 0, start == starts[-1]
        back = 1 if causal and not is_first else 0
        intervals.append(
            (
                start - back,
                dimension if is_last else start + size,
                0 if is_first else overlap + back,
                0 if is_last else overlap,
            )
        )
    return intervals


def output_slice(causal: bool, start: int, end: int, scale: int) -> tuple[int, int]:
    """Start and stop in frames or pixels."""
    return start * scale, 1 + (end - 1) * scale if causal else end * scale


def map_interval(causal: bool, interval: tuple[int, int, int, int], scale: int) -> tuple[int, int, np.ndarray]:
    """Start and stop in frames or pixels, and the mask, without margins."""
    start, end, left, right = interval
    out_start, out_stop = output_slice(causal, start, end, scale)
    if causal:
        left = 1 + (left - 1) * scale if left > 0 else 0
    else:
        left *= scale
    return out_start, out_stop, mask(out_stop - out_start, left, right * scale, causal)


def plan_axis(request: dict[str, int], axis: str) -> list[tuple]:
    """The intervals of one axis of a request: start, end, left ramp, right ramp, out start, out stop, mask."""
    causal = axis == "frames" and request["causal"] == 1
    dimension, scale = request[f"latent.{axis}"], request[f"scale.{axis}"]
    tile, overlap, margin, shape, context = (
        request[f"{axis}.{field}"] for field in ("tileSize", "overlap", "margin", "ramp", "context")
    )
    steps = overlap - margin if context == PAST else overlap - 2 * margin
    left_zeros, right_zeros = margin + causal, 0 if context == PAST else margin
    parts = []
    for interval in split(causal, tile // scale or dimension, overlap // scale, dimension):
        start, end, left, right = interval
        out_start, out_stop = output_slice(causal, start, end, scale)
        length = out_stop - out_start
        values = np.ones(length)
        if left > 0 or (causal and start > 0):
            values *= fade(length, left_zeros, steps, shape)
        if right > 0:
            values *= fade(length, right_zeros, steps, shape)[::-1]
        parts.append((*interval, out_start, out_stop, values.astype(np.float32)))
    return parts


def normal_fields(names: list[str], request: dict[str, int]) -> list[int]:
    """The request's fields as a plan block holds them: what does not matter is 0."""
    normal = dict(request)
    for axis in AXES:
        margin, context = request[f"{axis}.margin"], request[f"{axis}.context"]
        if request[f"{axis}.overlap"] - (margin if context == PAST else 2 * margin) < 2:
            normal[f"{axis}.ramp"] = LINEAR
        if margin == 0:
            normal[f"{axis}.context"] = BOTH
    return [normal[name] for name in names]


def plan_block(version: int, names: list[str], request: dict[str, int]) -> bytes:
    """The bytes of a plan, as docs/planner-abi.md draws them; `names` are the request's fields in their order."""
    fields = normal_fields(names, request)
    head = struct.pack(f"<{len(fields)}i", *fields)
    at = 12 + len(head) + 3 * 20
    headers, bodies = b"", b""
    for axis in AXES:
        parts = plan_axis(request, axis)
        offset = at + len(bodies)
        records, masks = _records(parts, offset)
        headers += struct.pack("<5i", parts[-1][5], len(parts), offset, offset + len(records), len(masks))
        bodies += records + masks
    size = 12 + len(head) + len(headers) + len(bodies)
    return b"TBPL" + struct.pack("<2i", version, size) + head + headers + bodies


def _records(parts: list[tuple], offset: int) -> tuple[bytes, bytes]:
    """The records and masks of an axis: each distinct mask once, in the order in which it first comes."""
    masks, places, records = b"", {}, b""
    masks_at = offset + 28 * len(parts)
    for *numbers, values in parts:
        data = values.tobytes()
        # One shape, one mask: the length and both ramps.
        shape = (numbers[5] - numbers[4], numbers[2], numbers[3])
        if shape not in places:
            places[shape] = masks_at + len(masks)
            masks += data
        records += struct.pack("<7i", *numbers, places[shape])
    return records, masks
