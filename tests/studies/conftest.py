"""Tiny faces and settings for trainings of seconds."""

from dataclasses import replace

import numpy as np
import pytest

from fer_utils.data.faces import IMAGE_SIZE, Faces, Provenance
from fer_utils.emotions import EMOTIONS
from fer_utils.studies.study_folder import StudyFolder, run_study
from fer_utils.studies.study_plan import (
    A_RECIPE,
    B_RECIPE,
    BALANCING,
    BALANCING_RECIPE,
    REPRODUCE,
    SHORTCUTS,
    StudySettings,
    plan_runs,
)

TINY = replace(
    BALANCING_RECIPE, updates=4, epochs=2, patience=2, batch_size=16, widths=(4, 8), blocks=(0, 0)
)


@pytest.fixture(scope="session")
def faces() -> Faces:
    """Create 10 Training, 3 PublicTest and 2 PrivateTest faces per class, which is a brightness.

    The first PrivateTest face of each class has a copy in Training.
    """
    per_class = ["Training"] * 10 + ["PublicTest"] * 3 + ["PrivateTest"] * 2
    labels = np.repeat(np.arange(len(EMOTIONS), dtype=np.uint8), len(per_class))
    images = np.random.default_rng(0).integers(
        0, 20, (len(labels), IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8
    )
    images += (35 * labels)[:, None, None]
    first = np.arange(len(EMOTIONS)) * len(per_class)
    images[first + per_class.index("PrivateTest")] = images[first]
    return Faces(
        images=images,
        labels=labels,
        splits=np.tile(per_class, len(EMOTIONS)),
        names=np.array([str(number) for number in range(len(labels))]),
        origins=np.full(len(labels), "tiny"),
        provenance=Provenance("tiny", "made up"),
    )


@pytest.fixture(scope="session")
def balancing_settings() -> StudySettings:
    """Return settings with 4 updates."""
    return StudySettings(study=BALANCING, recipe=TINY)


@pytest.fixture(scope="session")
def reproduce_settings() -> StudySettings:
    """Return settings with 4 updates, or with one epoch for the published networks."""
    a, b = (replace(recipe, epochs=1) for recipe in (A_RECIPE, B_RECIPE))
    return StudySettings(study=REPRODUCE, recipe=TINY, a=a, b=b)


@pytest.fixture(scope="session")
def balancing_study(
    faces: Faces, balancing_settings: StudySettings, tmp_path_factory: pytest.TempPathFactory
) -> StudyFolder:
    """Run four methods of a tiny balancing study."""
    methods = ["none", "class_weight", "logit_adjustment", "embedding_smote"]
    runs = plan_runs("balancing", seeds=[0], methods=methods)
    folder = tmp_path_factory.mktemp("balancing")
    return run_study(folder, faces, balancing_settings, runs, workers=0)


@pytest.fixture(scope="session")
def reproduce_study(
    faces: Faces, reproduce_settings: StudySettings, tmp_path_factory: pytest.TempPathFactory
) -> StudyFolder:
    """Run three methods of a tiny study of published results."""
    methods = ["a_published", "b_honest", "with_copies"]
    runs = plan_runs("reproduce", seeds=[0], methods=methods)
    folder = tmp_path_factory.mktemp("reproduce")
    return run_study(folder, faces, reproduce_settings, runs, workers=0)


@pytest.fixture(scope="session")
def shortcuts_study(faces: Faces, tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """Run both methods of a tiny study of shortcuts."""
    settings = StudySettings(study=SHORTCUTS, recipe=TINY)
    folder = tmp_path_factory.mktemp("shortcuts")
    return run_study(folder, faces, settings, plan_runs("shortcuts", seeds=[2]), workers=0)
