"""One trial of a peer, in a process of its own: trial.py PEER '<json>' prints one line of JSON.

The request holds the tiles' sizes and masks: what is timed is accumulation and normalisation, as for ours. Each peer is
written from the description of its algorithm:
  numpy   the reference's: float32 output and weights of the whole video; for each tile the mask as a volume,
          output += pixels * mask, weights += mask; at the end output / max(weights, 1e-8)
  mlx     the same with MLX arrays on its CPU device
  torch   that of LTX-2: 1-D masks multiplied into the tile one axis after the other, in place, into one chunk of frames
          after the other, each normalised and handed out when it is final
"""

import json
import resource
import subprocess
import sys
import time


def resident():
    with open("/proc/self/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return {"now": int(fields["VmRSS"].split()[0]) * 1024, "highest": int(fields["VmHWM"].split()[0]) * 1024}


def touch_memory():
    """As ours: see bench/trial.mjs."""
    subprocess.run([sys.executable, "-c", "kept = bytearray(b'1') * (3 << 30)"], check=True)


def masks_of(axis, np):
    return [np.frombuffer(bytes.fromhex(i["mask"]), dtype="<f4") for i in axis["intervals"]]


def tiles(request):
    for f, frames in enumerate(request["frames"]["intervals"]):
        for h, height in enumerate(request["height"]["intervals"]):
            for w, width in enumerate(request["width"]["intervals"]):
                yield (f, h, w), tuple(slice(i["start"], i["stop"]) for i in (frames, height, width))


def pixels_of(pixels, slices):
    """A tile of the wanted size out of one block of pixels, as ours: the same values each time."""
    shape = (1, 3) + tuple(s.stop - s.start for s in slices)
    count = 1
    for length in shape:
        count *= length
    return pixels[:count].reshape(shape)


def rgb24_of(values, np):
    """(1, 3, F, H, W) as bytes (F, H, W, 3)."""
    scaled = np.clip((values[0] + 1) * 127.5, 0, 255)
    return np.rint(scaled).astype(np.uint8).transpose(1, 2, 3, 0).copy()


def run_numpy(request, masks, np):
    size = tuple(request[axis]["size"] for axis in ("frames", "height", "width"))
    pixels = np.tile((np.arange(2048, dtype=np.float32) * 37 % 2048) / 1024 - 1, request["pixels"] // 2048 + 1)
    touch_memory()
    started = time.perf_counter()
    output = np.zeros((1, 3) + size, np.float32)
    weights = np.zeros((1, 1) + size, np.float32)
    for (f, h, w), slices in tiles(request):
        mask = masks[0][f][:, None, None] * masks[1][h][None, :, None] * masks[2][w][None, None, :]
        at = (slice(None), slice(None)) + slices
        output[at] += pixels_of(pixels, slices) * mask[None, None]
        weights[at] += mask[None, None]
    output = output / np.maximum(weights, 1e-8)
    if request["out"] == "rgb24":
        output = rgb24_of(output, np)
    elif request["out"] == "float16":
        output = output.astype(np.float16)
    return time.perf_counter() - started


def run_mlx(request, masks, np):
    import mlx.core as mx

    mx.set_default_device(mx.cpu)
    size = tuple(request[axis]["size"] for axis in ("frames", "height", "width"))
    pixels = mx.array(np.tile((np.arange(2048, dtype=np.float32) * 37 % 2048) / 1024 - 1, request["pixels"] // 2048 + 1))
    masks = [[mx.array(mask) for mask in axis] for axis in masks]
    mx.eval(pixels, masks)
    touch_memory()
    started = time.perf_counter()
    output = mx.zeros((1, 3) + size)
    weights = mx.zeros((1, 1) + size)
    for (f, h, w), slices in tiles(request):
        mask = masks[0][f][:, None, None] * masks[1][h][None, :, None] * masks[2][w][None, None, :]
        at = (slice(None), slice(None)) + slices
        output[at] = output[at] + pixels_of(pixels, slices) * mask[None, None]
        weights[at] = weights[at] + mask[None, None]
        mx.eval(output, weights)
    output = output / mx.maximum(weights, 1e-8)
    if request["out"] == "rgb24":
        scaled = mx.clip((output[0] + 1) * 127.5, 0, 255)
        output = mx.contiguous(mx.round(scaled).astype(mx.uint8).transpose(1, 2, 3, 0))
    mx.eval(output)
    return time.perf_counter() - started


def run_torch(request, masks, np):
    import torch

    torch.set_num_threads(request["threads"])
    pixels = torch.from_numpy(
        np.tile((np.arange(2048, dtype=np.float32) * 37 % 2048) / 1024 - 1, request["pixels"] // 2048 + 1)
    )
    masks = [[torch.from_numpy(mask.copy()) for mask in axis] for axis in masks]
    height, width = request["height"]["size"], request["width"]["size"]
    frames = request["frames"]["intervals"]
    touch_memory()
    started = time.perf_counter()
    chunk = weights = None
    chunk_start = 0
    for (f, h, w), (_, ys, xs) in tiles(request):
        start, stop = frames[f]["start"], frames[f]["stop"]
        if h == 0 and w == 0:
            fresh = torch.zeros((1, 3, stop - start, height, width))
            fresh_weights = torch.zeros((1, 1, stop - start, height, width))
            if chunk is not None:
                # What the chunk before shares with this one goes on; the rest of it is final.
                shared = chunk_start + chunk.shape[2] - start
                fresh[:, :, :shared] = chunk[:, :, chunk.shape[2] - shared :]
                fresh_weights[:, :, :shared] = weights[:, :, chunk.shape[2] - shared :]
                finish_torch(chunk[:, :, : chunk.shape[2] - shared], weights[:, :, : chunk.shape[2] - shared], request)
            chunk, weights, chunk_start = fresh, fresh_weights, start
        tile = pixels_of(pixels, (slice(start, stop), ys, xs)).clone()
        mask = masks[0][f].view(-1, 1, 1) * masks[1][h].view(1, -1, 1) * masks[2][w].view(1, 1, -1)
        tile.mul_(masks[0][f].view(-1, 1, 1)).mul_(masks[1][h].view(1, -1, 1)).mul_(masks[2][w].view(1, 1, -1))
        chunk[:, :, :, ys, xs].add_(tile)
        weights[:, :, :, ys, xs].add_(mask)
    finish_torch(chunk, weights, request)
    return time.perf_counter() - started


def finish_torch(chunk, weights, request):
    import torch

    values = chunk.div_(weights.clamp_(min=1e-8))
    if request["out"] == "rgb24":
        scaled = values[0].add_(1).mul_(127.5).clamp_(0, 255).round_()
        scaled.to(torch.uint8).permute(1, 2, 3, 0).contiguous()
    elif request["out"] == "bfloat16":
        values.to(torch.bfloat16)


def main():
    import numpy as np

    peer, request = sys.argv[1], json.loads(sys.argv[2])
    run = {"numpy": run_numpy, "mlx": run_mlx, "torch": run_torch}[peer]
    masks = [masks_of(request[axis], np) for axis in ("frames", "height", "width")]
    idle = resident()["now"]
    seconds = run(request, masks, np)
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"milliseconds": seconds * 1000, "idle": idle, "peak": highest, "pixelBytes": 4 * request["pixels"]}))


main()
