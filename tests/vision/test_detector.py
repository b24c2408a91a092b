import numpy as np
import pytest

from fer_utils.vision.blazeface import BlazeFace
from fer_utils.vision.detector import DETECTORS, find_detector
from fer_utils.vision.haar import Haar


def test_each_name_gives_its_detector(astronaut: np.ndarray) -> None:
    frame = np.full((480, 640, 3), 127, dtype=np.uint8)
    frame[100:356, 200:456] = astronaut[::2, ::2]
    found = {name: find_detector(name) for name in DETECTORS}
    kinds = [type(found[name]) for name in ("blazeface", "blazeface-far", "haar")]
    assert kinds == [BlazeFace, BlazeFace, Haar]
    # A face of a twelfth of the frame's width is too small for the near reach.
    assert [len(found[name].detect(frame)) for name in ("blazeface", "blazeface-far")] == [0, 1]


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown detector 'hog': expected one of blazeface, bl"):
        find_detector("hog")
