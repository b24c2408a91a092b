"""Convert BlazeFace's near network to 8 bits, and measure how much time that saves.

The search for faces of all sizes runs this network over whole pictures. Its last layers stay in
float32, because their outputs span too wide a range for 8 bits. ``--write`` replaces the file in
the package.
"""

import argparse
import os
from collections.abc import Iterator
from functools import partial

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import flatbuffers
import numpy as np
import tensorflow as tf
from finding import load
from numpy.typing import NDArray
from scenes import CONDITIONS, Condition, Picture, make_scenes
from tensorflow.lite.python import schema_py_generated as schema

from fer_utils.model.timing import median_milliseconds
from fer_utils.vision.face_network import NETWORKS_FOLDER, FaceNetwork, as_input

SOURCE = NETWORKS_FOLDER / "face_detection_short_range.tflite"
RESULT = NETWORKS_FOLDER / "face_detection_short_range_8bit.tflite"
SIDE = 128
SIZES = {"640x480": (480, 640), "1.6 megapixels": (1088, 1472)}
# Tiles of scenes that show which values occur in the network.
SCENES, TILES, REPEATS = 15, 20, 21
OPERATORS = {number: name for name, number in vars(schema.BuiltinOperator).items()}
NUMBERS = {
    schema.TensorType.FLOAT16: np.float16,
    schema.TensorType.FLOAT32: np.float32,
    schema.TensorType.INT32: np.int32,
}
PADDING = {schema.Padding.SAME: "SAME", schema.Padding.VALID: "VALID"}


class Graph:
    """The near network as TensorFlow operations."""

    def __init__(self, network: bytes) -> None:
        self._file = schema.ModelT.InitFromObj(schema.Model.GetRootAs(network, 0))
        self._graph = self._file.subgraphs[0]

    def __call__(self, picture: tf.Tensor) -> list[tf.Tensor]:
        """Return the outputs for a picture."""
        values = {self._graph.inputs[0]: picture}
        for operator in self._graph.operators:
            inputs = [
                values[number] if number in values else self._constant(number)
                for number in operator.inputs
            ]
            values[operator.outputs[0]] = self._apply(operator, inputs)
        return [values[number] for number in self._graph.outputs]

    def last_layers(self) -> list[str]:
        """Return the names of the layers whose values are only reshaped."""
        return [
            self._graph.tensors[operator.inputs[0]].name.decode()
            for operator in self._graph.operators
            if self._name(operator) == "RESHAPE"
        ]

    def _name(self, operator: schema.OperatorT) -> str:
        code = self._file.operatorCodes[operator.opcodeIndex]
        return OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]

    def _constant(self, number: int) -> NDArray:
        tensor = self._graph.tensors[number]
        data = bytes(self._file.buffers[tensor.buffer].data)
        return np.frombuffer(data, NUMBERS[tensor.type]).reshape(tensor.shape)

    def _apply(self, operator: schema.OperatorT, inputs: list) -> tf.Tensor | NDArray:
        options = operator.builtinOptions
        padding = PADDING.get(getattr(options, "padding", None))
        match self._name(operator), inputs:
            case "DEQUANTIZE", [values]:
                return values.astype(np.float32)
            case "CONV_2D", [image, filters, bias]:
                filters = filters.transpose(1, 2, 3, 0)
                return tf.nn.conv2d(image, filters, options.strideH, padding) + bias
            case "DEPTHWISE_CONV_2D", [image, filters, bias]:
                filters = filters.transpose(1, 2, 3, 0)
                strides = (1, options.strideH, options.strideW, 1)
                return tf.nn.depthwise_conv2d(image, filters, strides, padding) + bias
            case "MAX_POOL_2D", [image]:
                return tf.nn.max_pool2d(image, options.filterHeight, options.strideH, padding)
            case "RELU", [image]:
                return tf.nn.relu(image)
            case "ADD", [one, other]:
                return one + other
            case "PAD", [image, widths]:
                return tf.pad(image, widths)
            case "RESHAPE", [image, *_]:
                # Not the number of cells, which depends on the size of the picture.
                return tf.reshape(image, (1, -1, options.newShape[-1]))
            case "CONCATENATION", _:
                return tf.concat(inputs, options.axis)
            case other:
                raise NotImplementedError(f"expected a layer of BlazeFace, got {other}")


def quantize(source: bytes, faces: Picture) -> bytes:
    """Return a network with 8-bit weights and activations, but for its last layers."""
    signature = [tf.TensorSpec((1, SIDE, SIDE, 3), tf.float32)]
    function = tf.function(Graph(source), input_signature=signature, autograph=False)
    concrete = [function.get_concrete_function()]
    converter = tf.lite.TFLiteConverter.from_concrete_functions(concrete)
    last = Graph(converter.convert()).last_layers()
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([tile] for tile in tiles(faces))
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter,
        debug_dataset=lambda: iter(()),
        debug_options=tf.lite.experimental.QuantizationDebugOptions(
            denylisted_nodes=last,
            denylisted_ops=["RESHAPE", "CONCATENATION"],
            fully_quantize=False,
        ),
    )
    return without_quantizing(debugger.get_nondebug_quantized_model())


def without_quantizing(network: bytes) -> bytes:
    """Return a network that takes what its first layer makes of a picture: 8 bits."""
    file = schema.ModelT.InitFromObj(schema.Model.GetRootAs(network, 0))
    graph = file.subgraphs[0]
    first = graph.operators.pop(0)
    graph.inputs = first.outputs
    for signature in file.signatureDefs or ():
        signature.inputs[0].tensorIndex = graph.inputs[0]
    builder = flatbuffers.Builder()
    builder.Finish(file.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def tiles(faces: Picture) -> Iterator[NDArray[np.float32]]:
    """Yield parts of scenes with faces, as inputs of the network."""
    random = np.random.default_rng(0)
    everything = Condition(rolls=tuple({r for c in CONDITIONS.values() for r in c.rolls}))
    for scene in make_scenes(faces, SCENES, seed=300, condition=everything):
        for _ in range(TILES):
            step = random.integers(1, 4)
            smaller = scene.picture[::step, ::step]
            top, left = (random.integers(0, side - SIDE + 1) for side in smaller.shape[:2])
            yield as_input(smaller[top : top + SIDE, left : left + SIDE])


def measure() -> None:
    """Print the median milliseconds of both networks for pictures of several sizes."""
    for size, shape in SIZES.items():
        picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
        for name in ("near", "near_8bit"):
            network = FaceNetwork(name, threads=2)
            run = partial(network.run, picture, least_score=0.9)
            print(f"{size}, {name}: {median_milliseconds(run, repeats=REPEATS):.1f} ms")


def main() -> None:
    """Convert, write, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", help="FER-2013; drawn faces by default")
    parser.add_argument("--votes", help="FER+, to leave out what is no face")
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name}")
    options = parser.parse_args()
    if options.write:
        RESULT.write_bytes(
            quantize(SOURCE.read_bytes(), load(options.source, options.votes, "Training"))
        )
    measure()


if __name__ == "__main__":
    main()
