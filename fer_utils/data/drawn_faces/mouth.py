"""Draw the mouth, which action units 10, 12, 15, 20, 23, 25, and 26 move."""

from dataclasses import dataclass

import numpy as np

from fer_utils.data.drawn_faces.canvas import Canvas, Floats
from fer_utils.data.drawn_faces.parameters import Expression, Identity
from fer_utils.data.drawn_faces.shapes import (
    ALONG,
    ARCH,
    MOUTH_Y,
    SIDES,
    between,
    draw_folds,
    ellipse,
    mix,
    shares_of_sides,
    xy,
)

_MIDDLE = len(ALONG) // 2
_UPPER_LIP = (1 - 0.28 * np.exp(-((ALONG / 0.16) ** 2))) * ARCH**0.8
_LOWER_LIP = ARCH**0.9
_SEAM_WAVE = 1 - 2 * np.abs(np.abs(ALONG) - 0.35)
_INSIDE_OF_MOUTH = 18.0


@dataclass(frozen=True)
class _Lips:
    """The four curves of the mouth, each of shape (17, 2), from the left to the right corner."""

    upper_edge: Floats
    upper_inside: Floats
    lower_inside: Floats
    lower_edge: Floats


def draw_mouth(canvas: Canvas, person: Identity, expression: Expression) -> None:
    """Draw the lips, teeth, tongue, and the folds at the corners."""
    lips, skin = _lips(person, expression), person.skin_tone
    bottom = lips.lower_edge[_MIDDLE, 1]
    below = ellipse(0, bottom + 0.02, 0.075, 0.016)
    canvas.shade(below, skin * 0.5, opacity=0.45, softness=0.016)
    canvas.fill(between(lips.upper_edge, lips.upper_inside), 0.65 * skin)
    canvas.fill(between(lips.lower_inside, lips.lower_edge), 0.74 * skin)
    canvas.bulge([(0, (bottom + lips.lower_inside[_MIDDLE, 1]) / 2)], 0.06, 0.016, 0.014)
    canvas.bulge([(0, bottom + 0.03)], 0.06, 0.018, -0.012)
    _draw_inside(canvas, person, expression, lips)
    seam = (lips.upper_inside + lips.lower_inside) / 2
    if max(expression.lips_part, expression.jaw_drop) < 0.15:
        canvas.line(seam, skin * 0.3, width=0.009 + 0.005 * expression.lip_press)
    ends = seam[[0, -1]]
    pulled = max(expression.lip_corner_pull, expression.lip_corner_depress)
    canvas.bulge(ends + SIDES * (0.012, 0), 0.018, 0.022, -0.012 - 0.014 * pulled)
    below_corners = np.stack([ends, ends + SIDES * (0.022, 0) + (0, 0.055)], axis=1)
    draw_folds(canvas, person, below_corners, 0.35 * expression.lip_corner_depress)


def _lips(person: Identity, expression: Expression) -> _Lips:
    drop, part, press = expression.jaw_drop, expression.lips_part, expression.lip_press
    smile, sneer = expression.lip_corner_pull, expression.upper_lip_raise
    stretch = expression.lip_stretch
    rounding = drop * (1 - max(stretch, smile))
    half_width = 0.15 * person.mouth_width + 0.06 * smile + 0.06 * stretch
    half_width -= 0.045 * rounding + 0.018 * press
    left, right = shares_of_sides(person)[:, 0]
    pull = 0.075 * smile - 0.07 * expression.lip_corner_depress - 0.012 * stretch
    pull -= 0.02 * rounding + 0.03 * sneer
    corner_rise = 0.016 * person.mouth_curve + np.where(ALONG < 0, left, right) * pull
    middle = MOUTH_Y + 0.012 * smile + 0.012 * rounding - 0.028 * sneer
    middle -= 0.01 * expression.nose_wrinkle
    seam = middle - corner_rise * ALONG**2 + 0.006 * (1 - smile) * _SEAM_WAVE
    opening = ARCH ** (0.5 + 0.4 * smile)
    above = (0.012 * part + 0.022 * drop + 0.012 * sneer * part) * opening
    below = (0.03 * part + 0.012 * stretch * part + 0.12 * drop) * opening
    fullness = person.lip_fullness * (1 - 0.6 * press) * (1 - 0.25 * max(smile, stretch))
    x = half_width * ALONG
    return _Lips(
        upper_edge=xy(x, seam - above - 0.034 * fullness * _UPPER_LIP),
        upper_inside=xy(x, seam - above),
        lower_inside=xy(x, seam + below),
        lower_edge=xy(x, seam + below + 0.046 * fullness * _LOWER_LIP),
    )


def _draw_inside(canvas: Canvas, person: Identity, expression: Expression, lips: _Lips) -> None:
    gap = lips.lower_inside[:, 1] - lips.upper_inside[:, 1]
    if gap[_MIDDLE] < 0.008:
        return
    canvas.fill(between(lips.upper_inside, lips.lower_inside), _INSIDE_OF_MOUTH)
    bared = max(expression.lip_corner_pull, expression.lip_stretch, expression.upper_lip_raise)
    shown = max(bared, 0.25)
    teeth_edge = lips.upper_inside + xy(0, np.minimum(0.85 * gap, 0.05 * shown))
    teeth = between(lips.upper_inside[2:-2], teeth_edge[2:-2])
    canvas.fill(teeth, mix(_INSIDE_OF_MOUTH, 110 + 0.55 * person.skin_tone, shown))
    if gap[_MIDDLE] > 0.08:
        tongue = ellipse(0, lips.lower_inside[_MIDDLE, 1] - 0.01, 0.06, 0.02)
        canvas.fill(tongue, person.skin_tone * 0.35)
