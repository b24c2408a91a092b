"""Find copies, conflicting labels, and damaged images, and clean the Training split."""

from collections import Counter
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.data.faces import SPLITS, Faces

STATISTICS = ("mean", "standard deviation", "sharpness")

# Healthy random splits agree within a few percent; a blurred split loses more than half.
_SPLIT_TOLERANCE = 0.2
_ODD_IMAGE_DEVIATIONS = 6.0


@dataclass(frozen=True, repr=False)
class Audit:
    """Output of `audit`; each array has one entry per face.

    Attributes
    ----------
    image_keys : ndarray of intp, shape (n,)
        The same number for images that are equal pixel by pixel.
    conflicting : ndarray of bool, shape (n,)
        Whether an exact copy has another label.
    constant : ndarray of bool, shape (n,)
        Whether all pixels are equal.
    training_copy : ndarray of bool, shape (n,)
        Whether an evaluation image has an exact copy in Training.
    evaluation_copy : ndarray of bool, shape (n,)
        Whether a Training image has an exact copy in an evaluation split.
    odd : ndarray of bool, shape (n,)
        Whether the mean, standard deviation, or sharpness is an outlier within its split.
    statistics : DataFrame
        The `STATISTICS` and the split of each image.
    warnings : tuple of str
        Problems to look into before you continue.
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
        """The number of distinct images that occur more than once."""
        return int((np.bincount(self.image_keys) > 1).sum())

    @property
    def surplus_copies(self) -> int:
        """The number of images beyond one per distinct image."""
        return len(self.image_keys) - int(self.image_keys.max(initial=-1)) - 1

    @property
    def conflicting_groups(self) -> int:
        """The number of distinct images with more than one label."""
        return len(np.unique(self.image_keys[self.conflicting]))

    def table(self) -> pd.DataFrame:
        """Return the number of images with each finding (rows) in each split (columns)."""
        findings = {
            "images": np.ones(len(self.image_keys), dtype=bool),
            "have a copy somewhere": np.bincount(self.image_keys)[self.image_keys] > 1,
            "have a copy in Training": self.training_copy,
            "have a copy in an evaluation split": self.evaluation_copy,
            "conflicting labels": self.conflicting,
            "constant": self.constant,
            "unlike the others": self.odd,
        }
        counts = pd.DataFrame(findings).groupby(self.statistics["split"]).sum()
        return counts.reindex(list(SPLITS), fill_value=0).T.rename_axis(columns=None)

    def __repr__(self) -> str:
        return self.table().to_string()

    def _repr_html_(self) -> str:
        return self.table().to_html()


def audit(faces: Faces) -> Audit:
    """Look for problems that distort scores: copies across splits, conflicting labels, damage.

    Parameters
    ----------
    faces : Faces
        Faces as loaded; they are not changed.

    Returns
    -------
    Audit
        The findings.
    """
    keys = pd.factorize(pd.Series([image.tobytes() for image in faces.images], dtype=object))[0]
    labels_per_image = pd.Series(faces.labels).groupby(keys).transform("nunique")
    training = faces.splits == "Training"
    statistics = _image_statistics(faces)
    return Audit(
        image_keys=keys,
        conflicting=(labels_per_image > 1).to_numpy(),
        constant=faces.images.min(axis=(1, 2)) == faces.images.max(axis=(1, 2)),
        training_copy=~training & np.isin(keys, keys[training]),
        evaluation_copy=training & np.isin(keys, keys[~training]),
        odd=_odd_images(statistics),
        statistics=statistics,
        warnings=_split_warnings(statistics),
    )


def clean(
    faces: Faces, findings: Audit | None = None, *, keep_evaluation_copies: bool = False
) -> Faces:
    """Drop unusable and leaked images from Training; keep the evaluation splits whole.

    Constant images, images whose copies have conflicting labels, and exact copies of evaluation
    images are dropped from Training. PublicTest and PrivateTest stay as published, so that scores
    are comparable with published ones; `Faces.has_training_copy` marks the leaked faces and
    `Faces.has_conflicting_copy` those with doubtful labels.

    Parameters
    ----------
    faces : Faces
        Faces as loaded.
    findings : Audit, optional
        Output of `audit` for these faces; computed if not given.
    keep_evaluation_copies : bool, default False
        Whether to keep copies of evaluation images in Training, to measure their effect on a
        score. Do not use this for a model that you want to rely on.

    Returns
    -------
    Faces
        The remaining faces in the same order; ``provenance.left_out`` counts the dropped ones by
        reason.
    """
    findings, provenance = findings or audit(faces), faces.provenance
    droppable = faces.splits == "Training"
    if keep_evaluation_copies:
        droppable &= ~findings.evaluation_copy
    reasons = {
        "constant image in Training": findings.constant,
        "conflicting labels in Training": findings.conflicting,
        "copy of an evaluation image in Training": findings.evaluation_copy,
    }
    reason = np.select([mask & droppable for mask in reasons.values()], list(reasons), "")
    counts = Counter(reason.tolist())
    left_out = {each: counts[each] for each in reasons if counts[each]}
    marked = replace(
        faces,
        has_training_copy=findings.training_copy,
        has_conflicting_copy=findings.conflicting,
        provenance=replace(provenance, left_out=provenance.left_out | left_out),
    )
    return marked.select(reason == "")


def _image_statistics(faces: Faces) -> pd.DataFrame:
    laplacians = [cv2.Laplacian(image, cv2.CV_32F).std() for image in faces.images]
    means, deviations = faces.images.mean(axis=(1, 2)), faces.images.std(axis=(1, 2))
    values = zip(STATISTICS, (means, deviations, np.array(laplacians)), strict=True)
    return pd.DataFrame({**dict(values), "split": faces.splits})


def _odd_images(statistics: pd.DataFrame) -> NDArray[np.bool_]:
    """Mark values more than six robust deviations from the median of their split."""
    splits, values = statistics["split"], statistics[list(STATISTICS)]
    distances = (values - values.groupby(splits).transform("median")).abs()
    spreads = distances.groupby(splits).transform("median") * 1.4826
    return (distances > _ODD_IMAGE_DEVIATIONS * spreads).any(axis=1).to_numpy()


def _split_warnings(statistics: pd.DataFrame) -> tuple[str, ...]:
    medians = statistics.groupby("split").median()
    typical = medians.median()
    different = (medians - typical).abs() > _SPLIT_TOLERANCE * typical
    return tuple(
        f"{split} looks different: its median {name} is {medians.loc[split, name]:.1f}, but "
        f"typically it is {typical[name]:.1f}; look at the contact sheet"
        for name in STATISTICS
        for split in medians.index[different[name]]
    )
