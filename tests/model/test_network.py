from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from fer_utils.model.calibration import at_temperature
from fer_utils.model.network import build_network, for_inference
from fer_utils.model.prior import divide_by
from fer_utils.model.recipes import PROFILES

WIDTHS, BLOCKS = (4, 8), (0, 1)
NOISE = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 1)).astype("float32")


def network_of(*, seed: int = 0, **architecture: Any) -> keras.Model:
    return build_network(replace(PROFILES["quick"], **architecture), seed=seed)


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
    network = network_of(widths=WIDTHS, blocks=BLOCKS)
    assert network.input_shape == (None, 48, 48, 1)
    assert network.output_shape == (None, 7)


def test_probabilities_sum_to_one() -> None:
    probabilities = keras.ops.convert_to_numpy(network_of(widths=WIDTHS, blocks=BLOCKS)(NOISE))
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_raw_pixels_are_scaled_inside() -> None:
    network = network_of(widths=WIDTHS, blocks=BLOCKS)
    scale = keras.Model(network.input, network.get_layer("scale").output)
    extremes = np.zeros((1, 48, 48, 1), dtype="float32")
    extremes[0, 0, 0, 0] = 255
    scaled = keras.ops.convert_to_numpy(scale(extremes))
    assert (scaled.max(), scaled.min()) == (1, -1)
    assert network.layers[1].name == "scale"


def test_every_width_halves_the_side() -> None:
    network = network_of(widths=(2, 4, 6), blocks=(0, 0, 0))
    assert network.get_layer("features").input.shape == (None, 6, 6, 6)


def test_the_first_stage_may_keep_the_side() -> None:
    network = network_of(widths=(2, 4, 6), blocks=(0, 0, 0), first_stride=1)
    assert network.get_layer("features").input.shape == (None, 12, 12, 6)


def test_the_same_seed_gives_the_same_weights() -> None:
    assert weights_are_equal(
        network_of(widths=WIDTHS, blocks=BLOCKS, seed=3),
        network_of(widths=WIDTHS, blocks=BLOCKS, seed=3),
    )


def test_another_seed_gives_other_weights_in_every_layer_with_random_ones() -> None:
    one, other = (
        network_of(widths=WIDTHS, blocks=BLOCKS, seed=0),
        network_of(widths=WIDTHS, blocks=BLOCKS, seed=1),
    )
    kernels = [weight.path for weight in one.weights if weight.path.endswith("kernel")]
    same = [
        np.array_equal(left, right)
        for weight, left, right in zip(
            one.weights, one.get_weights(), other.get_weights(), strict=True
        )
        if weight.path in kernels
    ]
    assert same == [False] * 5


def test_layers_of_one_shape_start_from_different_weights() -> None:
    kernels = [
        layer.get_weights()[0]
        for layer in network_of(widths=(4,), blocks=(1,)).layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    assert not np.array_equal(kernels[1], kernels[2])


@pytest.mark.parametrize("widths", [(), (4,) * 6])
def test_too_few_or_too_many_widths_are_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=f"expected 1 to 5 widths, got {len(widths)}"):
        network_of(widths=widths, blocks=(0,) * len(widths))


def test_every_stage_needs_its_number_of_blocks() -> None:
    with pytest.raises(ValueError, match=r"expected blocks for 2 stages, got 3: \(1, 1, 1\)"):
        network_of(widths=WIDTHS, blocks=(1, 1, 1))


def test_a_residual_block_adds_to_its_input() -> None:
    network = network_of(widths=(4,), blocks=(1,))
    normalizations = [
        layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)
    ]
    silent = [np.zeros_like(weights) for weights in normalizations[2].get_weights()]
    normalizations[2].set_weights(silent)
    after_stem = next(layer for layer in network.layers if isinstance(layer, keras.layers.ReLU))
    stem = keras.Model(network.input, after_stem.output)
    pooled = keras.Model(network.input, network.get_layer("features").output)
    expected = keras.ops.convert_to_numpy(stem(NOISE)).mean(axis=(1, 2))
    np.testing.assert_allclose(pooled(NOISE), expected, rtol=1e-5)


def test_probabilities_are_float32_also_in_mixed_precision(mixed_bfloat16: None) -> None:
    assert network_of(widths=WIDTHS, blocks=BLOCKS).output.dtype == "float32"


def test_the_copy_for_inference_keeps_the_weights(mixed_bfloat16: None) -> None:
    network = network_of(widths=WIDTHS, blocks=BLOCKS)
    network.set_weights([weight + 0.25 for weight in network.get_weights()])
    assert weights_are_equal(network, for_inference(network))


def test_the_copy_for_inference_computes_in_float32(mixed_bfloat16: None) -> None:
    network = network_of(widths=WIDTHS, blocks=BLOCKS)
    copy = for_inference(network)
    assert network.get_layer("scores").compute_dtype == "bfloat16"
    assert {layer.compute_dtype for layer in copy.layers[1:]} == {"float32"}


def test_the_copy_for_inference_of_a_float32_network_predicts_the_same() -> None:
    network = network_of(widths=WIDTHS, blocks=BLOCKS)
    np.testing.assert_array_equal(network(NOISE), for_inference(network)(NOISE))


def test_a_temperature_divides_the_logits() -> None:
    network = network_of(widths=WIDTHS, blocks=BLOCKS)
    plain, scaled = (
        keras.ops.convert_to_numpy(for_inference(network, temperature=temperature)(NOISE))
        for temperature in (1.0, 2.5)
    )
    np.testing.assert_allclose(scaled, at_temperature(plain, 2.5), rtol=1e-4)


def test_divisors_divide_the_probabilities_before_the_temperature() -> None:
    network = network_of(widths=WIDTHS, blocks=BLOCKS)
    divisors = np.array([1, 2, 4, 1, 0.5, 1, 3])
    plain = keras.ops.convert_to_numpy(for_inference(network)(NOISE))
    copy = for_inference(network, temperature=2.5, divisors=divisors)
    expected = at_temperature(divide_by(plain, divisors), 2.5)
    np.testing.assert_allclose(copy(NOISE), expected, rtol=1e-4)
