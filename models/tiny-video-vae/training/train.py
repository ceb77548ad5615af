"""Trains encoder and decoder together: `python train.py DATA OUT --seconds 960` on one GPU.

OUT/weights.pt is what export.py reads (averaged weights as float16, statistics); OUT/resume.pt holds everything that
`--resume` needs to go on after a stop. The learning rate follows the seconds trained, compilation not counted.
"""
import argparse
import copy
import math
import os
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import clips
import model

BATCH, FRAMES, SIDE = 16, 25, 192
PEAK_RATE = 1.5e-3
WARM_STEPS = 200
NOISE = 0.04  # largest standard deviation of the noise on raw latents, whose root mean square is 1
SWITCH = (0.25, 0.6)  # of the training: from the mixed loss to the mean of log(MSE), which is what PSNR measures
LOG_FLOOR = 5e-4  # added to a clip's MSE inside the logarithm, so that flat clips do not rule
SEED = 1
SAVE_EVERY = 120  # seconds


class Pair(torch.nn.Module):
    """Encoder and decoder in one; forward(video, noise) -> reconstruction, with the noise added to the raw latents."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = model.Encoder(), model.Decoder()

    def forward(self, video, noise):
        return self.decoder.from_raw(self.encoder.to_raw(video) + noise)


def losses(video, made, progress):
    """The loss at a point of the training (0 to 1) and the mean squared error."""
    error = made.float() - video
    squared = error.square().mean((1, 2, 3, 4))
    across, down, along = (error.diff(dim=dim).abs().mean() for dim in (4, 3, 2))
    quarter = F.avg_pool2d(error.flatten(0, 2)[:, None], 4)
    coarse = quarter.abs().mean() + F.avg_pool2d(quarter, 4).abs().mean()
    mixed = error.abs().mean() + 2 * squared.mean() + 0.35 * (across + down) + 0.2 * along + 0.5 * coarse
    logarithm = 0.1 * torch.log(squared + LOG_FLOOR).mean()
    share = min(1.0, max(0.0, (progress - SWITCH[0]) / (SWITCH[1] - SWITCH[0])))
    return torch.lerp(mixed, logarithm, share), squared.mean()


def psnr(mean_squared):
    """Decibels for values in [-1, 1]."""
    return -10 * math.log10(mean_squared / 4)


class Training:
    """The state of one run and its steps."""

    def __init__(self, arguments):
        self.out, self.seconds = arguments.out, arguments.seconds
        self.device = 'cuda' if torch.cuda.is_available() else 'cpu'
        torch.manual_seed(SEED)
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        self.generator = torch.Generator(self.device).manual_seed(SEED)
        self.bank = clips.Bank([picture for picture, _ in clips.load(arguments.data, False)], self.device)
        held_out = clips.load(arguments.data, True)
        self.held_out = [clips.evaluation_clip(picture, number) for number, (picture, _) in enumerate(held_out)]
        self.pair = Pair().to(self.device, memory_format=torch.channels_last_3d)
        self.average = AveragedModel(self.pair, multi_avg_fn=get_ema_multi_avg_fn(0.999))
        self.optimiser = torch.optim.AdamW([
            {'params': [p for p in self.pair.parameters() if p.ndim > 1], 'weight_decay': 0.01},
            {'params': [p for p in self.pair.parameters() if p.ndim <= 1], 'weight_decay': 0.0},
        ], lr=PEAK_RATE, betas=(0.9, 0.98), fused=self.device == 'cuda')
        self.forward = self.pair if arguments.eager else torch.compile(self.pair, dynamic=False)
        self.steps, self.elapsed = 0, 0.0
        if arguments.resume:
            self.restore()

    def autocast(self):
        return torch.autocast(self.device, dtype=torch.bfloat16)

    def step(self):
        """One step; returns the mean squared error, still on the device."""
        progress = self.elapsed / self.seconds
        rate = PEAK_RATE * min(1, (self.steps + 1) / WARM_STEPS) * (1 + math.cos(math.pi * min(1, progress))) / 2
        for group in self.optimiser.param_groups:
            group['lr'] = rate
        video = clips.training_clips(self.bank, self.generator, BATCH, FRAMES, SIDE)
        latent = (BATCH, model.LATENT_CHANNELS, 1 + (FRAMES - 1) // 8, SIDE // 32, SIDE // 32)
        deviation = self.bank.uniform(self.generator, (BATCH, 1, 1, 1, 1), 0, NOISE)
        noise = torch.randn(latent, device=self.device, generator=self.generator) * deviation
        with self.autocast():
            made = self.forward(video, noise)
        loss, squared = losses(video, made, progress)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.pair.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.average.update_parameters(self.pair)
        self.steps += 1
        return squared.detach()

    @torch.no_grad()
    def evaluate(self):
        """PSNR of each held-out clip through the averaged weights, in bfloat16."""
        values = []
        for clip in self.held_out:
            video = clip.to(self.device)
            with self.autocast():
                made = self.average.module(video, 0.0)
            values.append(psnr((made.float().clamp(-1, 1) - video).square().mean().item()))
        return values

    @torch.no_grad()
    def measure_statistics(self, pair):
        """Sets mean and standard deviation of each latent channel from training clips."""
        generator = torch.Generator(self.device).manual_seed(SEED)
        latents = []
        for _ in range(12):
            with self.autocast():
                raw = pair.encoder.to_raw(clips.training_clips(self.bank, generator, BATCH, FRAMES, SIDE))
            latents.append(raw.float().transpose(0, 1).flatten(1))
        deviation, mean = torch.std_mean(torch.cat(latents, 1), 1)
        for part in (pair.encoder, pair.decoder):
            part.statistics.mean.copy_(mean.view(1, -1, 1, 1, 1))
            part.statistics.std.copy_(deviation.view(1, -1, 1, 1, 1))

    def save(self):
        """Writes weights.pt and resume.pt, each replaced in one move."""
        pair = copy.deepcopy(self.average.module)
        self.measure_statistics(pair)
        parameters = {name for name, _ in pair.named_parameters()}
        weights = {'encoder': {}, 'decoder': {}}
        for name, tensor in pair.state_dict().items():
            part, _, key = name.partition('.')
            kept = tensor.half() if name in parameters else tensor
            weights[part][key] = kept.cpu().contiguous()
        state = {'pair': self.pair.state_dict(), 'average': self.average.state_dict(),
                 'optimiser': self.optimiser.state_dict(), 'generator': self.generator.get_state(),
                 'steps': self.steps, 'elapsed': self.elapsed}
        for content, name in ((weights, 'weights.pt'), (state, 'resume.pt')):
            torch.save(content, self.out / (name + '.part'))
            os.replace(self.out / (name + '.part'), self.out / name)

    def restore(self):
        """Goes on from resume.pt."""
        state = torch.load(self.out / 'resume.pt', map_location=self.device, weights_only=True)
        self.pair.load_state_dict(state['pair'])
        self.average.load_state_dict(state['average'])
        self.optimiser.load_state_dict(state['optimiser'])
        self.generator.set_state(state['generator'].cpu())
        self.steps, self.elapsed = state['steps'], state['elapsed']

    def report(self, squared):
        mean = torch.stack(squared).mean().item()
        print(f'{self.elapsed:.0f} s, step {self.steps}, training clips {psnr(mean):.2f} dB', flush=True)

    def checkpoint(self):
        """Saves, and says how the held-out clips do: to be read, nothing is chosen by it."""
        self.save()
        values = self.evaluate()
        print('held-out clips', [round(value, 2) for value in values], f'mean {sum(values) / len(values):.3f} dB', flush=True)

    def run(self):
        """Trains until `seconds` are used up; the first two steps (compilation) do not count."""
        for _ in range(2):
            self.step()
        squared, mark, saved = [], time.monotonic(), self.elapsed
        while self.elapsed < self.seconds:
            squared.append(self.step())
            if len(squared) == 100:  # reading a value waits for the device, so the clock is right here
                self.report(squared)
                squared = []
            if self.steps % 20 == 0:
                torch.cuda.synchronize() if self.device == 'cuda' else None
                now = time.monotonic()
                self.elapsed += now - mark
                mark = now
            if self.elapsed - saved > SAVE_EVERY:
                self.checkpoint()
                saved, mark = self.elapsed, time.monotonic()
        self.checkpoint()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('data', type=Path)
    parser.add_argument('out', type=Path)
    parser.add_argument('--seconds', type=float, default=960)
    parser.add_argument('--resume', action='store_true', help='go on from OUT/resume.pt')
    parser.add_argument('--eager', action='store_true', help='do not compile')
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    Training(arguments).run()


if __name__ == '__main__':
    main()
