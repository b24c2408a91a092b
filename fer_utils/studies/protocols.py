"""Which faces a network learns from, is chosen on and is scored on: as published, and honestly."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer_utils.data import ckplus
from fer_utils.data.audit import audit, clean
from fer_utils.data.balancing import Balanced, balance
from fer_utils.data.faces import Faces
from fer_utils.data.splitting import halve_by_class

WHOLE, COPIES, CLEAN = "PrivateTest", "PrivateTest-copies", "PrivateTest-clean"


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """The faces of one training.

    Attributes
    ----------
    learned : Balanced
        What the network learns from, after balancing.
    chosen_on : Faces
        What its epoch or its learning rate is chosen on.
    scored : dict of str to Faces
        What it is scored on, by the name the description or the project gives it.
    keeps_best : bool
        Whether the weights of the best epoch are scored; those of the last one otherwise.
    """

    learned: Balanced
    chosen_on: Faces
    scored: dict[str, Faces]
    keeps_best: bool = True

    def leaks(self) -> dict[str, dict[str, int]]:
        """Return, for the faces chosen on and each set scored, how many were learned from.

        Returns
        -------
        dict of str to dict
            ``faces``, and how many of them have an exact copy among those learned from
            (``copies``).
        """
        sets = {"chosen on": self.chosen_on, **self.scored}
        return {
            name: {"faces": len(faces), "copies": count_copies(faces.images, self.learned.images)}
            for name, faces in sets.items()
        }


def count_copies(scored: NDArray[np.uint8], learned: NDArray[np.uint8]) -> int:
    """Return how many of the images have an exact copy among others.

    Parameters
    ----------
    scored, learned : ndarray of uint8, shapes (n, 48, 48) and (m, 48, 48)
        The images that are counted, and those that they are looked for among.

    Returns
    -------
    int
        0 to n; an image that stands twice in `scored` counts twice.
    """
    known = {image.tobytes() for image in learned}
    return sum(image.tobytes() in known for image in scored)


def a_as_published(faces: Faces, *, seed: int) -> Protocol:
    """Return what the first result was measured on.

    The network learns from the whole training folder. Half of the test folder, which is PublicTest
    and PrivateTest, is its validation; half of the training folder, which it has learned from, is
    its "test".
    """
    faces = _fer2013_only(faces)
    training = faces.of_split("Training")
    held_out = faces.select(faces.splits != "Training")
    halves = {
        name: part.select(halve_by_class(part.labels, seed=seed) == "PublicTest")
        for name, part in (("validation", held_out), ("test", training))
    }
    learned = balance(training.images, training.labels, strategy="log_class_weight", seed=seed)
    return Protocol(
        learned=learned, chosen_on=halves["validation"], scored=halves, keeps_best=False
    )


def a_honest(faces: Faces, *, seed: int) -> Protocol:
    """Return the same network's protocol without a leak."""
    return honest(_fer2013_only(faces), strategy="log_class_weight", seed=seed)


def b_as_published(faces: Faces, *, seed: int) -> Protocol:
    """Return what the second result was measured on.

    All splits of all sources are joined, of every image one copy is kept, images of rare emotions
    are repeated until all emotions have as many, and only then 80, 10 and 10 percent are drawn to
    learn from, to choose on and to score.
    """
    distinct = np.unique(audit(faces).image_keys, return_index=True)[1]
    return resample_then_split(faces.select(np.sort(distinct)), seed=seed)


def resample_then_split(faces: Faces, *, seed: int) -> Protocol:
    """Return the protocol of the wrong order: repeat images of rare emotions, then split.

    Parameters
    ----------
    faces : Faces
        Distinct images of each emotion.
    seed : int
        What the repetition and the split start from.

    Returns
    -------
    Protocol
        Of 80, 10 and 10 percent, drawn at random; what it scores is called ``test``.
    """
    from imblearn.over_sampling import RandomOverSampler

    sampler = RandomOverSampler(random_state=seed)
    sampler.fit_resample(np.arange(len(faces))[:, None], faces.labels)
    order = np.random.default_rng(seed).permutation(sampler.sample_indices_)
    tenth = len(order) // 10
    test, validation, training = (
        faces.select(part) for part in np.split(order, [tenth, 2 * tenth])
    )
    return Protocol(
        learned=balance(training.images, training.labels, strategy="none", seed=seed),
        chosen_on=validation,
        scored={"test": test},
    )


def b_honest(faces: Faces, *, seed: int) -> Protocol:
    """Return the same network's protocol without a leak; of CK+ it learns the Training part."""
    kept = (faces.origins != ckplus.ORIGIN) | (faces.splits == "Training")
    return honest(faces.select(kept), strategy="random", seed=seed)


def honest(
    faces: Faces, *, strategy: str, seed: int, keep_evaluation_copies: bool = False
) -> Protocol:
    """Return the protocol of this project: Training to learn, PublicTest to choose.

    Parameters
    ----------
    faces : Faces
        As loaded.
    strategy : str
        One of `fer_utils.data.balancing.STRATEGIES`.
    seed : int
        What balancing starts from.
    keep_evaluation_copies : bool
        Whether Training keeps its copies of evaluation images: the leak of the official split.

    Returns
    -------
    Protocol
        It scores PrivateTest whole, and apart the faces that have a copy in Training as loaded,
        if there are any, and those that have none.
    """
    cleaned = clean(faces, audit(faces), keep_evaluation_copies=keep_evaluation_copies)
    training, private = cleaned.of_split("Training"), cleaned.of_split("PrivateTest")
    parts = {
        WHOLE: private,
        COPIES: private.select(private.has_training_copy),
        CLEAN: private.select(~private.has_training_copy),
    }
    return Protocol(
        learned=balance(training.images, training.labels, strategy=strategy, seed=seed),
        chosen_on=cleaned.of_split("PublicTest"),
        scored={name: part for name, part in parts.items() if len(part)},
    )


def _fer2013_only(faces: Faces) -> Faces:
    return faces.select(faces.origins != ckplus.ORIGIN)
