"""Recognize the emotions of the faces in a picture."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS, UNCERTAIN
from fer_utils.model.model_folder import open_model
from fer_utils.model.prior import DEFAULT_PRIOR, PriorName
from fer_utils.paths import SHIPPED_MODEL
from fer_utils.vision.alignment import crop_faces, crop_side
from fer_utils.vision.detector import Detector, find_detector
from fer_utils.vision.face_follower import FaceFollower
from fer_utils.vision.face_search import FaceSearch
from fer_utils.vision.observation import DetectedFace, RecognizedFace
from fer_utils.vision.picture import Channels, Picture, as_picture
from fer_utils.vision.recognition import Recognition


class Recognizer:
    """Find the faces in a picture and recognize their emotions.

    `recognize` does everything at once; `detect`, `crop`, and `classify` are its three steps.
    Threads may share a recognizer: they take turns, because LiteRT requires it.

    Parameters
    ----------
    model : str or Path
        Model folder.
    faces : {"all", "near", "far", "haar"} or Detector
        Which faces to find: those of all sizes, as pictures need it; much faster, those close to
        a webcam, or also smaller ones; those that a classical method finds. Or your own detector.
    threads : int
        Number of threads for the networks; it does not change any result. Two threads nearly
        halve the time for frames with many faces; use one if other processes need the cores.
    prior : {"crowd", "balanced", "even"}
        How frequent each emotion is expected to be; see `fer_utils.open_model`.

    Attributes
    ----------
    faces : str or Detector
        As given.
    model : ModelFolder
        The opened model folder.
    detector : Detector
        The face detector; may be replaced at any time.
    uncertain_below : float
        A face whose most likely emotion has a lower probability is uncertain, 0 to 1. 0 if the
        model is not calibrated.
    smallest_face : int
        A face whose side, framed as in FER-2013, has fewer pixels is uncertain. 0 if the model was
        not measured.

    Raises
    ------
    FileNotFoundError
        If the model folder or one of its files is missing.
    ModelError
        If the model folder is damaged, or has no such prior.

    Examples
    --------
    >>> from fer_utils import SAMPLE_PICTURE
    >>> recognizer = Recognizer()
    >>> [face.emotion for face in recognizer.recognize(SAMPLE_PICTURE)]
    ['happy']
    """

    def __init__(
        self,
        model: str | Path = SHIPPED_MODEL,
        *,
        faces: Detector | str = "all",
        threads: int = 2,
        prior: PriorName = DEFAULT_PRIOR,
    ) -> None:
        self._arguments = model, threads, prior
        self.model = folder = open_model(model, prior=prior)
        self._classifier = folder.open_classifier(threads=threads, fastest=True)
        self._choose(faces)
        self.uncertain_below = folder.uncertain_below
        self.smallest_face = folder.face_sizes.smallest if folder.face_sizes else 0
        self._turn = threading.RLock()

    def __reduce__(self) -> tuple[Callable[..., "Recognizer"], tuple[object, ...]]:
        """Let another process open the same networks; LiteRT cannot send them."""
        model, threads, prior = self._arguments
        return partial(Recognizer, faces=self.faces, threads=threads, prior=prior), (model,)

    def with_faces(self, faces: Detector | str) -> Self:
        """Return a recognizer with the same model that finds other faces.

        Parameters
        ----------
        faces : {"all", "near", "far", "haar"} or Detector
            Which faces to find.

        Raises
        ------
        ValueError
            If `faces` is unknown.
        """
        # A copy would open the networks again, as another process must.
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        other._choose(faces)
        return other

    def for_clip(self, seconds: float) -> Self:
        """Return a recognizer for the frames of one clip, in order.

        If it finds faces of all sizes, it follows them from frame to frame, which is faster than
        to search for them in each.

        Parameters
        ----------
        seconds : float
            Time from one frame to the next.
        """
        if not isinstance(self.detector, FaceSearch):
            return self
        return self.with_faces(FaceFollower(self.detector, seconds=seconds))

    def _choose(self, faces: Detector | str) -> None:
        self.faces = faces
        threads = self._arguments[1]
        self.detector = find_detector(faces, threads=threads) if isinstance(faces, str) else faces

    def recognize(self, picture: Picture, *, channels: Channels = "rgb") -> Recognition:
        """Find the faces in a picture and recognize their emotions.

        Parameters
        ----------
        picture : str, Path, bytes, PIL image or ndarray of uint8
            A JPEG, PNG, or WebP file as path, web address, or bytes; a Pillow image; or an array
            of shape (h, w, 3), (h, w, 4), or (h, w).
        channels : {"rgb", "bgr"}
            Channel order of an array; use "bgr" for arrays from OpenCV.

        Returns
        -------
        Recognition
            A sequence of `RecognizedFace`, largest first, in pixels of the upright picture.

        Raises
        ------
        ValueError
            If the picture cannot be used; see `fer_utils.vision.picture.as_picture`.
        FileNotFoundError, PermissionError
            If the file does not exist or cannot be read.
        """
        frame = as_picture(picture, channels=channels)
        with self._turn:
            return Recognition(frame, self.recognize_faces(frame, self.detector.detect(frame)))

    def recognize_faces(
        self, frame: NDArray[np.uint8], faces: Sequence[DetectedFace]
    ) -> list[RecognizedFace]:
        """Recognize the emotions of faces that have already been found.

        Parameters
        ----------
        frame : ndarray of uint8, shape (h, w, 3)
            RGB, 0 to 255.
        faces : sequence of DetectedFace
            In pixels of the frame.

        Returns
        -------
        list of RecognizedFace
            In the order of `faces`.

        Raises
        ------
        ValueError
            If the frame has another dtype or shape, or a face has no size.
        """
        probabilities = self.classify(crop_faces(frame, faces))
        recognized = []
        for face, row in zip(faces, probabilities, strict=True):
            is_small = crop_side(face) < self.smallest_face
            emotion = name_emotion(row, uncertain_below=self.uncertain_below, is_small=is_small)
            recognized.append(
                RecognizedFace(
                    box=face.box,
                    score=face.score,
                    keypoints=face.keypoints,
                    probabilities=row,
                    emotion=emotion,
                    is_small=is_small,
                )
            )
        return recognized

    def detect(self, picture: Picture) -> list[DetectedFace]:
        """Find the faces in a picture of any kind, largest first; arrays must be RGB."""
        frame = as_picture(picture)
        with self._turn:
            return self.detector.detect(frame)

    def crop(self, picture: Picture, faces: Sequence[DetectedFace]) -> NDArray[np.uint8]:
        """Cut faces out of a picture, framed as the classifier expects.

        Parameters
        ----------
        picture : str, Path, bytes, PIL image or ndarray of uint8
            See `recognize`; arrays must be RGB.
        faces : sequence of DetectedFace
            Output of `detect` for this picture.

        Returns
        -------
        ndarray of uint8, shape (n, 48, 48)
            Gray, 0 to 255.
        """
        return crop_faces(as_picture(picture), faces)

    def classify(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Predict the probabilities of the emotions.

        Parameters
        ----------
        crops : ndarray of uint8, shape (n, 48, 48)
            Output of `crop`, or other gray faces framed like FER-2013.

        Returns
        -------
        ndarray of float32, shape (n, 7)
            In the order of `fer_utils.emotions.EMOTIONS`; each row sums to 1.
        """
        with self._turn:
            return self._classifier.predict(crops)

    def expect_evenly(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return probabilities as if all emotions were equally frequent, as in acting practice.

        Parameters
        ----------
        probabilities : ndarray of float32, shape (..., 7)
            Probabilities of faces that this recognizer returned.

        Returns
        -------
        ndarray of float32, shape (..., 7)
            The same probabilities if the model learned from labels.
        """
        prior = self.model.prior
        if prior is None:
            return probabilities
        return prior.convert(probabilities, given=self.model.prior_name, wanted="even")


def name_emotion(
    probabilities: NDArray[np.float32], *, uncertain_below: float, is_small: bool = False
) -> str:
    """Return the most likely emotion, or `UNCERTAIN` if there is too little reason to name it.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (7,)
        In the order of `fer_utils.emotions.EMOTIONS`.
    uncertain_below : float
        Minimum probability of the most likely emotion, 0 to 1.
    is_small : bool
        Whether the face has too few pixels.
    """
    best = int(probabilities.argmax())
    is_certain = probabilities[best] >= uncertain_below and not is_small
    return EMOTIONS[best] if is_certain else UNCERTAIN


class FaceRecognizer(Protocol):
    """Anything that finds faces and recognizes their emotions, such as `Recognizer`.

    Several threads may call it at once.
    """

    @property
    def uncertain_below(self) -> float:
        """Minimum probability of an emotion that counts as certain, 0 to 1."""
        ...

    def recognize(self, frame: NDArray[np.uint8], /) -> Sequence[RecognizedFace]:
        """Return the faces in an RGB frame, uint8 of shape (h, w, 3), largest first."""
        ...

    def recognize_faces(
        self, frame: NDArray[np.uint8], faces: Sequence[DetectedFace], /
    ) -> Sequence[RecognizedFace]:
        """Return faces that have already been found in an RGB frame, in the same order."""
        ...
