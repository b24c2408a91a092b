"""Made-up Observations."""

import numpy as np

from fer_utils.emotions import EMOTIONS
from fer_utils.vision.observation import Observation, TrackedFace


def face(emotion: str, probability: float = 0.75, *, number: int = 1) -> TrackedFace:
    """Return a face with the probability for its emotion; the others share the rest evenly."""
    probabilities = np.full(len(EMOTIONS), (1 - probability) / 6, dtype=np.float32)
    probabilities[EMOTIONS.index(emotion)] = probability
    return TrackedFace(
        box=(10.0 * number, 20.0, 30.0, 40.0),
        score=0.875,
        probabilities=probabilities,
        emotion=emotion,
        number=number,
    )


def seen(time: float, *faces: TrackedFace) -> Observation:
    """Return what was seen at a time, as frame 100 * time."""
    return Observation(round(100 * time), time, 640, 480, faces)
