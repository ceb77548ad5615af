"""Whole decodes: the plan from planner.wasm, the probe decoder and the blending on NumPy."""

import hashlib
import struct

import numpy as np

from planner import Planner


def latents(shape: list[int], dtype: str) -> np.ndarray:
    i = np.arange(np.prod(shape), dtype=np.uint64)
    values = ((i * 2654435761) % 2**32 >> 8) / 2**24 - 0.5
    return values.astype(np.float32).astype(dtype).reshape(shape)


def probe(tile: np.ndarray, request: dict[str, int], delta: int) -> np.ndarray:
    """The probe decoder, which conformance/README.md defines. Answers in float32."""
    _batch, channels, frames, height, width = tile.shape
    ts, hs, ws = (request[f"scale.{axis}"] for axis in ("frames", "height", "width"))
    causal = request["causal"] == 1
    t = np.arange((1 + (frames - 1) * ts if causal else frames * ts) + delta)
    y, x = np.arange(height * hs + delta), np.arange(width * ws + delta)
    o = np.arange(3)
    from_frame = np.minimum((t + (ts - 1 if causal else 0)) // ts, frames - 1)
    from_row, from_column = np.minimum(y // hs, height - 1), np.minimum(x // ws, width - 1)
    cells = tile.astype(np.float32)[:, o % channels][:, :, from_frame][:, :, :, from_row][..., from_column]
    o, t, y, x = np.ix_(o, t, y, x)
    pattern = ((7 * o + 13 * t + 5 * y + 3 * x) % 64 - 32) / 64
    return cells + pattern.astype(np.float32)


def read_axis(planner: Planner, block: bytes, axis: int) -> list[tuple[slice, slice, np.ndarray]]:
    """Of each interval: its latent cells, its frames or pixels, its mask."""
    header = planner.constant("PLAN_AXES") + axis * planner.constant("AXIS_HEADER_BYTES")
    _output, count, records = struct.unpack_from("<3i", block, header)
    intervals = []
    for i in range(count):
        at = records + i * planner.constant("RECORD_BYTES")
        start, end, _left, _right, out_start, out_stop, mask_at = struct.unpack_from("<7i", block, at)
        values = np.frombuffer(block, "<f4", out_stop - out_start, mask_at)
        intervals.append((slice(start, end), slice(out_start, out_stop), values))
    return intervals


def decode(planner: Planner, case: dict, request: dict[str, int]) -> str:
    """Returns the SHA-256 of the decoded video."""
    block = planner.call("plan", case["plan"])
    frames, rows, columns = (read_axis(planner, block, axis) for axis in range(3))
    z = latents(case["latentShape"], case["dtype"])
    out = np.zeros(case["outputShape"], np.float32)
    weight = np.zeros(case["outputShape"][2:], np.float32)
    for f, out_f, mask_f in frames:
        for h, out_h, mask_h in rows:
            for w, out_w, mask_w in columns:
                pixels = probe(z[:, :, f, h, w], request, case["delta"])
                # A tile of another size than planned counts from its origin as far as both go.
                t, y, x = (min(a, b.size) for a, b in zip(pixels.shape[2:], (mask_f, mask_h, mask_w)))
                m = (mask_f[:t, None, None] * mask_h[:y, None]) * mask_w[:x]
                place = np.s_[
                    out_f.start : out_f.start + t, out_h.start : out_h.start + y, out_w.start : out_w.start + x
                ]
                out[(..., *place)] += pixels[..., :t, :y, :x] * m
                weight[place] += m
    video = (out / np.maximum(weight, np.float32(1e-8))).astype(case["dtype"])
    return hashlib.sha256(video.tobytes()).hexdigest()
