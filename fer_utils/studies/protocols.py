"""Assign faces to learning, choosing, and scoring: as published, and without leaks."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fer_utils.data.audit import audit, clean
from fer_utils.data.balancing import balance
from fer_utils.data.drawn_faces import draw_faces
from fer_utils.data.faces import Faces, join_faces
from fer_utils.data.fer2013 import CKPLUS_ORIGIN
from fer_utils.data.splitting import PRIVATE_TEST, PUBLIC_TEST, TRAINING, halve_by_class

# PrivateTest as a whole, its images with a copy in Training as loaded, and those without.
PRIVATE_WHOLE = "PrivateTest"
PRIVATE_COPIES = "PrivateTest-copies"
PRIVATE_CLEAN = "PrivateTest-clean"


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """The faces of one training, and the sets that it is scored on.

    Attributes
    ----------
    faces : Faces
        Training is what the network learns from, after balancing. The epoch or the learning rate
        is chosen on PublicTest.
    scored : dict of str to Faces
        The scored sets, by their name in the publication or in this project.
    keeps_best : bool
        Whether the weights of the best epoch are scored, or else those of the last epoch.
    """

    faces: Faces
    scored: dict[str, Faces]
    keeps_best: bool = True

    @property
    def learned(self) -> Faces:
        """The faces that the network learns from."""
        return self.faces.of_split(TRAINING)

    @property
    def chosen_on(self) -> Faces:
        """The faces that the epoch or the learning rate is chosen on."""
        return self.faces.of_split(PUBLIC_TEST)

    def leaks(self) -> dict[str, dict[str, int]]:
        """Count the faces of each set that the network has learned from.

        Returns
        -------
        dict of str to dict
            For ``chosen on`` and each scored set: the number of its ``faces``, and of those with
            an exact copy among the learned faces (``copies``).
        """
        learned = self.learned.images
        sets = {"chosen on": self.chosen_on, **self.scored}
        return {
            name: {"faces": len(faces), "copies": int(find_copies(faces.images, learned).sum())}
            for name, faces in sets.items()
        }


def find_copies(scored: NDArray[np.uint8], learned: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Find the images that have an exact copy among others.

    Parameters
    ----------
    scored, learned : ndarray of uint8, shapes (n, 48, 48) and (m, 48, 48)
        The images to find, and those to search for copies.

    Returns
    -------
    ndarray of bool, shape (n,)
        Whether each of `scored` has a copy.
    """
    known = {image.tobytes() for image in learned}
    return np.array([image.tobytes() in known for image in scored], dtype=bool)


def a_as_published(faces: Faces, *, seed: int) -> Protocol:
    """Return the protocol of the first publication.

    The network learns from the whole training folder. Half of the test folder (PublicTest and
    PrivateTest) is its validation set; half of the training folder, which it has learned from, is
    its "test" set.
    """
    faces = _fer2013_only(faces)
    training = np.flatnonzero(faces.splits == TRAINING)
    validation, test = (
        members[halve_by_class(faces.labels[members], seed=seed) == PUBLIC_TEST]
        for members in (np.flatnonzero(faces.splits != TRAINING), training)
    )
    splits = np.repeat([TRAINING, PUBLIC_TEST], [len(training), len(validation)])
    used = replace(faces.select(np.concatenate([training, validation])), splits=splits)
    return Protocol(
        faces=balance(used, "log_class_weight", seed=seed),
        scored={"validation": faces.select(validation), "test": faces.select(test)},
        keeps_best=False,
    )


def a_honest(faces: Faces, *, seed: int) -> Protocol:
    """Return the protocol of the first publication without its leak."""
    return honest(_fer2013_only(faces), strategy="log_class_weight", seed=seed)


def b_as_published(faces: Faces, *, seed: int) -> Protocol:
    """Return the protocol of the second publication.

    All splits of all sources are joined and duplicates removed. Images of rare emotions are
    repeated until all emotions are equally frequent, and only then are 80, 10, and 10 percent
    drawn for learning, choosing, and scoring.
    """
    from imblearn.over_sampling import RandomOverSampler

    distinct = np.unique(audit(faces).image_keys, return_index=True)[1]
    faces = faces.select(np.sort(distinct))
    sampler = RandomOverSampler(random_state=seed)
    sampler.fit_resample(np.arange(len(faces))[:, None], faces.labels)
    order = np.random.default_rng(seed).permutation(sampler.sample_indices_)
    tenth = len(order) // 10
    splits = np.repeat(
        [PRIVATE_TEST, PUBLIC_TEST, TRAINING], [tenth, tenth, len(order) - 2 * tenth]
    )
    drawn = replace(faces.select(order), splits=splits)
    return Protocol(faces=drawn, scored={"test": drawn.of_split(PRIVATE_TEST)})


def b_honest(faces: Faces, *, seed: int) -> Protocol:
    """Return the protocol of the second publication without its leak; CK+ is only learned from."""
    kept = (faces.origins != CKPLUS_ORIGIN) | (faces.splits == TRAINING)
    return honest(faces.select(kept), strategy="random", seed=seed)


def honest(
    faces: Faces,
    *,
    strategy: str,
    seed: int,
    keep_evaluation_copies: bool = False,
    learn_public_test: bool = False,
) -> Protocol:
    """Return the protocol of this project: learn from Training, choose on PublicTest.

    Parameters
    ----------
    faces : Faces
        Faces as loaded.
    strategy : str
        One of `fer_utils.data.balancing.STRATEGIES`.
    seed : int
        Seed of the balancing.
    keep_evaluation_copies : bool
        Whether Training keeps its copies of evaluation images: the leak of the official split.
    learn_public_test : bool
        Whether PublicTest as it is becomes part of Training, too: nothing honest is left to
        choose on.

    Returns
    -------
    Protocol
        It scores PrivateTest as a whole, and separately the faces with and without a copy in
        Training as loaded. Empty sets are left out.
    """
    cleaned = clean(faces, audit(faces), keep_evaluation_copies=keep_evaluation_copies)
    private = cleaned.of_split(PRIVATE_TEST)
    if learn_public_test:
        public = cleaned.of_split(PUBLIC_TEST)
        moved = replace(public, splits=np.full(len(public), TRAINING))
        cleaned = join_faces([cleaned, moved])
    parts = {
        PRIVATE_WHOLE: private,
        PRIVATE_COPIES: private.select(private.has_training_copy),
        PRIVATE_CLEAN: private.select(~private.has_training_copy),
    }
    return Protocol(
        faces=balance(cleaned, strategy, seed=seed),
        scored={name: part for name, part in parts.items() if len(part)},
    )


def draw_study_faces(count: int, *, copies: int = 0, seed: int = 0) -> Faces:
    """Draw faces for a trial of a study, with the leak of FER-2013 if wanted.

    Parameters
    ----------
    count : int
        Number of faces.
    copies : int
        Number of evaluation faces to copy into Training.
    seed : int
        Seed of the faces.

    Returns
    -------
    Faces
        The drawn faces, followed by the copies.
    """
    faces = draw_faces(count, seed=seed)
    held_out = faces.select(np.flatnonzero(faces.splits != TRAINING)[:copies])
    moved = replace(held_out, splits=np.full(len(held_out), TRAINING))
    return join_faces([faces, moved]) if copies else faces


def _fer2013_only(faces: Faces) -> Faces:
    return faces.select(faces.origins != CKPLUS_ORIGIN)
