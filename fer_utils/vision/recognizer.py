"""From a picture to faces with emotions."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS, UNCERTAIN
from fer_utils.model.model_folder import open_model
from fer_utils.paths import SHIPPED_MODEL
from fer_utils.vision.alignment import crop_faces
from fer_utils.vision.detector import Detector, find_detector
from fer_utils.vision.observation import DetectedFace, RecognizedFace
from fer_utils.vision.picture import Channels, Picture, as_picture


class Recognizer:
    """Find the faces of a picture and say what they express.

    Several threads may share one; they take turns, as LiteRT needs it.

    Parameters
    ----------
    model : str or Path
        A model folder.
    detector : Detector or str
        What finds the faces, or its name, one of `fer_utils.vision.detector.DETECTORS`.
    threads : int
        Threads of the networks. The second nearly halves the time of a frame with many faces and
        changes no result; one is best where other processes want the cores too.

    Attributes
    ----------
    detector : Detector
        What finds the faces; may be exchanged at any time.
    uncertain_below : float
        A face whose likeliest emotion has a lower probability is uncertain, 0 to 1; 0 for a model
        that was never calibrated.

    Raises
    ------
    FileNotFoundError
        If the model folder or one of its files is missing.
    ModelError
        If it is damaged.

    Examples
    --------
    >>> recognizer = Recognizer()  # doctest: +SKIP
    >>> [face.emotion for face in recognizer.recognize("party.jpg")]  # doctest: +SKIP
    ['happy', 'surprise']
    """

    def __init__(
        self,
        model: str | Path = SHIPPED_MODEL,
        *,
        detector: Detector | str = "blazeface",
        threads: int = 2,
    ) -> None:
        run = open_model(model)
        self._classifier = run.open_classifier(threads=threads, fastest=True)
        if isinstance(detector, str):
            detector = find_detector(detector, threads=threads)
        self.detector = detector
        self._turn = threading.RLock()
        self.uncertain_below: float = run.card.get("calibration", {}).get("uncertain_below", 0.0)

    def recognize(self, image: Picture, *, channels: Channels = "rgb") -> list[RecognizedFace]:
        """Return the faces of a picture with their emotions.

        Parameters
        ----------
        image : str, Path, bytes, PIL image or ndarray of uint8
            A JPEG, PNG or WebP file as path, web address or bytes, a Pillow image, or an array of
            shape (h, w, 3), (h, w, 4) or (h, w). Boxes are in its pixels, turned the right way up.
        channels : {"rgb", "bgr"}
            The order of colours in an array: "bgr" for one of OpenCV's.

        Returns
        -------
        list of RecognizedFace
            Largest first; empty where there is no face.

        Raises
        ------
        ValueError
            If the picture cannot be used; see `fer_utils.data.image_files.as_picture`.
        FileNotFoundError, PermissionError
            If there is no such file, or it may not be read.
        """
        frame = as_picture(image, channels=channels)
        with self._turn:
            return self.recognize_faces(frame, self.detector.detect(frame))

    def recognize_faces(
        self, frame: NDArray[np.uint8], faces: Sequence[DetectedFace]
    ) -> list[RecognizedFace]:
        """Return faces that were found already with their emotions.

        Parameters
        ----------
        frame : ndarray of uint8, shape (h, w, 3)
            RGB, 0 to 255.
        faces : sequence of DetectedFace
            In the frame's pixels.

        Returns
        -------
        list of RecognizedFace
            In their order.

        Raises
        ------
        ValueError
            If the frame has another type or shape, or a face has no extent.
        """
        crops = crop_faces(frame, faces)
        with self._turn:
            probabilities = self._classifier.predict(crops)
        return [
            RecognizedFace(
                box=face.box,
                score=face.score,
                keypoints=face.keypoints,
                probabilities=row,
                emotion=name_emotion(row, uncertain_below=self.uncertain_below),
            )
            for face, row in zip(faces, probabilities, strict=True)
        ]


def name_emotion(probabilities: NDArray[np.float32], *, uncertain_below: float) -> str:
    """Return the likeliest emotion, or `UNCERTAIN` where its probability is too low.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (7,)
        In the order of `fer_utils.emotions.EMOTIONS`.
    uncertain_below : float
        What the likeliest one must reach, 0 to 1.
    """
    best = int(probabilities.argmax())
    return EMOTIONS[best] if probabilities[best] >= uncertain_below else UNCERTAIN


class FaceRecognizer(Protocol):
    """Anything that finds faces and their emotions, such as `Recognizer`.

    The studio's tabs call it from several threads.
    """

    def recognize(self, frame: NDArray[np.uint8], /) -> list[RecognizedFace]:
        """Return the faces of an RGB frame, uint8 of shape (h, w, 3), largest first."""
        ...
