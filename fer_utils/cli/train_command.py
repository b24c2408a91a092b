"""Define ``fer-utils train``."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import fer_utils  # imports Keras once it is needed, not for --help
from fer_utils.cli.options import ANY_SOURCE, FaceSource, find_model
from fer_utils.data.balancing import STRATEGIES
from fer_utils.model.recipes import PROFILES, Target, find_recipe
from fer_utils.paths import MODELS, display_path


def train_command(
    *,
    faces: FaceSource = ANY_SOURCE,
    profile: Annotated[str, Parameter(choices=PROFILES)] = "quick",
    strategy: Annotated[str | None, Parameter(choices=STRATEGIES)] = None,
    target: Target = "labels",
    seed: int = 0,
    output: Path = MODELS / "my_model",
    teachers: Annotated[tuple[Path, ...], Parameter(consume_multiple=1)] = (),
) -> None:
    """Train a model without the notebooks.

    For example:

        fer-utils train --source data/raw/fer2013.zip --output models/my_model
        fer-utils train --source fer2013 --target votes
        fer-utils train --teachers models/fer2013 --output models/student

    Parameters
    ----------
    faces : FaceSource
        What to train on.
    profile : str
        How long to train.
    strategy : str, optional
        How to balance. [default: the profile's own]
    target : str
        What to learn from: FER-2013's labels, or the votes of ten people on each of its faces.
    seed : int
        Seed of all random choices.
    output : Path
        Model folder to write.
    teachers : tuple of Path
        Model folders whose predictions the new model learns from, in addition to the labels.
    """
    train_model = fer_utils.train_model  # fails here if Keras is missing
    opened = [fer_utils.open_model(find_model(path)) for path in teachers]
    recipe = find_recipe(profile, target)
    cleaned = fer_utils.clean(faces.load())
    if target == "votes":
        cleaned = cleaned.follow_votes()
    balanced = fer_utils.balance(cleaned, strategy or recipe.balancing, seed=seed)
    model = train_model(balanced, recipe, path=output, seed=seed, teachers=opened)
    # Of several processes that train together, only the first one writes the folder.
    if "sha256" in model.card:
        accuracy = model.history["val_accuracy"].max()
        print(f"{display_path(model.path)}: {accuracy:.1%} on PublicTest")
