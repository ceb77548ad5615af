"""Writes what the PyTorch networks give, for a test of the ONNX files: `python fixture.py CHECKPOINT FILE`.

Inputs follow from a formula; the networks run in float64 with the weights as the files hold them, and every n-th value
of their outputs is kept.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

import evaluate

STRIDES = {'encoder': 1, 'decoder': 61}
INPUTS = {'encoder': (1, 3, 9, 64, 96), 'decoder': (1, 128, 3, 2, 3)}


def values(shape):
    """Flat index i holds (((i * 2654435761) mod 2^32) >> 8) / 2^23 - 1: -1 to 1, exact in float32."""
    index = np.arange(int(np.prod(shape)), dtype=np.uint64)
    return ((index * 2654435761 % 2**32 >> 8) / 2**23 - 1).reshape(shape)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('checkpoint')
    parser.add_argument('file', type=Path)
    arguments = parser.parse_args()
    report = {}
    for (part, shape), network in zip(INPUTS.items(), evaluate.rounded(arguments.checkpoint)):
        with torch.no_grad():
            output = network.double()(torch.from_numpy(values(shape)))
        kept = output.flatten()[::STRIDES[part]].tolist()
        report[part] = {'input': shape, 'output': list(output.shape), 'stride': STRIDES[part],
                        'values': [round(value, 8) for value in kept]}
    arguments.file.write_text(json.dumps(report) + '\n')


if __name__ == '__main__':
    main()
