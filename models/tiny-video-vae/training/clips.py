"""Clips from photographs, made on the device: a camera over one photograph, a nearer layer and a moving patch of others.

A clip is (B, 3, T, H, W), float32 in [-1, 1].
"""
import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

SCALES = (1.0, 0.6, 0.4)  # of the stored photographs (1280 pixels wide): what a training clip samples at about one to one
CLIP = (33, 256, 384)  # frames, height, width of an evaluation clip
CLIP_WIDTH = 768  # pixels that an evaluation photograph is shrunk to
CLIP_SPEEDS = ((1.5, 0.5), (2.5, -0.3), (-2.0, 0.8), (3.0, 0.0), (-1.0, -0.6))  # pixels a frame, across and down


def load(folder, held_out):
    """The photographs of one side of the split: [(PIL image, source)], in the order of index.json."""
    folder = Path(folder)
    rows = [row for row in json.loads((folder / 'index.json').read_text()) if row['held_out'] == held_out]
    with ThreadPoolExecutor(16) as pool:
        pictures = pool.map(lambda row: Image.open(folder / row['name']).convert('RGB'), rows)
        return [(picture, row['source']) for picture, row in zip(pictures, rows)]


def _tensor(picture):
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)


class Bank:
    """All training photographs on the device, at each of SCALES, on canvases of one size."""

    def __init__(self, pictures, device):
        self.device = device
        self.canvases, self.sizes = [], []
        for scale in SCALES:
            small = [p.resize((round(p.width * scale), round(p.height * scale)), Image.Resampling.LANCZOS) for p in pictures]
            height, width = max(p.height for p in small), max(p.width for p in small)
            canvas = torch.zeros(len(small), 3, height, width, dtype=torch.uint8)
            for number, picture in enumerate(small):
                canvas[number, :, :picture.height, :picture.width] = _tensor(picture)
            self.canvases.append(canvas.to(device))
            self.sizes.append(torch.tensor([[p.height, p.width] for p in small], dtype=torch.float32, device=device))
        area = self.sizes[0].prod(1)
        self.odds = area.clamp(max=6e5) / 6e5  # small photographs come less often

    def uniform(self, generator, shape, low=0.0, high=1.0):
        return torch.rand(shape, device=self.device, generator=generator) * (high - low) + low


def _reflect(position, size):
    """Folds coordinates back into [0, size - 1]."""
    last = size[:, None, None, None] - 1
    return (last - (position.abs() - last).abs()).clamp(min=0)


def _path(bank, generator, batch, frames):
    """A camera's path: offset across and down (pixels), zoom and turn (radians), each (batch, frames), and whether it moves."""
    def random(low=0.0, high=1.0):
        return bank.uniform(generator, (batch, 1), low, high)

    time = torch.linspace(-1, 1, frames, device=bank.device)[None]
    steps = time * (frames - 1) / 2
    kind = random()
    speed = torch.where(kind < 0.15, 0.0, torch.where(kind < 0.65, random(high=2.5), random(2.5, 7.0)))  # pixels a frame
    moves = (kind >= 0.15).float()
    angle = random(high=2 * math.pi)
    shake = moves * torch.sin(time * random(1, 6) + random(high=2 * math.pi)) * random(high=3.0)
    across = speed * steps * torch.cos(angle) + shake
    down = speed * steps * torch.sin(angle) + shake * random(-1, 1)
    zoom = torch.exp(moves * steps * random(-0.012, 0.012))
    turn = moves * steps * random(-0.012, 0.012) + random(-0.15, 0.15)
    return across, down, zoom, turn, moves


def _layer(bank, generator, shape, mode):
    """One photograph under a moving camera: clips (B, 3, T, S, S) and each pixel's place on the layer, x and y (B, T, S, S)."""
    batch, frames, side = shape
    level = int(torch.randint(len(SCALES), (1,), device=bank.device, generator=generator))
    chosen = torch.multinomial(bank.odds, batch, replacement=True, generator=generator)
    height, width = bank.sizes[level][chosen].unbind(1)
    room = (torch.minimum(height, width)[:, None] - 4) / (side * 1.05)
    scale = torch.exp(bank.uniform(generator, (batch, 1), math.log(0.8), math.log(1.3)))
    scale = torch.minimum(scale, room).clamp(min=0.4)  # photograph pixels for one clip pixel
    across, down, zoom, turn, moves = _path(bank, generator, batch, frames)

    def middle(extent, path):
        free = ((extent[:, None] / scale - side) / 2 - 2 - path.abs().amax(1, keepdim=True) - side * 0.06).clamp(min=0)
        return bank.uniform(generator, (batch, 1), -1, 1) * free

    axis = torch.arange(side, device=bank.device) - (side - 1) / 2
    y, x = torch.meshgrid(axis, axis, indexing='ij')
    tilt = bank.uniform(generator, (2, batch, 1, 1, 1), -1, 1) * 0.12 / side * moves[:, :, None, None]
    time = torch.linspace(-1, 1, frames, device=bank.device)[None, :, None, None]
    stretch = zoom[:, :, None, None] * (1 + (x * tilt[0] + y * tilt[1]) * time)
    cos, sin = torch.cos(turn)[:, :, None, None], torch.sin(turn)[:, :, None, None]
    layer_x = (x * cos - y * sin) * stretch + across[:, :, None, None]
    layer_y = (x * sin + y * cos) * stretch + down[:, :, None, None]
    at_x = (layer_x + middle(width, across)[:, :, None, None]) * scale[:, :, None, None] + width[:, None, None, None] / 2
    at_y = (layer_y + middle(height, down)[:, :, None, None]) * scale[:, :, None, None] + height[:, None, None, None] / 2
    mirrored = bank.uniform(generator, (batch, 1, 1, 1)) < 0.5
    at_x, at_y = _reflect(at_x, width), _reflect(at_y, height)
    at_x = torch.where(mirrored, width[:, None, None, None] - 1 - at_x, at_x)
    canvas = bank.canvases[level][chosen].float() / 127.5 - 1
    grid = torch.stack([(at_x + 0.5) / canvas.shape[3] * 2 - 1, (at_y + 0.5) / canvas.shape[2] * 2 - 1], -1)
    grid = grid.reshape(batch, frames * side, side, 2)
    sampled = F.grid_sample(canvas, grid, mode=mode, padding_mode='border', align_corners=False)
    return sampled.reshape(batch, 3, frames, side, side), layer_x, layer_y


def _blobs(bank, generator, layer_x, layer_y):
    """A soft mask of three discs that ride on a layer, (B, T, S, S)."""
    batch, side = layer_x.shape[0], layer_x.shape[-1]
    centre = bank.uniform(generator, (2, 3, batch, 1, 1, 1), -1, 1) * side * 0.45
    radius = bank.uniform(generator, (3, batch, 1, 1, 1), 0.08, 0.3) * side
    soft = bank.uniform(generator, (batch, 1, 1, 1), 0.5, 3)  # pixels
    inside = [(1 - torch.hypot(layer_x - centre[0, k], layer_y - centre[1, k]) / radius[k]) * radius[k] for k in range(3)]
    return torch.sigmoid(torch.stack(inside).amax(0) / soft)


def _box(bank, generator, layer_x, layer_y):
    """A mask of one rectangle that rides on a layer, (B, T, S, S)."""
    batch, side = layer_x.shape[0], layer_x.shape[-1]
    centre = bank.uniform(generator, (2, batch, 1, 1, 1), -0.4, 0.4) * side
    half = bank.uniform(generator, (2, batch, 1, 1, 1), 0.06, 0.25) * side
    outside = torch.maximum((layer_x - centre[0]).abs() - half[0], (layer_y - centre[1]).abs() - half[1])
    return torch.sigmoid(-1.5 * outside)


def _cover(bank, generator, clips, mask, part):
    """Lays another photograph over the clips of the slice `part`, where `mask` says."""
    under = clips[part]
    shape = (under.shape[0], under.shape[2], under.shape[3])
    over, layer_x, layer_y = _layer(bank, generator, shape, 'bilinear')
    clips[part] = under + (over - under) * mask(bank, generator, layer_x, layer_y)[:, None]


@torch.no_grad()
def training_clips(bank, generator, batch, frames, side):
    """A batch of clips of `frames` frames, `side` pixels square: half with a nearer layer, three eighths with a patch."""
    clips, _, _ = _layer(bank, generator, (batch, frames, side), 'bicubic')
    _cover(bank, generator, clips, _blobs, slice(0, batch // 2))
    _cover(bank, generator, clips, _box, slice(batch // 4, batch * 5 // 8))
    time = torch.linspace(0, 1, frames, device=bank.device)[:, None, None]
    one, three = (batch, 1, 1, 1, 1), (batch, 3, 1, 1, 1)
    gain = bank.uniform(generator, one, 0.85, 1.1) + time * bank.uniform(generator, one, -0.2, 0.2)
    shift = bank.uniform(generator, three, -0.06, 0.06) + time * bank.uniform(generator, one, -0.12, 0.12)
    return (clips * gain + shift).clamp(-1, 1)


def evaluation_clip(picture, number):
    """The clip of the number-th held-out photograph, (1, 3, 33, 256, 384): a slow pan and zoom, always the same."""
    frames, height, width = CLIP
    picture_width = max(CLIP_WIDTH, math.ceil(300 * picture.width / picture.height))
    size = (picture_width, round(picture.height * picture_width / picture.width))
    photograph = _tensor(picture.resize(size, Image.Resampling.LANCZOS))[None].float() / 127.5 - 1
    speed = [math.copysign(min(abs(wanted), max(0, have - need - 8) / frames), wanted)
             for wanted, have, need in zip(CLIP_SPEEDS[number % len(CLIP_SPEEDS)], size, (width, height))]
    time = torch.arange(frames)[:, None, None] - (frames - 1) / 2
    y, x = torch.meshgrid(torch.arange(height) - (height - 1) / 2, torch.arange(width) - (width - 1) / 2, indexing='ij')
    zoom = torch.exp(-0.002 * (time + (frames - 1) / 2))
    grid = torch.stack([(x * zoom + time * speed[0]) * 2 / size[0], (y * zoom + time * speed[1]) * 2 / size[1]], -1)
    clip = F.grid_sample(photograph, grid.reshape(1, frames * height, width, 2), mode='bicubic',
                         padding_mode='reflection', align_corners=False)
    return clip.clamp(-1, 1).reshape(1, 3, frames, height, width)
