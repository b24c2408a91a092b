"""Keep a study on disk, with one folder per run, and perform its missing runs."""

import json
import os
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from fer_utils import studies
from fer_utils.data.audit import audit, clean
from fer_utils.data.faces import Faces, read_arrays
from fer_utils.model.recipes import Augmentation, Recipe
from fer_utils.paths import write_text
from fer_utils.studies.study_plan import (
    BALANCING,
    METHODS,
    PublishedRecipe,
    StudyError,
    StudyRun,
    StudySettings,
)

_MANIFEST, _FACES, _METRICS = "study.json", "faces.npz", "metrics.json"
# Predictions of a run for single faces, for paired comparisons with other runs.
PREDICTIONS = "predictions.npz"


@dataclass(frozen=True)
class StudyFolder:
    """The folder of a prepared study."""

    path: Path

    @property
    def settings(self) -> StudySettings:
        """The settings of all runs."""
        stored = self.manifest()["settings"]
        recipe = stored["recipe"]
        recipe |= {name: tuple(recipe[name]) for name in ("widths", "blocks")}
        recipe["augmentation"] = Augmentation(**recipe["augmentation"])
        a, b = (PublishedRecipe(**stored[name]) for name in ("a", "b"))
        return StudySettings(study=stored["study"], recipe=Recipe(**recipe), a=a, b=b)

    def manifest(self) -> dict[str, Any]:
        """Return the content of ``study.json``: source, data, and settings."""
        if not (self.path / _MANIFEST).is_file():
            raise FileNotFoundError(f"{self.path} has no {_MANIFEST}: run the study first")
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

    def predictions(self, run: StudyRun) -> dict[str, NDArray]:
        """Return the predictions that a complete run of ``balancing`` or ``shortcuts`` stored."""
        return read_arrays(self.of_run(run) / PREDICTIONS, made_by="fer-utils study")

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
    text = json.dumps(manifest, indent=2)
    if (path / _MANIFEST).is_file():
        # Flat, with names such as ``settings.recipe.updates``.
        (old,) = pd.json_normalize(folder.manifest()).to_dict("records")
        (new,) = pd.json_normalize(json.loads(text)).to_dict("records")
        # A renamed file with the same faces is the same study.
        differences = [
            f"{name} was {old.get(name)}, now it is {new.get(name)}"
            for name in sorted({*map(str, old), *map(str, new)} - {"source"})
            if old.get(name) != new.get(name)
        ]
        if differences:
            raise StudyError(
                f"{path} holds another study: {'; '.join(differences)}. "
                "Use the same faces and settings, give another --output, or delete this folder to "
                "start over"
            )
        return folder
    others = [item.name for item in path.glob("*") if item.name != _FACES and item.name[0] != "."]
    if others:
        raise StudyError(f"{path} holds other files, such as {min(others)}: give another --output")
    faces.save(path / _FACES)
    write_text(path / _MANIFEST, text)
    return folder


def run_study(
    path: str | Path,
    faces: Faces,
    settings: StudySettings,
    runs: list[StudyRun],
    *,
    workers: int = 1,
    scheduler: str | None = None,
    on_progress: Callable[[int, int], None] = lambda done, runs: None,
) -> StudyFolder:
    """Perform the runs of a study that its folder lacks.

    Parameters
    ----------
    path : str or Path
        The study's folder, under the same path for all workers.
    faces : Faces
        Faces as loaded, not cleaned.
    settings : StudySettings
        Output of `fer_utils.studies.settings_for`.
    runs : list of StudyRun
        Output of `fer_utils.studies.plan_runs`.
    workers : int
        Number of simultaneous trainings on this machine, each in its own process and on all
        cores. 0 trains in the current process.
    scheduler : str, optional
        Address of a Dask scheduler whose workers train instead.
    on_progress : callable
        Called with the number of complete runs and their total, at the start and after each run.

    Returns
    -------
    StudyFolder
        The folder, with the metrics of all runs.

    Raises
    ------
    StudyError
        If the folder holds another study, or a run fails; complete runs are kept.
    ConnectionError
        If no scheduler or worker responds, or the connection is lost.
    """
    if workers < 0:
        raise StudyError(f"expected 0 or more workers, got {workers}")
    if settings.study == BALANCING:
        # Here and not in each run, whose peak memory is measured.
        faces = clean(faces, audit(faces))
    folder = prepare_folder(Path(os.path.abspath(path)), faces, settings)
    missing = [run for run in runs if not folder.is_done(run)]
    done = len(runs) - len(missing)
    on_progress(done, len(runs))
    # Closed explicitly, so that an interruption stops the workers at once.
    with closing(_perform(folder.path, missing, workers=workers, scheduler=scheduler)) as steps:
        for _ in steps:
            done += 1
            on_progress(done, len(runs))
    return folder


def _perform(
    path: Path, runs: list[StudyRun], *, workers: int, scheduler: str | None
) -> Generator[None, None, None]:
    # Through the package, which only imports the one that is used: Keras or Dask.
    if runs and (workers or scheduler is not None):
        yield from studies.perform_on_cluster(path, runs, workers=workers, scheduler=scheduler)
        return
    for run in runs:
        studies.perform_run(path, run)
        yield


def _read_json(path: Path) -> dict[str, Any]:
    try:
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise StudyError(
            f"{path} is damaged ({error}): delete it and run the study again"
        ) from error
    return stored
