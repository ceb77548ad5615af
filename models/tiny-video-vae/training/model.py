"""The tiny causal video VAE: video (B, 3, 1 + 8(F-1), 32H, 32W) in [-1, 1] <-> latents (B, 128, F, H, W).

Four grids, coarse to fine: the latent grid (32 pixels, 8 frames a cell), then 16 pixels and 4 frames, 8 pixels and
2 frames, 4 pixels and 1 frame. Frame 0 has a latent of its own; after it each latent holds 8 frames.

What the decoder can reach is fixed by its convolutions and nothing else, since the norms see one voxel at a time:
none on the latent grid, then 2, 2 and 4 of 3x3, each with the present and the previous step in time. From a cell's
edge that is 4 * 4 + 2 * 8 + 2 * 16 = 64 pixels, 2 cells to each side; 4 * 1 + 2 * 2 + 2 * 4 = 16 frames back, 2 latents;
and nothing forward.
"""
import torch
import torch.nn.functional as F
from torch import nn

LATENT_CHANNELS = 128
PATCH = (1, 4, 4)  # frames, height, width of the pixels in one voxel of the finest grid
STEP = (2, 2, 2)  # from one grid to the next
EPS = 1e-6

# One row a grid, coarse to fine: channels, hidden channels of a block, blocks, whether the blocks see neighbours.
DECODER_GRIDS = ((256, 512, 1, False), (128, 256, 2, True), (128, 256, 2, True), (96, 96, 3, True))
ENCODER_GRIDS = ((256, 256, 1, True), (128, 192, 2, True), (128, 128, 3, True), (64, 64, 3, True))


def pixel_norm(x):
    """Divides each voxel by the root mean square of its channels: local, so a tile's edge is never felt inside."""
    return x * torch.rsqrt((x * x).mean(1, keepdim=True) + EPS)


def depth_to_space(x, factors):
    """(B, C * pt * ph * pw, T, H, W) -> (B, C, T * pt, H * ph, W * pw)."""
    b, c, t, h, w = x.shape
    pt, ph, pw = factors
    x = x.reshape(b, -1, pt, ph, pw, t, h, w).permute(0, 1, 5, 2, 6, 3, 7, 4)
    return x.reshape(b, c // (pt * ph * pw), t * pt, h * ph, w * pw)


def space_to_depth(x, factors):
    """The inverse of depth_to_space."""
    b, c, t, h, w = x.shape
    pt, ph, pw = factors
    x = x.reshape(b, c, t // pt, pt, h // ph, ph, w // pw, pw).permute(0, 1, 3, 5, 7, 2, 4, 6)
    return x.reshape(b, c * pt * ph * pw, t // pt, h // ph, w // pw)


class CausalConv(nn.Module):
    """3x3 in space (zeros outside), 2 steps in time: the present and the one before (the first frame is repeated)."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv3d(inputs, outputs, (2, 3, 3), padding=(0, 1, 1))

    def forward(self, x):
        return self.conv(torch.cat([x[:, :, :1], x], 2))


class Block(nn.Module):
    """x + mix(silu(norm(conv(silu(norm(x)))))); without neighbours the first convolution is 1x1x1 too."""

    def __init__(self, channels, hidden, neighbours):
        super().__init__()
        self.conv = CausalConv(channels, hidden) if neighbours else nn.Conv3d(channels, hidden, 1)
        self.mix = nn.Conv3d(hidden, channels, 1)
        with torch.no_grad():  # near the identity at the start
            self.mix.weight.mul_(0.1)
            self.mix.bias.zero_()

    def forward(self, x):
        return x + self.mix(F.silu(pixel_norm(self.conv(F.silu(pixel_norm(x))))))


class Up(nn.Module):
    """To the next finer grid: a 1x1x1 convolution plus the channels repeated. The first frame's first half is dropped."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv3d(inputs, outputs * 8, 1)
        self.repeats = outputs * 8 // inputs

    def forward(self, x):
        return depth_to_space(self.conv(x) + x.repeat_interleave(self.repeats, 1), STEP)[:, :, 1:]


class Down(nn.Module):
    """To the next coarser grid: a 1x1x1 convolution plus the mean of channel groups. The first frame is doubled."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv3d(inputs * 8, outputs, 1)
        self.outputs = outputs

    def forward(self, x):
        x = space_to_depth(torch.cat([x[:, :, :1], x], 2), STEP)
        return self.conv(x) + x.unflatten(1, (self.outputs, -1)).mean(2)


class Statistics(nn.Module):
    """Mean and standard deviation of each latent channel, over the training clips; they do not learn."""

    def __init__(self):
        super().__init__()
        self.register_buffer('mean', torch.zeros(1, LATENT_CHANNELS, 1, 1, 1))
        self.register_buffer('std', torch.ones(1, LATENT_CHANNELS, 1, 1, 1))


def _blocks(grid):
    channels, hidden, count, neighbours = grid
    return [Block(channels, hidden, neighbours) for _ in range(count)]


class Decoder(nn.Module):
    """Normalised latents -> video in about [-1, 1]."""

    def __init__(self, grids=DECODER_GRIDS):
        super().__init__()
        self.enter = nn.Conv3d(LATENT_CHANNELS, grids[0][0], 1)
        stages = _blocks(grids[0])
        for coarse, fine in zip(grids, grids[1:]):
            stages += [Up(coarse[0], fine[0]), *_blocks(fine)]
        self.stages = nn.ModuleList(stages)
        self.leave = CausalConv(grids[-1][0], 3 * PATCH[1] * PATCH[2])
        self.statistics = Statistics()

    def from_raw(self, raw):
        """The same from latents before normalisation: what training sees."""
        x = self.enter(raw)
        for stage in self.stages:
            x = stage(x)
        return depth_to_space(self.leave(F.silu(pixel_norm(x))), PATCH)

    def forward(self, latent):
        return self.from_raw(latent * self.statistics.std + self.statistics.mean)


class Encoder(nn.Module):
    """Video in [-1, 1] -> normalised latents."""

    def __init__(self, grids=ENCODER_GRIDS):
        super().__init__()
        self.enter = CausalConv(3 * PATCH[1] * PATCH[2], grids[-1][0])
        stages = _blocks(grids[-1])
        for coarse, fine in reversed(list(zip(grids, grids[1:]))):
            stages += [Down(fine[0], coarse[0]), *_blocks(coarse)]
        self.stages = nn.ModuleList(stages)
        self.leave = nn.Conv3d(grids[0][0], LATENT_CHANNELS, 1)
        self.statistics = Statistics()

    def to_raw(self, video):
        """Latents before normalisation, each cell's root mean square 1: bounded, so noise of a fixed size means something."""
        x = self.enter(space_to_depth(video, PATCH))
        for stage in self.stages:
            x = stage(x)
        return pixel_norm(self.leave(F.silu(pixel_norm(x))))

    def forward(self, video):
        return (self.to_raw(video) - self.statistics.mean) / self.statistics.std
