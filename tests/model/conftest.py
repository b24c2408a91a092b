import shutil
from pathlib import Path

import numpy as np
import pytest

from fer_utils.data.faces import IMAGE_SIZE, Faces
from fer_utils.data.provenance import Provenance
from fer_utils.emotions import EMOTIONS
from fer_utils.model.calibration import Calibration
from fer_utils.model.model_folder import ModelFolder
from fer_utils.model.recipes import Augmentation, Recipe
from fer_utils.model.saving import add_exports, make_card, save_model
from fer_utils.model.trained import Trained
from fer_utils.model.training import fit


@pytest.fixture(scope="session")
def faces() -> Faces:
    """Give 12 Training, 3 PublicTest, and 2 PrivateTest faces per emotion.

    The brightness of a face gives its emotion away.
    """
    per_class = ["Training"] * 12 + ["PublicTest"] * 3 + ["PrivateTest"] * 2
    splits = np.tile(per_class, len(EMOTIONS))
    labels = np.repeat(np.arange(len(EMOTIONS), dtype=np.uint8), len(per_class))
    noise = np.random.default_rng(0).integers(
        0, 20, (len(labels), IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8
    )
    return Faces(
        images=noise + (35 * labels)[:, None, None],
        labels=labels,
        splits=splits,
        names=np.array([str(number) for number in range(len(labels))]),
        origins=np.full(len(labels), "tiny"),
        provenance=Provenance("tiny", "made up", notes=("for tests",), left_out={"blurred": 3}),
    )


@pytest.fixture(scope="session")
def validation(faces: Faces) -> Faces:
    """Give the 21 PublicTest faces."""
    return faces.of_split("PublicTest")


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    """Give a recipe of 40 updates in 4 epochs that takes about two seconds."""
    return Recipe(
        updates=40,
        passes=100,
        epochs=4,
        patience=4,
        batch_size=16,
        learning_rate=2e-2,
        augmentation=Augmentation(flip=False),
        widths=(8, 16),
        blocks=(0, 0),
        dropout=0.0,
    )


@pytest.fixture(scope="session")
def trained(faces: Faces, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Give the result of one tiny training."""
    checkpoints = tmp_path_factory.mktemp("checkpoints")
    return fit(faces, recipe, checkpoints=checkpoints, seed=1, precision="float32")


@pytest.fixture(scope="session")
def calibration() -> Calibration:
    """Give a calibration with made-up values."""
    return Calibration(
        temperature=2.0,
        error_before=0.25,
        error_after=0.125,
        uncertain_below=0.5,
        certain_share=0.75,
    )


@pytest.fixture(scope="session")
def saved_run(
    trained: Trained,
    calibration: Calibration,
    recipe: Recipe,
    faces: Faces,
    tmp_path_factory: pytest.TempPathFactory,
) -> ModelFolder:
    """Give a model folder with the float32 export; copy it before changing it."""
    path: Path = tmp_path_factory.mktemp("models") / "tiny"
    card = make_card(trained, calibration=calibration, recipe=recipe, faces=faces, seed=1)
    return add_exports(save_model(path, trained, card).path)


@pytest.fixture
def folder(saved_run: ModelFolder, tmp_path: Path) -> Path:
    """Give a copy of the model folder that a test may change."""
    return Path(shutil.copytree(saved_run.path, tmp_path / "models" / "tiny"))
