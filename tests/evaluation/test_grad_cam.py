import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from numpy.typing import NDArray

from fer_utils.evaluation.grad_cam import NetworkClassifier, grad_cam, shuffle_weights
from fer_utils.litert import ModelError
from fer_utils.model.model_folder import ModelFolder

HAPPY, SAD, NEUTRAL = 3, 4, 6


def small_network() -> keras.Model:
    """Return a network with two feature maps of 4x4: the mean brightness, and 100 minus it.

    The score of happy is the mean of the first map, that of sad half the mean of the second map,
    and that of neutral minus the mean of the first map.
    """
    inputs = keras.Input((48, 48, 1))
    x = layers.AveragePooling2D(12)(inputs)
    x = layers.Conv2D(2, 1, name="features")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.9)(x)  # No effect outside training.
    x = layers.Dense(7, use_bias=False, name="scores")(x)
    network = keras.Model(inputs, layers.Softmax()(x))
    network.get_layer("features").set_weights([np.array([[[[1.0, -1.0]]]]), np.array([0.0, 100.0])])
    weights = np.zeros((2, 7))
    weights[0, HAPPY], weights[1, SAD], weights[0, NEUTRAL] = 1, 0.5, -1
    network.get_layer("scores").set_weights([weights])
    return network


def one_bright_block() -> NDArray[np.uint8]:
    """Return a gray face of value 20 with a block of 80 in rows 12 to 23, columns 24 to 35."""
    image = np.full((1, 48, 48), 20, dtype=np.uint8)
    image[0, 12:24, 24:36] = 80
    return image


def block_centers(cam: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a map of 48x48 at the centers of the 4x4 blocks that it was enlarged from."""
    return (cam[5::12, 5::12] + cam[6::12, 6::12]) / 2


@pytest.mark.parametrize(
    ("emotion", "elsewhere", "block"),
    [
        # The gradient of a mean over 16 places: 1/16, 0.5/16, and -1/16.
        (HAPPY, 20 / 16, 80 / 16),
        (SAD, 80 / 32, 20 / 32),
        (NEUTRAL, 0, 0),
    ],
)
def test_the_map_is_the_gradient_times_the_features(
    emotion: int, elsewhere: float, block: float
) -> None:
    (cam,) = grad_cam(small_network(), one_bright_block(), np.array([emotion]))
    expected = np.full((4, 4), elsewhere)
    expected[1, 2] = block
    assert cam.shape == (48, 48)
    # Interpolation smooths the peak.
    np.testing.assert_allclose(block_centers(cam), expected, atol=0.1 * abs(block - elsewhere))
    # Far from the block the map is flat and exact.
    assert cam[40, 6] == pytest.approx(elsewhere)


def test_each_face_has_the_map_of_its_own_emotion() -> None:
    network, images = small_network(), np.repeat(one_bright_block(), 3, axis=0)
    emotions = np.array([SAD, HAPPY, NEUTRAL])
    together = grad_cam(network, images, emotions)
    for cam, image, emotion in zip(together, images, emotions, strict=True):
        alone = grad_cam(network, image[None], np.array([emotion]))[0]
        np.testing.assert_allclose(cam, alone, atol=1e-6)


def test_many_faces_go_through_in_batches() -> None:
    images = np.arange(130, dtype=np.uint8)[:, None, None] + np.zeros((1, 48, 48), dtype=np.uint8)
    cams = grad_cam(small_network(), images, np.full(130, HAPPY))
    np.testing.assert_allclose(cams[:, 24, 24], np.arange(130) / 16, atol=1e-5)


def test_a_stored_network_has_maps(shipped_model: ModelFolder) -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 48, 48), dtype=np.uint8)
    cams = grad_cam(shipped_model.network, images, np.array([0, 1, 2, 3]))
    assert (cams.shape, cams.dtype) == ((4, 48, 48), np.float32)
    assert (cams >= 0).all()
    assert cams.max() > 0


def test_a_network_without_feature_maps_is_refused() -> None:
    inputs = keras.Input((48, 48, 1))
    flat = layers.Softmax()(layers.Dense(7)(layers.Flatten()(inputs)))
    with pytest.raises(ModelError, match="needs a network with feature maps and a Softmax layer"):
        grad_cam(keras.Model(inputs, flat), one_bright_block(), np.array([0]))


def test_a_network_without_a_softmax_layer_is_refused() -> None:
    network = small_network()
    bare = keras.Model(network.input, network.get_layer("scores").output)
    with pytest.raises(ModelError, match="ends in Dense: use occlusion maps instead"):
        grad_cam(bare, one_bright_block(), np.array([0]))


def test_explaining_leaves_the_network_as_it_was() -> None:
    network = small_network()
    before = [part.copy() for part in network.get_weights()]
    grad_cam(network, one_bright_block(), np.array([HAPPY]))
    for part, old in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(part, old)
    assert len(network.trainable_variables) == 3


ON_JAX = """
import sys
sys.modules["tensorflow"] = None
sys.path.insert(0, sys.argv[1])
from test_grad_cam import HAPPY, one_bright_block, small_network
from fer_utils.evaluation.grad_cam import grad_cam
import numpy as np
np.save(sys.argv[2], grad_cam(small_network(), one_bright_block(), np.array([HAPPY])))
"""


def test_jax_finds_the_same_map_without_tensorflow(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ON_JAX, str(Path(__file__).parent), str(tmp_path / "cam.npy")],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    expected = grad_cam(small_network(), one_bright_block(), np.array([HAPPY]))
    np.testing.assert_allclose(np.load(tmp_path / "cam.npy"), expected, atol=1e-6)


def test_shuffling_keeps_the_weights_but_not_their_places(shipped_model: ModelFolder) -> None:
    network = shipped_model.network
    before = [part.copy() for part in network.get_weights()]
    shuffled = shuffle_weights(network, seed=1).get_weights()
    for part, old in zip(shuffled, before, strict=True):
        np.testing.assert_array_equal(np.sort(part, axis=None), np.sort(old, axis=None))
    assert any((part != old).any() for part, old in zip(shuffled, before, strict=True))
    for part, old in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(part, old)
    other = shuffle_weights(network, seed=2).get_weights()
    assert any((part != old).any() for part, old in zip(other, shuffled, strict=True))


def test_a_network_predicts_like_its_export(shipped_model: ModelFolder) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 48, 48), dtype=np.uint8)
    predicted = NetworkClassifier(shipped_model.network).predict(images)
    exported = shipped_model.under_prior("crowd").classifier
    np.testing.assert_allclose(predicted, exported.predict(images), atol=1e-5)
