"""Keep a study on disk: its faces, its settings, and one folder per run."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fer_utils.data.faces import Faces
from fer_utils.model.recipes import Augmentation, Recipe
from fer_utils.paths import write_text
from fer_utils.studies.study_plan import (
    METHODS,
    PublishedRecipe,
    StudyError,
    StudyRun,
    StudySettings,
)

_MANIFEST, _FACES, _METRICS = "study.json", "faces.npz", "metrics.json"
# Predictions of a run on PublicTest, for paired comparisons with other runs.
PROBABILITIES = "probabilities.npz"
_REMEDY = "give another --output, or delete this folder to start over"


@dataclass(frozen=True)
class StudyFolder:
    """The folder of a prepared study."""

    path: Path

    @property
    def settings(self) -> StudySettings:
        """The settings of all runs."""
        stored = self.manifest()["settings"]
        recipe = stored["recipe"]
        tuples = {name: tuple(recipe[name]) for name in ("widths", "blocks")}
        augmentation = Augmentation(**recipe["augmentation"])
        return StudySettings(
            study=stored["study"],
            recipe=Recipe(**recipe | tuples | {"augmentation": augmentation}),
            a=PublishedRecipe(**stored["a"]),
            b=PublishedRecipe(**stored["b"]),
        )

    def manifest(self) -> dict[str, Any]:
        """Return the content of ``study.json``: source, data, and settings."""
        return _read_json(self.path / _MANIFEST)

    def faces(self) -> Faces:
        """Return the faces of all runs."""
        return Faces.load(self.path / _FACES)

    def of_run(self, run: StudyRun) -> Path:
        """Return the folder of a run."""
        return self.path / run.method / f"seed_{run.seed}"

    def is_done(self, run: StudyRun) -> bool:
        """Return whether a run is complete."""
        return (self.of_run(run) / _METRICS).is_file()

    def metrics(self, run: StudyRun) -> dict[str, Any]:
        """Return the metrics of a complete run."""
        return _read_json(self.of_run(run) / _METRICS)

    def write_metrics(self, run: StudyRun, metrics: dict[str, Any]) -> None:
        """Write the metrics of a run, which completes it."""
        write_text(self.of_run(run) / _METRICS, json.dumps(metrics, indent=2))

    def finished(self) -> list[StudyRun]:
        """Return the complete runs by method, in the study's order."""
        runs = []
        for method in METHODS[self.manifest()["settings"]["study"]]:
            paths = (self.path / method).glob(f"seed_*/{_METRICS}")
            seeds = sorted(int(path.parent.name.removeprefix("seed_")) for path in paths)
            runs += [StudyRun(method=method, seed=seed) for seed in seeds]
        return runs


def prepare_folder(path: Path, faces: Faces, settings: StudySettings) -> StudyFolder:
    """Start a study, or check that the folder holds the same one.

    Parameters
    ----------
    path : Path
        The folder; created if missing.
    faces : Faces
        The faces of all runs.
    settings : StudySettings
        The settings of all runs.

    Returns
    -------
    StudyFolder
        The folder, with faces and settings.

    Raises
    ------
    StudyError
        If the folder holds other files, or a study of other faces or settings.
    """
    folder = StudyFolder(path)
    manifest = {
        "source": faces.provenance.source,
        "real_people": faces.provenance.real_people,
        "data": faces.fingerprint(),
        "settings": asdict(settings),
    }
    # Tuples become lists, as in the stored manifest.
    manifest = json.loads(json.dumps(manifest))
    if (path / _MANIFEST).is_file():
        _compare(path, _flat(folder.manifest()), _flat(manifest))
        return folder
    others = [item.name for item in path.glob("*") if item.name != _FACES and item.name[0] != "."]
    if others:
        raise StudyError(f"{path} holds other files, such as {min(others)}: give another --output")
    faces.save(path / _FACES)
    write_text(path / _MANIFEST, json.dumps(manifest, indent=2))
    return folder


def open_folder(path: Path) -> StudyFolder:
    """Return the study in a folder.

    Raises
    ------
    FileNotFoundError
        If there is no study.
    """
    if not (path / _MANIFEST).is_file():
        raise FileNotFoundError(f"{path} has no {_MANIFEST}: run the study first")
    return StudyFolder(path)


def _compare(path: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    # A renamed file with the same faces is the same study.
    names = sorted((before.keys() | now.keys()) - {"source"})
    differences = [
        f"{name} was {before.get(name)}, now it is {now.get(name)}"
        for name in names
        if before.get(name) != now.get(name)
    ]
    if differences:
        raise StudyError(
            f"{path} holds another study: {'; '.join(differences)}. "
            f"Use the same faces and settings, {_REMEDY}"
        )


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten nested values to names such as ``settings.recipe.updates``."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        inner = isinstance(value, dict)
        flat |= _flat(value, f"{prefix}{name}.") if inner else {prefix + name: value}
    return flat


def _read_json(path: Path) -> dict[str, Any]:
    try:
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise StudyError(
            f"{path} is damaged ({error}): delete it and run the study again"
        ) from error
    return stored
