"""Made-up faces and Observations."""

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS
from fer_utils.vision.observation import Observation, RecognizedFace, TrackedFace


def probabilities(emotion: str, probability: float) -> NDArray[np.float32]:
    """Return the probability of an emotion; the others share the rest evenly."""
    values = np.full(len(EMOTIONS), (1 - probability) / 6, dtype=np.float32)
    values[EMOTIONS.index(emotion)] = probability
    return values


def found(emotion: str, probability: float = 0.75, *, left: float = 10) -> RecognizedFace:
    """Return a recognized face."""
    return RecognizedFace(
        box=(left, 8, 16, 20),
        score=0.875,
        probabilities=probabilities(emotion, probability),
        emotion=emotion,
    )


def face(emotion: str, probability: float = 0.75, *, number: int = 1) -> TrackedFace:
    """Return a tracked face."""
    return TrackedFace(
        box=(10.0 * number, 20.0, 30.0, 40.0),
        score=0.875,
        probabilities=probabilities(emotion, probability),
        emotion=emotion,
        number=number,
    )


def seen(time: float, *faces: TrackedFace) -> Observation:
    """Return the Observation at a time, as frame 100 * time."""
    return Observation(round(100 * time), time, 640, 480, faces)
