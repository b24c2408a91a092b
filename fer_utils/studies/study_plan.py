"""What a study is made of."""

from dataclasses import dataclass, replace

from fer_utils.data.balancing import STRATEGIES
from fer_utils.model.recipes import PROFILES, Recipe

REPRODUCE, BALANCING = "reproduce", "balancing"
STUDIES = (REPRODUCE, BALANCING)

A_PUBLISHED, A_HONEST = "a_published", "a_honest"
B_PUBLISHED, B_HONEST = "b_published", "b_honest"
WITH_COPIES, WITHOUT_COPIES = "with_copies", "without_copies"

BASE = "none"
LOGIT_ADJUSTMENT, EMBEDDING_SMOTE = "logit_adjustment", "embedding_smote"

METHODS = {
    REPRODUCE: (A_PUBLISHED, A_HONEST, B_PUBLISHED, B_HONEST, WITHOUT_COPIES, WITH_COPIES),
    BALANCING: (*STRATEGIES, LOGIT_ADJUSTMENT, EMBEDDING_SMOTE),
}
# A method that goes on with the network of another one of the same seed.
NEEDS = {EMBEDDING_SMOTE: BASE}

# The data never end the training early, so that every method gets as many updates.
_ALL_PASSES = 10**6


class StudyError(ValueError):
    """A study that cannot start or go on; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class PublishedRecipe:
    """How a published network is trained.

    Attributes
    ----------
    epochs : int
        At most so many passes over the data.
    patience : int
        Epochs without a better validation accuracy after which training stops.
    batch_size : int
        Faces in one update.
    learning_rate : float
        The first one.
    decay : float
        An update's learning rate is divided by 1 plus this times the updates before it.
    plateau_patience : int or None
        Epochs without a lower validation loss after which the learning rate is halved.
    optimizer : str
        ``sgd``, with Nesterov momentum 0.9, or ``adam``.
    """

    epochs: int
    patience: int
    batch_size: int
    learning_rate: float
    decay: float
    plateau_patience: int | None
    optimizer: str


A_RECIPE = PublishedRecipe(
    epochs=30,
    patience=30,
    batch_size=64,
    learning_rate=0.01,
    decay=1e-4,
    plateau_patience=2,
    optimizer="sgd",
)
# How many epochs it had at most is not told; so many are never reached.
B_RECIPE = PublishedRecipe(
    epochs=100,
    patience=10,
    batch_size=32,
    learning_rate=2e-4,
    decay=0.0,
    plateau_patience=None,
    optimizer="adam",
)
COPIES_RECIPE = replace(PROFILES["quick"], passes=_ALL_PASSES, balancing="none")
BALANCING_RECIPE = replace(
    PROFILES["quick"],
    updates=3000,
    passes=_ALL_PASSES,
    epochs=10,
    patience=10,
    balancing="none",
)


@dataclass(frozen=True, kw_only=True)
class StudySettings:
    """What all runs of a study depend on, beside the faces.

    Attributes
    ----------
    study : str
        One of `STUDIES`.
    recipe : Recipe
        Of the project's own network.
    a, b : PublishedRecipe
        Of the published ones.
    """

    study: str
    recipe: Recipe
    a: PublishedRecipe = A_RECIPE
    b: PublishedRecipe = B_RECIPE


@dataclass(frozen=True, kw_only=True)
class StudyRun:
    """One training of a study.

    Attributes
    ----------
    method : str
        One of `METHODS` of the study.
    seed : int
        What every random choice starts from.
    """

    method: str
    seed: int

    def __str__(self) -> str:
        return f"{self.method}, seed {self.seed}"


def settings_for(
    study: str,
    *,
    updates: int | None = None,
    epochs_a: int | None = None,
    epochs_b: int | None = None,
) -> StudySettings:
    """Return the settings of a study.

    Parameters
    ----------
    study : str
        One of `STUDIES`.
    updates : int, optional
        Of the project's own network; as many as the study is meant to have by default.
    epochs_a, epochs_b : int, optional
        At most so many for the published networks.

    Raises
    ------
    StudyError
        If the study is unknown, or a number is not positive.
    """
    if study not in STUDIES:
        raise StudyError(f"unknown study {study!r}: expected one of {', '.join(STUDIES)}")
    for number in (updates, epochs_a, epochs_b):
        if number is not None and number < 1:
            raise StudyError(f"expected 1 or more updates and epochs, got {number}")
    recipe = COPIES_RECIPE if study == REPRODUCE else BALANCING_RECIPE
    if updates is not None:
        parts = min(recipe.epochs, updates)
        recipe = replace(recipe, updates=updates, epochs=parts, patience=parts)
    return StudySettings(
        study=study,
        recipe=recipe,
        a=replace(A_RECIPE, epochs=min(epochs_a or A_RECIPE.epochs, A_RECIPE.epochs)),
        b=replace(B_RECIPE, epochs=min(epochs_b or B_RECIPE.epochs, B_RECIPE.epochs)),
    )


def plan_runs(study: str, *, seeds: list[int], methods: list[str] | None = None) -> list[StudyRun]:
    """Return the runs of a study, seed after seed, so that a part of them compares already.

    Parameters
    ----------
    study : str
        One of `STUDIES`.
    seeds : list of int
        One run of each method for each.
    methods : list of str, optional
        Some of `METHODS` of the study, all by default; one that another needs comes with it.

    Returns
    -------
    list of StudyRun
        A run that needs another one comes after it.

    Raises
    ------
    StudyError
        If a method is unknown, or there is no seed or a negative one.
    """
    known = METHODS[study]
    unknown = sorted(set(methods or ()) - set(known))
    if unknown:
        raise StudyError(f"unknown method {', '.join(unknown)}: expected {', '.join(known)}")
    if not seeds or min(seeds) < 0:
        raise StudyError(f"expected one seed or more, each 0 or more, got {seeds}")
    chosen = set(known if methods is None else methods)
    chosen |= {NEEDS[method] for method in chosen if method in NEEDS}
    ordered = [method for method in known if method in chosen]
    return [
        StudyRun(method=method, seed=seed) for seed in dict.fromkeys(seeds) for method in ordered
    ]
