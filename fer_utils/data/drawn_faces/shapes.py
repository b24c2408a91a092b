"""Provide the shapes and measures shared by several features of a face."""

import numpy as np
from numpy.typing import ArrayLike

from fer_utils.data.drawn_faces.canvas import Canvas, Floats
from fer_utils.data.drawn_faces.parameters import Expression, Identity

# Average positions in FER-2013, from the center of the frame; the eye is the right one in the
# picture.
EYE_X, EYE_Y = 0.187, -0.108
NOSE_Y = 0.095
MOUTH_Y = 0.277
CHIN_Y = 0.475

# Signs of the left and right side of the picture, one row each.
SIDES = np.array([[-1.0], [1.0]])
_MIRROR = np.array([[[-1.0, 1.0]], [[1.0, 1.0]]])

# Along an eye or a mouth from corner (-1) to corner (1), denser at the corners; an arch over it.
ALONG = -np.cos(np.linspace(0, np.pi, 17))
ARCH = 1 - ALONG**2

_ANGLE = np.linspace(0, 2 * np.pi, 32, endpoint=False)
CIRCLE = np.stack([np.cos(_ANGLE), np.sin(_ANGLE)], axis=1)
ROUNDED_BOX = np.sign(CIRCLE) * np.abs(CIRCLE) ** 0.6

# Lagrange weights of three points for 13 positions from the first to the last one.
_T = np.linspace(0, 1, 13)
_THROUGH_THREE = np.stack([(1 - _T) * (1 - 2 * _T), 4 * _T * (1 - _T), _T * (2 * _T - 1)], axis=1)


def xy(x: ArrayLike, y: ArrayLike) -> Floats:
    """Return points of shape (..., 2) from their coordinates."""
    both = np.empty((*np.broadcast(x, y).shape, 2))
    both[..., 0], both[..., 1] = x, y
    return both


def pair(right: ArrayLike) -> Floats:
    """Return shapes for the right side of the picture, each preceded by its mirror image."""
    return np.asarray(right)[..., None, :, :] * _MIRROR


def symmetric(right: ArrayLike) -> Floats:
    """Return the whole outline from its right half, given from top to bottom."""
    half = np.asarray(right)
    return np.concatenate([half, half[::-1] * (-1, 1)])


def between(edge: Floats, other_edge: Floats) -> Floats:
    """Return the outline of the area between two curves with the same direction."""
    return np.concatenate([edge, other_edge[..., ::-1, :]], axis=-2)


def curve(three: ArrayLike) -> Floats:
    """Return smooth curves of shape (..., 13, 2) through three points each."""
    return _THROUGH_THREE @ np.asarray(three)


def ellipse(x: float, y: float, radius_x: float, radius_y: float) -> Floats:
    """Return the outline of an ellipse, shape (32, 2)."""
    return CIRCLE * (radius_x, radius_y) + (x, y)


def mix(one: float, other: float, share: float) -> float:
    """Interpolate between two numbers: the first for 0, the other for 1."""
    return one + (other - one) * share


def shares_of_sides(person: Identity) -> Floats:
    """Return how strongly the left and right side move, shape (2, 1)."""
    return 1 - 0.4 * person.asymmetry * SIDES


def chin_height(person: Identity, expression: Expression) -> float:
    """Return the vertical position of the chin."""
    return CHIN_Y * person.chin_length + 0.08 * expression.jaw_drop


def draw_folds(canvas: Canvas, person: Identity, curves: ArrayLike, depth: float) -> None:
    """Draw skin folds with a depth from 0 (none) to about 0.7."""
    if depth > 0.02:
        canvas.line(curves, person.skin_tone * (1 - min(depth, 0.7)), width=0.01)
