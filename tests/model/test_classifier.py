import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from fer_utils.litert import ModelError
from fer_utils.model.classifier import Classifier
from fer_utils.model.model_folder import ModelFolder

IMAGES = np.random.default_rng(0).integers(0, 256, (8, 48, 48), dtype=np.uint8)


def export(folder: Path, outputs: int, *, size: int = 48, heads: int = 1) -> Path:
    """Write a model that is not one of ours."""
    inputs = keras.Input((size, size, 1))
    flat = keras.layers.GlobalAveragePooling2D()(inputs)
    made = [keras.layers.Dense(outputs)(flat) for _ in range(heads)]
    path = folder / "foreign.tflite"
    keras.Model(inputs, made).export(path, format="litert", verbose=False)
    return path


def in_subprocess(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )


def test_predictions_equal_those_of_keras(saved_run: ModelFolder) -> None:
    network = saved_run.network(IMAGES[..., None].astype("float32"))
    expected = keras.ops.convert_to_numpy(network)
    np.testing.assert_allclose(saved_run.classifier.predict(IMAGES), expected, atol=1e-4)


def test_probabilities_are_float32_and_sum_to_one(saved_run: ModelFolder) -> None:
    probabilities = saved_run.classifier.predict(IMAGES)
    assert (probabilities.shape, probabilities.dtype) == ((8, 7), np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 3, 8, 64])
def test_the_size_of_batches_changes_nothing(saved_run: ModelFolder, batch_size: int) -> None:
    whole = saved_run.classifier.predict(IMAGES, batch_size=8)
    parts = saved_run.classifier.predict(IMAGES, batch_size=batch_size)
    np.testing.assert_allclose(parts, whole, atol=1e-6)


def test_no_faces_give_no_predictions(saved_run: ModelFolder) -> None:
    assert saved_run.classifier.predict(IMAGES[:0]).shape == (0, 7)


@pytest.mark.parametrize(
    ("images", "what"),
    [
        (IMAGES.astype(np.float32), r"float32 of shape \(8, 48, 48\)"),
        (IMAGES[..., None], r"uint8 of shape \(8, 48, 48, 1\)"),
        (IMAGES[0], r"uint8 of shape \(48, 48\)"),
        (IMAGES[:, :40], r"uint8 of shape \(8, 40, 48\)"),
    ],
)
def test_images_of_another_type_or_shape_are_refused(
    saved_run: ModelFolder, images: np.ndarray, what: str
) -> None:
    with pytest.raises(ValueError, match=f"expected uint8 images of .* got {what}"):
        saved_run.classifier.predict(images)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.tflite is missing: train a model first"):
        Classifier(tmp_path / "none.tflite")


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_refused(saved_run: ModelFolder, tmp_path: Path, share: float) -> None:
    whole = (saved_run.path / "model.tflite").read_bytes()
    path = tmp_path / "cut.tflite"
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ModelError, match=r"cut.tflite is damaged or not a LiteRT network"):
        Classifier(path)


def test_a_file_of_random_bytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "noise.tflite"
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    with pytest.raises(ModelError, match=r"noise.tflite is damaged or not a LiteRT network"):
        Classifier(path)


@pytest.mark.parametrize(
    ("outputs", "size", "heads", "shapes"),
    [
        (3, 48, 1, "[[48, 48, 1], [3]]"),
        (7, 32, 1, "[[32, 32, 1], [7]]"),
        (7, 48, 2, "[[48, 48, 1], [7], [7]]"),
    ],
)
def test_a_model_of_another_kind_is_refused(
    tmp_path: Path, outputs: int, size: int, heads: int, shapes: str
) -> None:
    path = export(tmp_path, outputs, size=size, heads=heads)
    with pytest.raises(ModelError) as raised:
        Classifier(path)
    assert str(raised.value) == (
        f"{path} has inputs and outputs of shapes {shapes}, expected [[48, 48, 1], [7]]: "
        "use an export that fer-utils made"
    )


def test_reading_a_model_imports_neither_keras_nor_tensorflow(saved_run: ModelFolder) -> None:
    code = (
        "import sys; from fer_utils.model.model_folder import open_model;"
        "import fer_utils.model.classifier; open_model(sys.argv[1]).classifier;"
        "print(sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    )
    assert in_subprocess(code, str(saved_run.path)).stdout == "[]\n"


def test_loading_and_predicting_print_nothing(saved_run: ModelFolder) -> None:
    code = (
        "import sys, numpy; from fer_utils.model.classifier import Classifier;"
        "classifier = Classifier(sys.argv[1]);"
        "[classifier.predict(numpy.zeros((n, 48, 48), 'uint8')) for n in (1, 5)]"
    )
    done = in_subprocess(code, str(saved_run.path / "model.tflite"))
    assert (done.stdout, done.stderr) == ("", "")


def test_errors_on_stderr_are_seen_again_after_loading(saved_run: ModelFolder) -> None:
    code = (
        "import os, sys; from fer_utils.model.classifier import Classifier;"
        "Classifier(sys.argv[1]); os.write(2, b'heard')"
    )
    assert in_subprocess(code, str(saved_run.path / "model.tflite")).stderr == "heard"
