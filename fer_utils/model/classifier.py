"""Classify faces with an exported model: no TensorFlow, no Keras, about a millisecond a face."""

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fer_utils.data.faces import IMAGE_SIZE
from fer_utils.emotions import EMOTIONS
from fer_utils.litert import ModelError, open_network
from fer_utils.model.prior import divide_by


class AnyClassifier(Protocol):
    """Anything that predicts the probabilities of the seven emotions, on any backend."""

    def predict(self, images: NDArray[np.uint8], /) -> NDArray[np.floating]:
        """Return probabilities (n, 7) of gray faces (n, 48, 48)."""


class Classifier:
    """Predict the probabilities of the seven emotions with an exported model.

    Parameters
    ----------
    path : str or Path
        A ``.tflite`` file with float32 input (n, 48, 48, 1) and output (n, 7).
    threads : int
        Number of threads that LiteRT may use.
    divisors : ndarray of float, shape (7,), optional
        What the probabilities are divided by before they are made to sum to 1 again; see
        `fer_utils.model.prior.Prior`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelError
        If the file is damaged, or its input or output has another shape.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        threads: int = 1,
        divisors: NDArray[np.floating] | None = None,
    ) -> None:
        path = Path(path)
        self._divisors = divisors
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: train a model first (fer-utils train)")
        self._interpreter = open_network(path, threads=threads)
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        shapes = [part["shape"][1:].tolist() for part in (*inputs, *outputs)]
        expected = [[IMAGE_SIZE, IMAGE_SIZE, 1], [len(EMOTIONS)]]
        if shapes != expected:
            raise ModelError(
                f"{path} has inputs and outputs of shapes {shapes}, expected {expected}: "
                "use an export that fer-utils made"
            )
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]
        self._batch = int(inputs[0]["shape"][0])

    def predict(self, images: NDArray[np.uint8], *, batch_size: int = 64) -> NDArray[np.float32]:
        """Return the probabilities of the seven emotions.

        Parameters
        ----------
        images : ndarray of uint8, shape (n, 48, 48)
            Gray faces framed as in FER-2013.
        batch_size : int
            Number of faces that pass through the network at once.

        Returns
        -------
        ndarray of float32, shape (n, 7)
            Each row sums to 1.

        Raises
        ------
        ValueError
            If the images have another dtype or shape.
        """
        if images.dtype != np.uint8 or images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(
                f"expected uint8 images of shape (n, {IMAGE_SIZE}, {IMAGE_SIZE}), "
                f"got {images.dtype} of shape {images.shape}"
            )
        probabilities = np.empty((len(images), len(EMOTIONS)), dtype=np.float32)
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size, :, :, None].astype(np.float32)
            if len(batch) != self._batch:
                self._interpreter.resize_tensor_input(self._input, batch.shape)
                self._interpreter.allocate_tensors()
                self._batch = len(batch)
            self._interpreter.set_tensor(self._input, batch)
            self._interpreter.invoke()
            probabilities[start : start + batch_size] = self._interpreter.get_tensor(self._output)
        return probabilities if self._divisors is None else divide_by(probabilities, self._divisors)
