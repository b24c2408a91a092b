"""The network."""

from collections.abc import Iterator

import keras
import numpy as np
import pytest

from fer_utils.model.architectures import as_float32, build_cnn

WIDTHS = (4, 8)
NOISE = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 1)).astype("float32")


@pytest.fixture
def mixed_bfloat16() -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


def weights_are_equal(one: keras.Model, other: keras.Model) -> bool:
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(left, right) for left, right in pairs)


def test_faces_go_in_and_seven_emotions_come_out() -> None:
    network = build_cnn(widths=WIDTHS)
    assert network.input_shape == (None, 48, 48, 1)
    assert network.output_shape == (None, 7)


def test_probabilities_sum_to_one() -> None:
    probabilities = keras.ops.convert_to_numpy(build_cnn(widths=WIDTHS)(NOISE))
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_raw_pixels_are_scaled_inside() -> None:
    network = build_cnn(widths=WIDTHS)
    scale = keras.Model(network.input, network.get_layer("scale").output)
    extremes = np.zeros((1, 48, 48, 1), dtype="float32")
    extremes[0, 0, 0, 0] = 255
    scaled = keras.ops.convert_to_numpy(scale(extremes))
    assert (scaled.max(), scaled.min()) == (1, -1)
    assert network.layers[1].name == "scale"


def test_every_width_halves_the_side() -> None:
    network = build_cnn(widths=(2, 4, 6))
    assert network.get_layer("features").input.shape == (None, 6, 6, 6)


def test_the_same_seed_gives_the_same_weights() -> None:
    assert weights_are_equal(build_cnn(widths=WIDTHS, seed=3), build_cnn(widths=WIDTHS, seed=3))


def test_every_seed_gives_other_weights_in_every_layer_that_has_random_ones() -> None:
    one, other = build_cnn(widths=WIDTHS, seed=0), build_cnn(widths=WIDTHS, seed=1)
    kernels = [weight.path for weight in one.weights if weight.path.endswith("kernel")]
    same = [
        np.array_equal(left, right)
        for weight, left, right in zip(
            one.weights, one.get_weights(), other.get_weights(), strict=True
        )
        if weight.path in kernels
    ]
    assert same == [False] * 4


def test_layers_of_one_shape_start_from_different_weights() -> None:
    kernels = [
        layer.get_weights()[0]
        for layer in build_cnn(widths=(4, 4)).layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    assert not np.array_equal(kernels[1], kernels[2])


@pytest.mark.parametrize("widths", [(), (4,) * 6])
def test_too_few_or_too_many_widths_are_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=f"expected 1 to 5 widths, got {len(widths)}"):
        build_cnn(widths=widths)


def test_probabilities_are_float32_also_in_mixed_precision(mixed_bfloat16: None) -> None:
    assert build_cnn(widths=WIDTHS).output.dtype == "float32"


def test_as_float32_keeps_the_weights(mixed_bfloat16: None) -> None:
    network = build_cnn(widths=WIDTHS)
    network.set_weights([weight + 0.25 for weight in network.get_weights()])
    assert weights_are_equal(network, as_float32(network))


def test_as_float32_computes_in_float32(mixed_bfloat16: None) -> None:
    network = build_cnn(widths=WIDTHS)
    copy = as_float32(network)
    assert network.get_layer("scores").compute_dtype == "bfloat16"
    assert {layer.compute_dtype for layer in copy.layers[1:]} == {"float32"}


def test_as_float32_predicts_as_a_network_that_was_float32_all_along() -> None:
    network = build_cnn(widths=WIDTHS)
    np.testing.assert_array_equal(network(NOISE), as_float32(network)(NOISE))
