"""Draw a whole face."""

import numpy as np
from numpy.typing import NDArray

from fer_utils.data.drawn_faces.accessories import (
    draw_beard,
    draw_glasses,
    draw_hair_behind,
    draw_hair_in_front,
    draw_occlusion,
)
from fer_utils.data.drawn_faces.canvas import Canvas
from fer_utils.data.drawn_faces.eyes import draw_brows, draw_eyes
from fer_utils.data.drawn_faces.mouth import draw_mouth
from fer_utils.data.drawn_faces.parameters import Expression, Identity, View
from fer_utils.data.drawn_faces.shapes import (
    EYE_X,
    EYE_Y,
    NOSE_Y,
    chin_height,
    curve,
    draw_folds,
    ellipse,
    mix,
    pair,
    symmetric,
    xy,
)

_DOWN = np.linspace(-1, 1, 33)


def draw_face(
    expression: Expression, identity: Identity | None = None, view: View | None = None
) -> NDArray[np.uint8]:
    """Draw one face.

    Parameters
    ----------
    expression : Expression
        The expression.
    identity : Identity, optional
        The looks of the person; average by default.
    view : View, optional
        The pose, light, and camera; from the front in soft light by default.

    Returns
    -------
    ndarray of uint8, shape (48, 48)
        The gray picture, framed as in FER-2013: the eyes at about 0.39 of its height, the mouth
        at 0.78. The same arguments give the same picture.

    Examples
    --------
    >>> draw_face(Expression(cheek_raise=0.8, lip_corner_pull=0.9)).shape
    (48, 48)
    """
    person = identity or Identity()
    canvas = Canvas(view or View())
    draw_hair_behind(canvas, person)
    _draw_head(canvas, person, expression)
    _draw_cheeks(canvas, person, expression)
    _draw_forehead(canvas, person, expression)
    _draw_nose(canvas, person, expression)
    draw_beard(canvas, person, expression)
    draw_mouth(canvas, person, expression)
    draw_eyes(canvas, person, expression)
    draw_brows(canvas, person, expression)
    draw_hair_in_front(canvas, person)
    draw_glasses(canvas, person)
    draw_occlusion(canvas, person)
    return canvas.photograph()


def _draw_head(canvas: Canvas, person: Identity, expression: Expression) -> None:
    if person.hair != "long":
        ear = ellipse(0.405 * person.face_width, -0.02, 0.045, 0.11)
        canvas.fill(pair(ear), person.skin_tone * 0.8)
    chin = chin_height(person, expression)
    y = np.where(_DOWN < 0, 0.56 * _DOWN, chin * _DOWN)
    narrowing = 1 - (0.6 - 0.3 * person.jaw_width) * np.maximum(_DOWN, 0) ** 2.2
    half_width = 0.405 * person.face_width * narrowing * (1 - _DOWN**2) ** 0.42
    canvas.fill(symmetric(xy(half_width, y)), person.skin_tone)
    canvas.raise_head(half_width, y)
    canvas.bulge([(0, chin - 0.06)], 0.09, 0.05, 0.012)
    sockets = pair([(EYE_X * person.eye_distance, EYE_Y - 0.005)])
    canvas.bulge(sockets, 0.085, 0.05, -0.035)


def _draw_cheeks(canvas: Canvas, person: Identity, expression: Expression) -> None:
    lines = 0.5 + 0.7 * person.age
    smile, cheek = expression.lip_corner_pull, expression.cheek_raise
    sneer = max(expression.nose_wrinkle, 0.8 * expression.upper_lip_raise)
    canvas.bulge(pair([(0.235, 0.10 - 0.035 * cheek)]), 0.09, 0.07, 0.012 + 0.03 * cheek)
    mouth_corner = 0.15 * person.mouth_width + 0.05 * smile + 0.04 * expression.lip_stretch
    from_nose_to_mouth = [
        (0.085 * person.nose_width, 0.075 - 0.03 * sneer),
        (0.155 + 0.035 * smile, 0.15 - 0.02 * sneer),
        (mouth_corner + 0.045, 0.27 - 0.03 * smile),
    ]
    pull = max(smile, 0.9 * sneer, 0.4 * expression.lip_stretch)
    depth = 0.1 * person.age + 0.32 * pull * lines
    draw_folds(canvas, person, pair(curve(from_nose_to_mouth)), depth)
    below_eye = pair(curve([(0.11, -0.055), (0.19, -0.035), (0.26, -0.06)]))
    depth = 0.08 * person.age + 0.25 * max(cheek, expression.lid_tighten) * lines
    draw_folds(canvas, person, below_eye, depth)
    crow_feet = [
        [(0.285, EYE_Y + 0.4 * rise), (0.325, EYE_Y + 1.3 * rise)] for rise in (-0.03, 0, 0.03)
    ]
    draw_folds(canvas, person, pair(crow_feet), 0.3 * cheek * lines)


def _draw_forehead(canvas: Canvas, person: Identity, expression: Expression) -> None:
    lines = 0.5 + 0.7 * person.age
    wide = 0.08 + 0.16 * expression.brow_outer_raise
    across = [[(-wide, y + 0.012), (0, y), (wide, y + 0.012)] for y in (-0.30, -0.335, -0.37)]
    draw_folds(canvas, person, curve(across), 0.25 * expression.brow_inner_raise * lines)
    frown = max(expression.brow_lower, 0.7 * expression.nose_wrinkle)
    draw_folds(canvas, person, pair([(0.026, -0.215), (0.022, -0.14)]), 0.4 * frown * lines)
    bridge = [[(-0.045, y - 0.012), (0, y), (0.045, y - 0.012)] for y in (-0.125, -0.095, -0.065)]
    draw_folds(canvas, person, curve(bridge), 0.4 * expression.nose_wrinkle * lines)


def _draw_nose(canvas: Canvas, person: Identity, expression: Expression) -> None:
    wrinkle = max(expression.nose_wrinkle, 0.5 * expression.upper_lip_raise)
    width = 0.075 * person.nose_width * (1 + 0.18 * wrinkle + 0.12 * expression.lip_corner_pull)
    tip = NOSE_Y + 0.05 * (person.nose_length - 1) - 0.02 * wrinkle
    for part in (0.0, 0.25, 0.5, 0.75):
        ridge = [(0, mix(-0.14, tip, part))]
        canvas.bulge(ridge, 0.026 + 0.25 * width * part, 0.04, 0.016 + 0.014 * part)
    canvas.bulge([(0, tip - 0.005)], 0.035, 0.032, 0.035)
    canvas.bulge(pair([(0.8 * width, tip + 0.012 - 0.012 * wrinkle)]), 0.022, 0.022, 0.02)
    dark = person.skin_tone * 0.35
    below = ellipse(0, tip + 0.042, 0.9 * width, 0.02)
    canvas.shade(below, dark, opacity=0.4, softness=0.014, lift=0.04)
    nostril = ellipse(0.45 * width, tip + 0.034, 0.015, 0.008)
    canvas.fill(pair(nostril), dark, lift=0.04)
    wing = curve([(0.95 * width, tip - 0.03), (1.12 * width, tip), (0.9 * width, tip + 0.035)])
    wing[:, 1] -= 0.012 * wrinkle
    draw_folds(canvas, person, pair(wing), 0.2 + 0.3 * wrinkle)
