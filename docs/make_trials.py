"""Train a short recipe with one change at a time, and record what each change gains.

Each network learns from the votes on a small part of Training, so that it sees each face as often
as a long training does. It is scored on PublicTest and on the rest of Training. Finished trainings
are not repeated: the command can be interrupted, and resumes where it stopped.
"""

import argparse
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from trial_changes import AlternatelyMirrored, AveragedWeights, MixedBatches, SmallFirst

from fer_utils.data.audit import clean
from fer_utils.data.balancing import balance
from fer_utils.data.faces import Faces
from fer_utils.data.sources import load_faces
from fer_utils.data.votes import find_winners, vote_shares
from fer_utils.evaluation.robustness import corrupt
from fer_utils.model.learner import FaceBatches, best_precision, build_learner
from fer_utils.model.prior import divide_by, learned_prior
from fer_utils.model.recipes import VOTE_PROFILES, Recipe
from fer_utils.model.trained import Trained, progress_bar
from fer_utils.paths import RUNS, atomic_file, write_text
from fer_utils.studies.comparison import compare_paired

CHANGES = Path(__file__).with_name("changes.json")
BASE, ADJUSTED = "nothing", "logit adjustment 0.5"
DIVIDED = "probabilities divided by the prior to the power of 0.5"
SEEDS = (0, 1)
# One in six Training faces; the others are scored.
PARTS = 6
EPOCHS = 2  # nothing is chosen between them
DEGRADATIONS = ("blur", "noise", "darker", "low resolution")


@dataclass(frozen=True)
class Trial:
    """A recipe, and what changes beyond it."""

    recipe: Recipe
    batches: type[FaceBatches] = FaceBatches
    callbacks: tuple[Callable[[], keras.callbacks.Callback], ...] = ()


SHORT = replace(
    VOTE_PROFILES["full"],
    updates=2400,
    widths=(24, 48, 96, 192),
    blocks=(0, 1, 1, 1),
    first_stride=2,
)
NO_FLIP = replace(SHORT.augmentation, flip=False)
TRIALS = {
    BASE: Trial(SHORT),
    "average of the weights": Trial(SHORT, callbacks=(AveragedWeights,)),
    "mirrored every other time": Trial(
        replace(SHORT, augmentation=NO_FLIP), batches=AlternatelyMirrored
    ),
    "mixup 0.2": Trial(SHORT, batches=MixedBatches),
    "32x32 pixels first": Trial(SHORT, callbacks=(SmallFirst,)),
    "a stage of full resolution": Trial(
        replace(SHORT, widths=(12, *SHORT.widths), blocks=(0, *SHORT.blocks), first_stride=1)
    ),
    ADJUSTED: Trial(replace(SHORT, logit_adjustment=0.5)),
    "weighted by rarity": Trial(replace(SHORT, balancing="log_class_weight")),
    **{
        name: Trial(replace(SHORT, augmentation=replace(SHORT.augmentation, degrade=share)))
        for name, share in (("fewer degraded faces", 0.05), ("no degraded faces", 0.0))
    },
}


def split_training(faces: Faces) -> tuple[Faces, Faces]:
    """Return the faces to learn from, and those to score: clear ones, unseen."""
    own = faces.follow_votes()
    number = np.random.default_rng(0).permutation(len(own))
    is_learned = (own.splits == "Training") & (number % PARTS == 0)
    is_clear = find_winners(own.votes)[1]
    is_scored = ~is_learned & (own.splits != "PrivateTest") & is_clear
    return own.select(is_learned), own.select(is_scored)


def train_trial(trial: Trial, learned: Faces, scored: Faces, seed: int, stored: Path) -> dict:
    """Return what a trial's network predicts for unseen faces, trained now or before."""
    if not stored.exists():
        # Processor time, because other work on the machine would distort the wall time.
        began = time.process_time()
        trained = fit(trial, balance(learned, trial.recipe.balancing, seed=seed), seed)
        seconds = time.process_time() - began
        with atomic_file(stored) as temporary:
            np.savez(
                temporary,
                clean=trained.probabilities(scored.images),
                degraded=trained.probabilities(degrade(scored.of_split("PublicTest"))),
                processor_seconds=seconds,
                parameters=trained.network.count_params(),
            )
    with np.load(stored) as found:
        return dict(found)


def degrade(faces: Faces) -> NDArray[np.uint8]:
    """Return the faces under each of `DEGRADATIONS`, one after the other."""
    return np.concatenate([corrupt(faces.images, name, strength=3) for name in DEGRADATIONS])


def fit(trial: Trial, faces: Faces, seed: int) -> Trained:
    """Return the network after the last update."""
    recipe, precision = trial.recipe, best_precision()
    keras.utils.set_random_seed(seed)
    network, learner = build_learner(
        recipe, faces.labels, updates=recipe.updates, seed=seed, precision=precision
    )
    batches = trial.batches(
        faces,
        vote_shares(faces.votes),
        batch_size=recipe.batch_size,
        updates_per_epoch=recipe.updates // EPOCHS,
        seed=seed,
    )
    callbacks = [keras.callbacks.LambdaCallback(on_epoch_begin=batches.start_epoch)]
    callbacks += [make() for make in trial.callbacks]
    fitted = learner.fit(
        batches,
        shuffle=False,
        epochs=EPOCHS,
        callbacks=[*callbacks, progress_bar(EPOCHS)],
        verbose=0,
    )
    return Trained(network, pd.DataFrame(fitted.history), precision)


def measure(runs: dict[str, list[dict]], learned: Faces, scored: Faces) -> dict[str, Any]:
    """Return the figures of all trials, and their differences from the first one."""
    shares = np.array(learned_prior(learned).shares)
    divisors = shares ** TRIALS[ADJUSTED].recipe.logit_adjustment
    parts = ("clean", "degraded")
    divided = [run | {part: divide_by(run[part], divisors) for part in parts} for run in runs[BASE]]
    runs = runs | {DIVIDED: divided}
    labels = {
        "clean": scored.labels,
        "degraded": np.tile(scored.of_split("PublicTest").labels, len(DEGRADATIONS)),
    }
    found = {}
    for name, own in runs.items():
        found[name] = {
            "parameters": int(own[0]["parameters"]),
            "processor_seconds": round(median(float(run["processor_seconds"]) for run in own)),
        }
        for part, truth in labels.items():
            comparison = compare_paired(
                [run[part] for run in own], [run[part] for run in runs[BASE]], truth
            )
            found[name][part] = {
                kind: {figure: asdict(estimates[figure]) for figure in ("accuracy", "macro_f1")}
                for kind, estimates in vars(comparison).items()
            }
    return {
        "seeds": SEEDS,
        "learned": len(learned),
        "scored": len(scored),
        "recipes": {name: asdict(trial.recipe) for name, trial in TRIALS.items()},
        "trials": found,
    }


def main() -> None:
    """Train the missing trials and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", help="FER-2013, such as data/raw/fer2013.zip")
    parser.add_argument("votes", help="FER+, such as data/raw/fer2013new.csv")
    parser.add_argument(
        "--output", type=Path, default=RUNS / "trials", help="folder of the trainings"
    )
    options = parser.parse_args()
    learned, scored = split_training(clean(load_faces(options.source, votes=options.votes)))
    print(f"{len(learned):,} faces to learn from, {len(scored):,} to score")
    runs: dict[str, list[dict]] = {name: [] for name in TRIALS}
    for seed in SEEDS:
        for name, trial in TRIALS.items():
            # A changed recipe is another trial.
            key = hashlib.sha256(repr((trial, seed)).encode()).hexdigest()[:12]
            stored = options.output / f"{key}.npz"
            runs[name].append(train_trial(trial, learned, scored, seed, stored))
    write_text(CHANGES, json.dumps(measure(runs, learned, scored), indent=2) + "\n")


if __name__ == "__main__":
    main()
