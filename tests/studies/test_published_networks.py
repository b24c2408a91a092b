"""The published networks match the weights and shapes of their descriptions."""

import keras
import numpy as np
import pytest

from fer_utils.model.network import for_inference
from fer_utils.studies.published_networks import build_network_a, build_network_b


def convolution(before: int, width: int) -> int:
    """Return the number of weights of a 3x3 convolution and its batch normalization."""
    return 9 * before * width + width + 4 * width


def dense(before: int, width: int) -> int:
    return before * width + width


def lstm(before: int, width: int) -> int:
    return 4 * (before * width + width * width + width)


def test_network_a_has_the_weights_of_its_description() -> None:
    """48 is halved four times, so the dense layer has an input of 3x3x64."""
    convolutions = convolution(1, 32) + convolution(32, 32) + convolution(32, 64)
    expected = 4 + convolutions + convolution(64, 64)
    expected += dense(3 * 3 * 64, 1024) + 4 * 1024 + dense(1024, 7)
    assert expected == 667_883
    assert build_network_a().count_params() == expected


def test_network_b_has_the_weights_of_its_description() -> None:
    expected = sum(
        convolution(*widths) for widths in ((1, 32), (32, 64), (64, 64), (64, 128), (128, 128))
    )
    expected += lstm(128, 128) + lstm(64, 64) + dense(64, 200) + dense(200, 7)
    assert expected == 457_863
    assert build_network_b().count_params() == expected


def test_network_b_reads_sixteen_positions_and_then_two_halves() -> None:
    shapes = [layer.output.shape for layer in build_network_b().layers]
    assert (None, 4, 4, 128) in shapes
    assert (None, 16, 128) in shapes
    assert (None, 2, 64) in shapes


@pytest.mark.parametrize("build", [build_network_a, build_network_b])
def test_a_network_outputs_probabilities_that_depend_on_the_seed(build: object) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 1)).astype(np.float32)
    first, same, other = (
        keras.ops.convert_to_numpy(build(seed=seed)(images))  # type: ignore[operator]
        for seed in (1, 1, 2)
    )
    np.testing.assert_allclose(first.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


@pytest.mark.parametrize("build", [build_network_a, build_network_b])
def test_a_network_can_be_rebuilt_for_inference(build: object) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 1)).astype(np.float32)
    network = build()  # type: ignore[operator]
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(for_inference(network)(images)),
        keras.ops.convert_to_numpy(network(images)),
        rtol=1e-5,
    )
