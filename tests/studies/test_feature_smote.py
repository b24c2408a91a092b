"""SMOTE on features: only the last layer changes, and only Training is balanced."""

from typing import Any

import keras
import numpy as np
import pytest

from fer_utils.data.faces import Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.model.network import build_network
from fer_utils.studies import feature_smote
from fer_utils.studies.feature_smote import retrain_head


def test_only_the_last_layer_is_retrained(faces: Faces) -> None:
    network = build_network(widths=(4, 8), blocks=(0, 0), seed=0)
    before = [weights.copy() for weights in network.get_weights()]
    validation = faces.of_split("PublicTest")
    trained = retrain_head(network, faces, epochs=3)
    after = trained.network.get_weights()
    assert all((old == new).all() for old, new in zip(before[:-2], after[:-2], strict=True))
    assert (before[-2] != after[-2]).any()
    assert trained.history["epoch"].tolist() == [1, 2, 3]
    accuracy = (trained.probabilities(validation.images).argmax(axis=1) == validation.labels).mean()
    assert trained.history["val_accuracy"].max() == pytest.approx(accuracy)


def test_only_features_of_training_are_balanced(
    faces: Faces, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine faces of disgust become ten, and PublicTest never reaches SMOTE."""
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    sampler = pytest.importorskip("imblearn.over_sampling").SMOTE
    original = sampler.fit_resample

    def fit_resample(self: Any, features: np.ndarray, labels: np.ndarray) -> Any:
        seen.append((features, labels))
        result = original(self, features, labels)
        assert np.bincount(result[1]).tolist() == [10] * len(EMOTIONS)
        return result

    monkeypatch.setattr(sampler, "fit_resample", fit_resample)
    disgust = np.flatnonzero((faces.labels == 1) & (faces.splits == "Training"))
    faces = faces.select(np.arange(len(faces)) != disgust[0])
    training = faces.of_split("Training")
    network = build_network(widths=(4, 8), blocks=(0, 0), seed=0)
    retrain_head(network, faces, epochs=1)
    ((features, labels),) = seen
    body = keras.Model(network.input, network.get_layer("features").output)
    expected = feature_smote._features(body, training.images)
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5)
    assert labels.tolist() == training.labels.tolist()
