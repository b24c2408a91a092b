"""Train a short recipe with one change at a time, and record what each change gains.

Everything is scored on PublicTest, the split for choices. Finished trainings are not repeated: the
command can be interrupted, and resumes where it stopped.
"""

import argparse
import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from fer_utils.data.audit import clean
from fer_utils.data.balancing import balance
from fer_utils.data.faces import Faces
from fer_utils.data.sources import load_faces
from fer_utils.model.model_folder import open_model
from fer_utils.model.recipes import PROFILES, Recipe
from fer_utils.model.training import ask_teachers, fit
from fer_utils.paths import RUNS, atomic_file, write_text
from fer_utils.studies.comparison import compare_paired

CHANGES = Path(__file__).with_name("changes.json")
BASE = "nothing"
SHORT = replace(PROFILES["quick"], balancing="log_class_weight")
LONG = replace(SHORT, updates=6000, passes=24, epochs=12, patience=12)


@dataclass(frozen=True)
class Trial:
    """A recipe, and whether the shipped model is the teacher of its network."""

    recipe: Recipe
    taught: bool = False


@dataclass(frozen=True)
class Family:
    """Trials that differ by one change each from the first one, which is named `BASE`."""

    seeds: tuple[int, ...]
    trials: dict[str, Trial]


def taught(recipe: Recipe) -> dict[str, Trial]:
    """Return trials of a network that also learns from the shipped model."""
    return {
        f"taught by the shipped model, weight {weight}": Trial(
            replace(recipe, teacher_weight=weight), taught=True
        )
        for weight in (0.5, 0.9)
    }


FAMILIES = {
    "short": Family(
        seeds=(0,),
        trials={
            BASE: Trial(SHORT),
            **taught(SHORT),
            "first stride 1": Trial(replace(SHORT, first_stride=1)),
        },
    ),
    "long": Family(seeds=(0, 1), trials={BASE: Trial(LONG), **taught(LONG)}),
}


def train_trial(trial: Trial, faces: Faces, seed: int, folder: Path) -> dict[str, Any]:
    """Return the predictions of a trial's network for PublicTest, trained now or before."""
    stored = folder / "predictions.npz"
    if not stored.exists():
        recipe = trial.recipe
        balanced = balance(faces, recipe.balancing, seed=seed)
        opinions = None
        if trial.taught:
            opinions = ask_teachers(
                [open_model().open_classifier(threads=os.cpu_count() or 1)],
                balanced.of_split("Training").images,
                temperature=recipe.teacher_temperature,
            )
        # Processor time, because other work on the machine would distort the wall time.
        began = time.process_time()
        trained = fit(balanced, recipe, checkpoints=folder, seed=seed, opinions=opinions)
        with atomic_file(stored) as temporary:
            np.savez(
                temporary,
                probabilities=trained.probabilities(faces.of_split("PublicTest").images),
                processor_seconds=time.process_time() - began,
                parameters=trained.network.count_params(),
            )
        trained.remove_checkpoints()
    with np.load(stored) as found:
        return dict(found)


def measure(family: Family, faces: Faces, folder: Path) -> dict[str, Any]:
    """Return the figures of a family's trials, and their differences from the first one."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in family.trials}
    for seed in family.seeds:
        for name, trial in family.trials.items():
            # A changed recipe is another trial.
            key = hashlib.sha256(repr((trial, seed)).encode()).hexdigest()[:12]
            runs[name].append(train_trial(trial, faces, seed, folder / key))
    predicted = {name: [run["probabilities"] for run in own] for name, own in runs.items()}
    labels = faces.of_split("PublicTest").labels
    found = {}
    for name, own in runs.items():
        comparison = compare_paired(predicted[name], predicted[BASE], labels)
        found[name] = {
            "recipe": asdict(family.trials[name].recipe),
            "taught": family.trials[name].taught,
            "parameters": int(own[0]["parameters"]),
            "processor_seconds": round(median(float(run["processor_seconds"]) for run in own)),
            **{
                part: {figure: asdict(estimates[figure]) for figure in ("accuracy", "macro_f1")}
                for part, estimates in vars(comparison).items()
            },
        }
    return {"seeds": family.seeds, "trials": found}


def main() -> None:
    """Train the missing trials and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", help="FER-2013, such as data/raw/fer2013.zip")
    parser.add_argument(
        "--output", type=Path, default=RUNS / "trials", help="folder of the trainings"
    )
    options = parser.parse_args()
    faces = clean(load_faces(options.source))
    found = {name: measure(family, faces, options.output) for name, family in FAMILIES.items()}
    write_text(CHANGES, json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
