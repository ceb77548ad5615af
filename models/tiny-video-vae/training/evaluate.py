"""Measures the exported model on the held-out clips: `python evaluate.py CHECKPOINT FOLDER DATA --report ../figures.json`.

Runs the ONNX files on two CPU threads: PSNR of each clip, time, exact reach by changing one latent cell, that frame 0 depends
on latent 0 alone, and how far ONNX Runtime is from PyTorch with the same (float16-rounded) weights.
"""
import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch

import clips
import export

THREADS = 2
REPEATS = 3


class Network:
    """One ONNX file; call it with an array."""

    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        self.session = onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])
        self.input = self.session.get_inputs()[0].name

    def __call__(self, array):
        return self.session.run(None, {self.input: np.ascontiguousarray(array, np.float32)})[0]

    def seconds(self, array):
        """The median time of REPEATS runs."""
        times = []
        for _ in range(REPEATS):
            start = time.perf_counter()
            self(array)
            times.append(time.perf_counter() - start)
        return statistics.median(times)


def psnr(clip, made):
    """Decibels over the whole clip, both cut to [-1, 1]."""
    return float(-10 * np.log10(np.mean(np.square((np.clip(made, -1, 1) - clip) / 2), dtype=np.float64)))


def changed(decoder, shape, cell):
    """Which latent cells' output changes, bit for bit, when one cell of a random latent does: (past, future, space)."""
    random = np.random.default_rng(0)
    latent = random.standard_normal(shape, np.float32)
    other = latent.copy()
    other[:, :, cell[0], cell[1], cell[2]] += random.standard_normal(shape[:2], np.float32)
    differs = np.abs(decoder(latent) - decoder(other)).max((0, 1)) > 0
    frames = np.flatnonzero(differs.any((1, 2)))
    cells = [(int(frame) + 7) // 8 for frame in (frames[0], frames[-1])]
    rows, columns = (np.flatnonzero(differs.any(axes)) // 32 for axes in ((0, 2), (0, 1)))
    space = max(abs(int(edge) - at) for line, at in ((rows, cell[1]), (columns, cell[2])) for edge in (line[0], line[-1]))
    return {'later_latents': cells[1] - cell[0], 'earlier_latents': cell[0] - cells[0], 'space_each_way': space}


def rounded(checkpoint):
    """The PyTorch networks with the weights as the files hold them."""
    networks = export.load(checkpoint)
    for network in networks:
        for parameter in network.parameters():
            parameter.data = parameter.data.half().float()
    return networks


def differences(encoder, decoder, checkpoint, clip):
    """Largest absolute difference between ONNX Runtime and PyTorch, for both networks, on one clip."""
    torch_encoder, torch_decoder = rounded(checkpoint)
    latent = encoder(clip)
    with torch.no_grad():
        pairs = {'encoder': (latent, torch_encoder(torch.from_numpy(clip))),
                 'decoder': (decoder(latent), torch_decoder(torch.from_numpy(latent)))}
    return {part: f'{np.abs(ours - theirs.numpy()).max():.1e}' for part, (ours, theirs) in pairs.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('checkpoint')
    parser.add_argument('folder', type=Path)
    parser.add_argument('data', type=Path)
    parser.add_argument('--report', type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    encoder, decoder = (Network(arguments.folder / f'{part}.onnx') for part in ('encoder', 'decoder'))
    each = {}
    for number, (picture, source) in enumerate(clips.load(arguments.data, True)):
        clip = clips.evaluation_clip(picture, number).numpy()
        each[source] = round(psnr(clip, decoder(encoder(clip))), 2)
        print(source, each[source], flush=True)
    latent = encoder(clip)
    values = list(each.values())
    report = {
        'psnr_db': {'mean': round(statistics.mean(values), 2), 'median': round(statistics.median(values), 2),
                    'least': min(values), 'most': max(values), 'clips': each},
        'seconds': {'encode': round(encoder.seconds(clip), 2), 'decode': round(decoder.seconds(latent), 2)},
        'reach': changed(decoder, (1, 128, 6, 7, 7), (2, 3, 3)),
        'frame_0_from_latent_0_alone': float(np.abs(decoder(latent)[:, :, :1] - decoder(latent[:, :, :1])).max()),
        'onnx_against_pytorch': differences(encoder, decoder, arguments.checkpoint, clip),
    }
    arguments.report.write_text(json.dumps(report, indent=2) + '\n')
    print(json.dumps({key: value for key, value in report.items() if key != 'psnr_db'}), report['psnr_db'])


if __name__ == '__main__':
    main()
