"""One run of the first study: a published result redone, or the official split's own leak."""

from pathlib import Path
from typing import Any

from fer_utils.data.faces import Faces
from fer_utils.model.training import train
from fer_utils.studies import protocols
from fer_utils.studies.fitting import fit_published
from fer_utils.studies.protocols import Protocol, honest
from fer_utils.studies.published_networks import build_network_a, build_network_b
from fer_utils.studies.study_plan import (
    A_HONEST,
    A_PUBLISHED,
    B_HONEST,
    B_PUBLISHED,
    WITH_COPIES,
    StudyRun,
    StudySettings,
)
from fer_utils.studies.training_summary import describe_training, score_sets

_PUBLISHED = {
    A_PUBLISHED: (build_network_a, protocols.a_as_published),
    A_HONEST: (build_network_a, protocols.a_honest),
    B_PUBLISHED: (build_network_b, protocols.b_as_published),
    B_HONEST: (build_network_b, protocols.b_honest),
}


def perform(
    run: StudyRun, faces: Faces, settings: StudySettings, *, checkpoints: Path
) -> dict[str, Any]:
    """Train and score.

    Parameters
    ----------
    run : StudyRun
        Which protocol, and the seed.
    faces : Faces
        As loaded.
    settings : StudySettings
        Of the study.
    checkpoints : Path
        A folder for the state after each epoch.

    Returns
    -------
    dict
        How the training went, the scores and the leaks of each set of faces, ready for JSON.
    """
    if run.method in _PUBLISHED:
        build, make_protocol = _PUBLISHED[run.method]
        protocol = make_protocol(faces, seed=run.seed)
        recipe = settings.a if build is build_network_a else settings.b
        trained = fit_published(build, protocol, recipe, checkpoints=checkpoints, seed=run.seed)
    else:
        protocol = copies_protocol(faces, run, strategy=settings.recipe.balancing)
        trained = train(
            protocol.learned,
            protocol.chosen_on,
            settings.recipe,
            checkpoints=checkpoints,
            seed=run.seed,
        )
    return {
        **describe_training(trained),
        "faces_learned": len(protocol.learned),
        "leaks": protocol.leaks(),
        "scores": score_sets(trained, protocol.scored),
    }


def copies_protocol(faces: Faces, run: StudyRun, *, strategy: str) -> Protocol:
    """Return the honest protocol, with or without the copies of evaluation images in Training."""
    return honest(
        faces,
        strategy=strategy,
        seed=run.seed,
        keep_evaluation_copies=run.method == WITH_COPIES,
    )
