"""Define the settings and runs of the studies."""

from dataclasses import dataclass, replace

from fer_utils.data.balancing import STRATEGIES
from fer_utils.model.recipes import PROFILES, Recipe

REPRODUCE, BALANCING, SHORTCUTS = "reproduce", "balancing", "shortcuts"

A_PUBLISHED, A_HONEST = "a_published", "a_honest"
B_PUBLISHED, B_HONEST = "b_published", "b_honest"
WITH_COPIES, WITHOUT_COPIES = "with_copies", "without_copies"

BASE = "none"
LOGIT_ADJUSTMENT, EMBEDDING_SMOTE = "logit_adjustment", "embedding_smote"

TRAINING_ONLY, WITH_PUBLIC_TEST = "training_only", "with_public_test"

METHODS = {
    REPRODUCE: (A_PUBLISHED, A_HONEST, B_PUBLISHED, B_HONEST, WITHOUT_COPIES, WITH_COPIES),
    BALANCING: (*STRATEGIES, LOGIT_ADJUSTMENT, EMBEDDING_SMOTE),
    SHORTCUTS: (TRAINING_ONLY, WITH_PUBLIC_TEST),
}
STUDIES = tuple(METHODS)
# Methods that start from the network of another one with the same seed.
NEEDS = {EMBEDDING_SMOTE: BASE}


class StudyError(ValueError):
    """A study that cannot start or continue; the message gives the reason and a remedy."""


@dataclass(frozen=True, kw_only=True)
class PublishedRecipe:
    """Training settings of a published network; those of the first publication by default.

    Attributes
    ----------
    epochs : int
        Maximum number of passes over the data.
    patience : int
        Training stops after this many epochs without a better validation accuracy.
    batch_size : int
        Faces per update.
    learning_rate : float
        Initial learning rate.
    decay : float
        The learning rate is divided by 1 plus this times the number of earlier updates.
    plateau_patience : int or None
        The learning rate is halved after this many epochs without a lower validation loss.
    optimizer : str
        ``sgd``, with Nesterov momentum 0.9, or ``adam``.
    """

    epochs: int = 30
    patience: int = 30
    batch_size: int = 64
    learning_rate: float = 0.01
    decay: float = 1e-4
    plateau_patience: int | None = 2
    optimizer: str = "sgd"


A_RECIPE = PublishedRecipe()
# The publication does not give a maximum; early stopping comes first.
B_RECIPE = PublishedRecipe(
    epochs=100,
    patience=10,
    batch_size=32,
    learning_rate=2e-4,
    decay=0.0,
    plateau_patience=None,
    optimizer="adam",
)
# The passes never limit the training, so that every method gets the same number of updates.
COPIES_RECIPE = replace(PROFILES["quick"], passes=10**6, balancing="none")
BALANCING_RECIPE = replace(COPIES_RECIPE, updates=3000, epochs=10, patience=10)
# With many epochs to choose from.
SHORTCUTS_RECIPE = replace(COPIES_RECIPE, updates=3000, epochs=24, patience=24)
_RECIPES = {REPRODUCE: COPIES_RECIPE, BALANCING: BALANCING_RECIPE, SHORTCUTS: SHORTCUTS_RECIPE}


@dataclass(frozen=True, kw_only=True)
class StudySettings:
    """Everything that the runs of a study depend on, apart from the faces.

    Attributes
    ----------
    study : str
        One of `STUDIES`.
    recipe : Recipe
        Recipe of the project's own network.
    a, b : PublishedRecipe
        Settings of the published networks.
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
        One of the study's `METHODS`.
    seed : int
        Seed of every random choice.
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
        Updates of the project's own network; those of the full study by default.
    epochs_a, epochs_b : int, optional
        Lower maximum numbers of epochs for the published networks.

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
    recipe = _RECIPES[study]
    if updates is not None:
        parts = min(recipe.epochs, updates)
        recipe = replace(recipe, updates=updates, epochs=parts, patience=parts)
    a, b = (
        replace(published, epochs=min(epochs or published.epochs, published.epochs))
        for published, epochs in ((A_RECIPE, epochs_a), (B_RECIPE, epochs_b))
    )
    return StudySettings(study=study, recipe=recipe, a=a, b=b)


def plan_runs(study: str, *, seeds: list[int], methods: list[str] | None = None) -> list[StudyRun]:
    """Return the runs of a study, seed by seed, so that partial results are comparable.

    Parameters
    ----------
    study : str
        One of `STUDIES`.
    seeds : list of int
        Each method runs once per seed.
    methods : list of str, optional
        A subset of the study's `METHODS`; all by default. Methods that they build on are added.

    Returns
    -------
    list of StudyRun
        Each run comes after the run that it builds on.

    Raises
    ------
    StudyError
        If a method is unknown, or there are no seeds or negative ones.
    """
    known = METHODS[study]
    unknown = sorted(set(methods or ()) - set(known))
    if unknown:
        raise StudyError(f"unknown method {', '.join(unknown)}: expected {', '.join(known)}")
    if not seeds or min(seeds) < 0:
        raise StudyError(f"expected one or more seeds, each 0 or greater, got {seeds}")
    chosen = set(known if methods is None else methods)
    chosen |= {NEEDS[method] for method in chosen if method in NEEDS}
    return [
        StudyRun(method=method, seed=seed)
        for seed in dict.fromkeys(seeds)
        for method in known
        if method in chosen
    ]
