"""Collect what a browser needs to recognize faces: LiteRT, networks, and settings of the model."""

import gzip
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from fer_utils.model.model_folder import ModelFolder
from fer_utils.vision.face_network import NETWORKS_FOLDER

# The scripts; `make page` builds them into the folder `built`, which is part of a wheel.
WEB = Path(__file__).parent
# The networks that the page loads at once, and those that it loads when they are first needed.
FIRST_FILES = ("worker", "litert", "near", "classifier")
LATER_FILES = ("far", "landmarks")

_NETWORKS = {
    "near": "face_detection_short_range.tflite",
    "far": "face_detection_full_range_sparse.tflite",
    "landmarks": "face_landmark.tflite",
}


class EngineError(RuntimeError):
    """The scripts for the browser were not built; the message says how to build them."""


def engine_file(name: str, model: ModelFolder) -> bytes:
    """Return a file that the page's engine asks for.

    Parameters
    ----------
    name : str
        One of `FIRST_FILES` and `LATER_FILES`.
    model : ModelFolder
        The model to classify faces with. As in `Recognizer`, its 8-bit export is preferred.

    Returns
    -------
    bytes
        Compressed with gzip.

    Raises
    ------
    EngineError
        If the scripts were not built.
    KeyError
        If there is no such file.
    """
    if name == "worker":
        return _compress(built_file("worker.js"))
    if name == "litert":
        return built_file("litert.wasm.gz")
    if name == "classifier":
        export = (model.path / model.fastest_export).read_bytes()
        return _compress(with_fixed_batch(export))
    return _compress((NETWORKS_FOLDER / _NETWORKS[name]).read_bytes())


def built_file(name: str) -> bytes:
    """Return a file that `make page` has built.

    Raises
    ------
    EngineError
        If it was not built.
    """
    path = WEB / "built" / name
    if not path.is_file():
        raise EngineError(
            f"{path} is missing: run make page in the clone (it needs Node.js or downloads it), or "
            "install a wheel of fer-utils"
        )
    return path.read_bytes()


@cache
def _compress(data: bytes) -> bytes:
    """Compress bytes with gzip; the same bytes are compressed only once."""
    return gzip.compress(data, mtime=0)


def page_model(model: ModelFolder) -> dict[str, Any]:
    """Return what the page's engine has to know about a model, as JSON.

    Returns
    -------
    dict
        ``divisors`` of the probabilities that the export predicts, ``even_divisors`` of the
        result for acting practice (both None if the model learned from labels),
        ``uncertain_below``, and ``smallest_face`` in pixels; see `Recognizer`.
    """
    prior, name = model.prior, model.prior_name
    return {
        "divisors": prior and prior.divisors(wanted=name).tolist(),
        "even_divisors": prior and prior.divisors(given=name, wanted="even").tolist(),
        "uncertain_below": model.uncertain_below,
        "smallest_face": model.face_sizes.smallest if model.face_sizes else 0,
    }


def with_fixed_batch(network: bytes) -> bytes:
    """Return a LiteRT network that takes one input at a time; LiteRT.js runs no others.

    Parameters
    ----------
    network : bytes
        A ``.tflite`` file, whose batch may have any size.
    """
    patched = bytearray(network)
    model = schema.Model.GetRootAs(patched, 0)
    for graph in map(model.Subgraphs, range(model.SubgraphsLength())):
        for tensor in map(graph.Tensors, range(graph.TensorsLength())):
            # A view of the bytes: -1 stands for any size, and the shape itself has a 1 there.
            sizes = tensor.ShapeSignatureAsNumpy()
            if isinstance(sizes, np.ndarray):
                sizes[sizes == -1] = 1
    return bytes(patched)
