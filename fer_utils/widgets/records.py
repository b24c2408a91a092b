"""What the live camera tells its listeners about a frame."""

from dataclasses import dataclass

from fer_utils.vision.records import TrackedFace


@dataclass(frozen=True)
class Observation:
    """The faces of one frame.

    Attributes
    ----------
    number : int
        The frame's number, counted by the page.
    time : float
        When the page captured it, in seconds since the camera was started.
    width, height : int
        The frame's size in pixels; boxes and keypoints of `faces` are in them.
    faces : tuple of TrackedFace
        Largest first; empty when no face was found.
    """

    number: int
    time: float
    width: int
    height: int
    faces: tuple[TrackedFace, ...]
