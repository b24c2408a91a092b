import numpy as np
import pytest

from fer_utils.data.faces import IMAGE_SIZE, Faces, Provenance
from fer_utils.emotions import EMOTIONS
from fer_utils.model.model_folder import ModelFolder, open_model
from fer_utils.paths import SHIPPED_MODEL


@pytest.fixture(scope="session")
def faces() -> Faces:
    """Give 12 Training, 3 PublicTest, and 2 PrivateTest faces per emotion.

    The brightness of a face gives its emotion away.
    """
    splits = ["Training"] * 12 + ["PublicTest"] * 3 + ["PrivateTest"] * 2
    labels = np.repeat(np.arange(len(EMOTIONS), dtype=np.uint8), len(splits))
    noise = np.random.default_rng(0).integers(
        0, 20, (len(labels), IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8
    )
    return Faces(
        images=noise + (35 * labels)[:, None, None],
        labels=labels,
        splits=np.tile(splits, len(EMOTIONS)),
        names=np.arange(len(labels)).astype(str),
        origins=np.full(len(labels), "tiny"),
        provenance=Provenance("tiny", "made up"),
    )


@pytest.fixture(scope="session")
def shipped_model() -> ModelFolder:
    """Give the shipped model folder; do not change it."""
    return open_model(SHIPPED_MODEL)
