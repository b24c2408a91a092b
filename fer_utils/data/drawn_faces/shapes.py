"""Shapes and measures that several features of a face share, in face coordinates."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fer_utils.data.drawn_faces.canvas import Canvas
from fer_utils.data.drawn_faces.parameters import Expression, Identity

Floats = NDArray[np.floating]

# Where FER-2013's faces have them, from the middle of the frame; the right eye of the picture.
EYE_X, EYE_Y = 0.187, -0.108
NOSE_Y = 0.095
MOUTH_Y = 0.277
CHIN_Y = 0.475

# Signs of the left and the right of the picture, for arrays with one row for each.
SIDES = np.array([[-1.0], [1.0]])
_MIRROR = np.array([[[-1.0, 1.0]], [[1.0, 1.0]]])

# Along an eye or a mouth, from corner (-1) to corner (1), denser near them; an arch over it.
ALONG = -np.cos(np.linspace(0, np.pi, 17))
ARCH = 1 - ALONG**2

_ANGLE = np.linspace(0, 2 * np.pi, 32, endpoint=False)
CIRCLE = np.stack([np.cos(_ANGLE), np.sin(_ANGLE)], axis=1)
ROUNDED_BOX = np.sign(CIRCLE) * np.abs(CIRCLE) ** 0.6

# Lagrange's weights of three points at 13 places from the first to the last of them.
_T = np.linspace(0, 1, 13)
_THROUGH_THREE = np.stack([(1 - _T) * (1 - 2 * _T), 4 * _T * (1 - _T), _T * (2 * _T - 1)], axis=1)


def points(x: ArrayLike, y: ArrayLike) -> Floats:
    """Return points, of shape (..., 2), from their coordinates."""
    both = np.empty((*np.broadcast(x, y).shape, 2))
    both[..., 0], both[..., 1] = x, y
    return both


def pair(right: ArrayLike) -> Floats:
    """Return shapes given for the right of the picture, each after its mirror image."""
    return np.asarray(right)[..., None, :, :] * _MIRROR


def symmetric(right: ArrayLike) -> Floats:
    """Return a whole outline from its right half, which is given from top to bottom."""
    half = np.asarray(right)
    return np.concatenate([half, half[::-1] * (-1, 1)])


def between(edge: Floats, other_edge: Floats) -> Floats:
    """Return the outline of what lies between two curves that run the same way."""
    return np.concatenate([edge, other_edge[..., ::-1, :]], axis=-2)


def curve(three: ArrayLike) -> Floats:
    """Return smooth curves, of shape (..., 13, 2), through three points each."""
    return _THROUGH_THREE @ np.asarray(three)


def ellipse(x: float, y: float, radius_x: float, radius_y: float) -> Floats:
    """Return an outline, of shape (32, 2)."""
    return CIRCLE * (radius_x, radius_y) + (x, y)


def mix(one: float, other: float, share: float) -> float:
    """Return what lies between two numbers: the first for 0, the other for 1."""
    return one + (other - one) * share


def shares_of_sides(person: Identity) -> Floats:
    """Return how strongly the left and the right take part in movements, of shape (2, 1)."""
    return 1 - 0.4 * person.asymmetry * SIDES


def chin_height(person: Identity, expression: Expression) -> float:
    """Return how far down the chin is."""
    return CHIN_Y * person.chin_length + 0.08 * expression.jaw_drop


def draw_folds(canvas: Canvas, person: Identity, curves: ArrayLike, depth: float) -> None:
    """Draw folds of the skin, 0 (none) to about 0.7 deep."""
    if depth > 0.02:
        canvas.line(curves, person.skin_tone * (1 - min(depth, 0.7)), width=0.01)
