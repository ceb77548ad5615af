"""Writes decoder.onnx and encoder.onnx from a checkpoint: `python export.py CHECKPOINT FOLDER` (`random` for untrained weights).

The graphs are built here, operator by operator, so that the same weights give the same bytes whatever exporter PyTorch
has. Weights are stored as float16 and cast to float32, in which all arithmetic is done. Batch, frames, height and width
are free.
"""
import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

import model

NAME = 'tiny-video-vae'
REACH = {'reach_space': '2', 'reach_past': '2', 'reach_future': '0'}  # latent cells to each side; docs in model.py


class Graph:
    """Collects nodes and constants; every method takes and returns names of tensors."""

    def __init__(self):
        self.nodes, self.constants, self.known = [], [], {}

    def op(self, kind, inputs, **attributes):
        output = f't{len(self.nodes)}'
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def ints(self, *values):
        name = 'ints_' + '_'.join(map(str, values))
        if name not in self.known:
            self.known[name] = True
            self.constants.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def floats(self, name, values):
        if name not in self.known:
            self.known[name] = True
            self.constants.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    def weight(self, name, tensor):
        """A learned tensor: float16 in the file, float32 in use."""
        half = tensor.detach().to(torch.float16)
        if not torch.isfinite(half).all():
            raise ValueError(f'{name} must fit float16')
        self.constants.append(numpy_helper.from_array(half.numpy(), name))
        return self.op('Cast', [name], to=TensorProto.FLOAT)

    def conv(self, x, name, conv):
        kernel = list(conv.kernel_size)
        pads = [0, *conv.padding[1:], 0, *conv.padding[1:]]
        inputs = [x, self.weight(name + '.weight', conv.weight), self.weight(name + '.bias', conv.bias)]
        return self.op('Conv', inputs, kernel_shape=kernel, pads=pads)

    def first_twice(self, x):
        """Repeats the first frame once in front."""
        return self.op('Pad', [x, self.ints(0, 0, 1, 0, 0, 0, 0, 0, 0, 0)], mode='edge')

    def activate(self, x):
        """silu(pixel_norm(x))."""
        x = self.pixel_norm(x)
        return self.op('Mul', [x, self.op('Sigmoid', [x])])

    def pixel_norm(self, x):
        mean = self.op('ReduceMean', [self.op('Mul', [x, x])], axes=[1], keepdims=1)
        return self.op('Div', [x, self.op('Sqrt', [self.op('Add', [mean, self.floats('eps', model.EPS)])])])

    def extent(self, x):
        """Frames, height and width of x."""
        return self.op('Slice', [self.op('Shape', [x]), self.ints(2), self.ints(5), self.ints(0)])

    def depth_to_space(self, x, channels, factors):
        extent = self.extent(x)
        x = self.op('Reshape', [x, self.op('Concat', [self.ints(0, channels, *factors), extent], axis=0)])
        x = self.op('Transpose', [x], perm=[0, 1, 5, 2, 6, 3, 7, 4])
        grown = self.op('Mul', [extent, self.ints(*factors)])
        return self.op('Reshape', [x, self.op('Concat', [self.ints(0, channels), grown], axis=0)])

    def space_to_depth(self, x, channels, factors):
        extent = self.op('Div', [self.extent(x), self.ints(*factors)])
        parts = [self.ints(0, channels)]
        for axis, factor in enumerate(factors):
            parts += [self.op('Slice', [extent, self.ints(axis), self.ints(axis + 1), self.ints(0)]), self.ints(factor)]
        x = self.op('Transpose', [self.op('Reshape', [x, self.op('Concat', parts, axis=0)])], perm=[0, 1, 3, 5, 7, 2, 4, 6])
        volume = channels * int(np.prod(factors))
        return self.op('Reshape', [x, self.op('Concat', [self.ints(0, volume), extent], axis=0)])

    def regroup(self, x, channels, parts):
        """(B, channels, T, H, W) -> (B, channels / parts, parts, T, H, W)."""
        shape = self.op('Concat', [self.ints(0, channels // parts, parts), self.extent(x)], axis=0)
        return self.op('Reshape', [x, shape])


def _causal(graph, x, name, layer):
    return graph.conv(graph.first_twice(x), name + '.conv', layer.conv)


def _block(graph, x, name, block):
    hidden = graph.activate(x)
    if isinstance(block.conv, model.CausalConv):
        hidden = _causal(graph, hidden, name + '.conv', block.conv)
    else:
        hidden = graph.conv(hidden, name + '.conv', block.conv)
    return graph.op('Add', [x, graph.conv(graph.activate(hidden), name + '.mix', block.mix)])


def _up(graph, x, name, up):
    inputs, outputs = up.conv.in_channels, up.conv.out_channels
    each = graph.regroup(x, inputs, 1)
    tiles = graph.op('Tile', [each, graph.ints(1, 1, up.repeats, 1, 1, 1)])
    shape = graph.op('Concat', [graph.ints(0, outputs), graph.extent(x)], axis=0)
    x = graph.op('Add', [graph.conv(x, name + '.conv', up.conv), graph.op('Reshape', [tiles, shape])])
    x = graph.depth_to_space(x, outputs // 8, model.STEP)
    return graph.op('Slice', [x, graph.ints(1), graph.ints(2**62), graph.ints(2)])


def _down(graph, x, name, down):
    inputs, outputs = down.conv.in_channels, down.outputs
    x = graph.space_to_depth(graph.first_twice(x), inputs // 8, model.STEP)
    groups = graph.regroup(x, inputs, inputs // outputs)
    mean = graph.op('ReduceMean', [groups], axes=[2], keepdims=0)
    return graph.op('Add', [graph.conv(x, name + '.conv', down.conv), mean])


_STAGES = {model.Block: _block, model.Up: _up, model.Down: _down}


def _stages(graph, x, stages):
    for index, stage in enumerate(stages):
        x = _STAGES[type(stage)](graph, x, f'stages.{index}', stage)
    return x


def decoder_graph(decoder):
    """The decoder as a Graph and the name of its result."""
    graph = Graph()
    x = graph.op('Mul', ['latent', graph.floats('latent_std', decoder.statistics.std.numpy())])
    x = graph.op('Add', [x, graph.floats('latent_mean', decoder.statistics.mean.numpy())])
    x = _stages(graph, graph.conv(x, 'enter', decoder.enter), decoder.stages)
    return graph, graph.depth_to_space(_causal(graph, graph.activate(x), 'leave', decoder.leave), 3, model.PATCH)


def encoder_graph(encoder):
    """The encoder as a Graph and the name of its result."""
    graph = Graph()
    x = _causal(graph, graph.space_to_depth('video', 3, model.PATCH), 'enter', encoder.enter)
    x = graph.activate(_stages(graph, x, encoder.stages))
    x = graph.pixel_norm(graph.conv(x, 'leave', encoder.leave))
    x = graph.op('Sub', [x, graph.floats('latent_mean', encoder.statistics.mean.numpy())])
    return graph, graph.op('Div', [x, graph.floats('latent_std', encoder.statistics.std.numpy())])


VIDEO = ('video', ['B', 3, 'frames', 'height', 'width'])
LATENT = ('latent', ['B', model.LATENT_CHANNELS, 'F', 'H', 'W'])


def save(built, path, ends):
    """Writes a Graph as an ONNX file whose input and output are `ends`; returns the file's SHA-256."""
    graph, result = built
    source, target = ends
    graph.nodes.append(helper.make_node('Identity', [result], [target[0]]))
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in ends]
    made = helper.make_graph(graph.nodes, NAME, values[:1], values[1:], graph.constants)
    onnx_model = helper.make_model(made, opset_imports=[helper.make_opsetid('', 17)], ir_version=8, producer_name=NAME)
    helper.set_model_props(onnx_model, {
        'name': NAME, 'part': path.stem, 'temporal_scale': '8', 'height_scale': '32', 'width_scale': '32',
        'causal': 'true', 'latent_channels': str(model.LATENT_CHANNELS), 'video_range': '-1,1', **REACH})
    onnx.checker.check_model(onnx_model, full_check=True)
    path.write_bytes(onnx_model.SerializeToString(deterministic=True))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load(checkpoint):
    """Encoder and decoder from a checkpoint of train.py; 'random' gives untrained ones, always the same."""
    torch.manual_seed(0)
    encoder, decoder = model.Encoder().eval(), model.Decoder().eval()
    if checkpoint != 'random':
        weights = torch.load(checkpoint, map_location='cpu', weights_only=True)
        encoder.load_state_dict(weights['encoder'])
        decoder.load_state_dict(weights['decoder'])
    return encoder, decoder


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('checkpoint')
    parser.add_argument('folder', type=Path)
    arguments = parser.parse_args()
    encoder, decoder = load(arguments.checkpoint)
    for built, name, ends in ((decoder_graph(decoder), 'decoder.onnx', (LATENT, VIDEO)),
                              (encoder_graph(encoder), 'encoder.onnx', (VIDEO, LATENT))):
        path = arguments.folder / name
        print(save(built, path, ends), path.stat().st_size, path)


if __name__ == '__main__':
    main()
