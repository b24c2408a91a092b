"""What is wrong with a set of faces: copies, conflicting labels, constant and odd images."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.data.faces import SPLITS, Faces

STATISTICS = ("mean", "standard deviation", "sharpness")

# A healthy random split agrees within a few percent; a blurred one loses more than half.
_SPLIT_TOLERANCE = 0.2
_ODD_IMAGE_DEVIATIONS = 6.0


@dataclass(frozen=True)
class Audit:
    """What `audit` found; every array has one entry for each face.

    Attributes
    ----------
    image_keys : ndarray of intp, shape (n,)
        The same number for images that are equal pixel by pixel.
    conflicting : ndarray of bool, shape (n,)
        An exact copy carries another label.
    constant : ndarray of bool, shape (n,)
        All pixels are equal.
    training_copy : ndarray of bool, shape (n,)
        An image outside Training that has an exact copy in Training.
    evaluation_copy : ndarray of bool, shape (n,)
        An image in Training that has an exact copy outside.
    odd : ndarray of bool, shape (n,)
        A mean, standard deviation or sharpness far from its split's others.
    statistics : DataFrame
        `STATISTICS` of each image, and its split.
    warnings : tuple of str
        What a person should look at before going on.
    """

    image_keys: NDArray[np.intp]
    conflicting: NDArray[np.bool_]
    constant: NDArray[np.bool_]
    training_copy: NDArray[np.bool_]
    evaluation_copy: NDArray[np.bool_]
    odd: NDArray[np.bool_]
    statistics: pd.DataFrame
    warnings: tuple[str, ...]

    @property
    def duplicate_groups(self) -> int:
        """How many distinct images occur more than once."""
        return int((np.bincount(self.image_keys) > 1).sum())

    @property
    def surplus_copies(self) -> int:
        """How many images would go if each distinct one were kept once."""
        return len(self.image_keys) - int(self.image_keys.max(initial=-1)) - 1

    @property
    def conflicting_groups(self) -> int:
        """How many distinct images carry more than one label."""
        return len(np.unique(self.image_keys[self.conflicting]))

    def table(self) -> pd.DataFrame:
        """Return the findings (rows) counted for each split (columns)."""
        splits = self.statistics["split"].to_numpy()
        rows = {
            "images": np.ones(len(splits), dtype=bool),
            "have a copy somewhere": np.bincount(self.image_keys)[self.image_keys] > 1,
            "have a copy in Training": self.training_copy,
            "have a copy in an evaluation split": self.evaluation_copy,
            "conflicting labels": self.conflicting,
            "constant": self.constant,
            "unlike the others": self.odd,
        }
        return pd.DataFrame(
            {
                split: [int(mask[splits == split].sum()) for mask in rows.values()]
                for split in SPLITS
            },
            index=list(rows),
        )


def audit(faces: Faces) -> Audit:
    """Look for what makes scores wrong: copies across splits, conflicting labels, damage.

    Parameters
    ----------
    faces : Faces
        Any set of faces, as loaded.

    Returns
    -------
    Audit
        The findings; nothing is changed.
    """
    keys = _image_keys(faces.images)
    training = faces.splits == "Training"
    statistics = _image_statistics(faces)
    return Audit(
        image_keys=keys,
        conflicting=_conflicting(keys, faces.labels),
        constant=faces.images.min(axis=(1, 2)) == faces.images.max(axis=(1, 2)),
        training_copy=~training & np.isin(keys, keys[training]),
        evaluation_copy=training & np.isin(keys, keys[~training]),
        odd=_odd_images(statistics),
        statistics=statistics,
        warnings=_split_warnings(statistics),
    )


def clean(faces: Faces, findings: Audit, *, keep_evaluation_copies: bool = False) -> Faces:
    """Drop from Training what must not be learned; leave the evaluation splits whole.

    Dropped are constant images, images whose copies carry conflicting labels, and every exact
    copy of an evaluation image. PublicTest and PrivateTest stay as published, so that scores
    compare with those of papers; `Faces.has_training_copy` marks what to leave out of a score
    that is to be believed, `Faces.has_conflicting_copy` labels that are in doubt.

    Parameters
    ----------
    faces : Faces
        As loaded.
    findings : Audit
        What `audit` found in these faces.
    keep_evaluation_copies : bool
        Whether every copy of an evaluation image stays in Training, to measure what that does to
        a score. Never train a model for use this way.

    Returns
    -------
    Faces
        The faces kept, in their order; ``provenance.left_out`` counts the others by reason.
    """
    may_go = faces.splits == "Training"
    if keep_evaluation_copies:
        may_go &= ~findings.evaluation_copy
    reasons = {
        "constant image in Training": findings.constant,
        "conflicting labels in Training": findings.conflicting,
        "copy of an evaluation image in Training": findings.evaluation_copy,
    }
    dropped = np.zeros(len(faces), dtype=bool)
    left_out = dict(faces.provenance.left_out)
    for reason, mask in reasons.items():
        counted = mask & may_go & ~dropped
        if counted.any():
            left_out[reason] = int(counted.sum())
        dropped |= counted
    marked = replace(
        faces,
        has_training_copy=findings.training_copy,
        has_conflicting_copy=findings.conflicting,
        provenance=replace(faces.provenance, left_out=left_out),
    )
    return marked.select(~dropped)


def _image_keys(images: NDArray[np.uint8]) -> NDArray[np.intp]:
    numbers: dict[bytes, int] = {}
    keys = [numbers.setdefault(image.tobytes(), len(numbers)) for image in images]
    return np.array(keys, dtype=np.intp)


def _conflicting(keys: NDArray[np.intp], labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    pairs = np.unique(np.stack([keys, labels.astype(np.intp)], axis=1), axis=0)
    labels_per_image = np.bincount(pairs[:, 0], minlength=keys.max(initial=-1) + 1)
    return labels_per_image[keys] > 1


def _image_statistics(faces: Faces) -> pd.DataFrame:
    means = faces.images.mean(axis=(1, 2))
    deviations = faces.images.std(axis=(1, 2))
    laplacians = [cv2.Laplacian(image, cv2.CV_32F).std() for image in faces.images]
    values = zip(STATISTICS, (means, deviations, np.array(laplacians)), strict=True)
    return pd.DataFrame({**dict(values), "split": faces.splits})


def _odd_images(statistics: pd.DataFrame) -> NDArray[np.bool_]:
    """Mark values more than six robust deviations from their split's median."""
    grouped = statistics.groupby("split")
    odd = np.zeros(len(statistics), dtype=bool)
    for name in STATISTICS:
        distance = (statistics[name] - grouped[name].transform("median")).abs()
        spread = distance.groupby(statistics["split"]).transform("median") * 1.4826
        odd |= (distance > _ODD_IMAGE_DEVIATIONS * spread).to_numpy()
    return odd


def _split_warnings(statistics: pd.DataFrame) -> tuple[str, ...]:
    medians = statistics.groupby("split")[list(STATISTICS)].median()
    warnings = []
    for name in STATISTICS:
        typical = float(medians[name].median())
        for split in medians.index:
            value = float(medians.loc[split, name])
            if abs(value - typical) > _SPLIT_TOLERANCE * typical:
                warnings.append(
                    f"{split} looks different: its median {name} is {value:.1f}, "
                    f"the splits' typical one {typical:.1f}; look at its contact sheet"
                )
    return tuple(warnings)
