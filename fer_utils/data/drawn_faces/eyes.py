"""Draw the eyes and brows, which action units 1, 2, 4 to 7, and 41 move."""

import numpy as np

from fer_utils.data.drawn_faces.canvas import Canvas, Floats
from fer_utils.data.drawn_faces.parameters import Expression, Identity
from fer_utils.data.drawn_faces.shapes import (
    ALONG,
    ARCH,
    CIRCLE,
    EYE_X,
    EYE_Y,
    SIDES,
    between,
    curve,
    mix,
    pair,
    shares_of_sides,
    xy,
)

# The thickness of a brow from its inner to its outer end.
_TAPER_ALONG = np.linspace(0, 1, 13)
_BROW_TAPER = (1 - 0.75 * _TAPER_ALONG**2) * (0.7 + _TAPER_ALONG) ** 0.3


def draw_eyes(canvas: Canvas, person: Identity, expression: Expression) -> None:
    """Draw both eyes, looking straight ahead."""
    skin = person.skin_tone
    upper_lid, lower_lid = _lids(person, expression)
    center = np.array([EYE_X * person.eye_distance, EYE_Y])
    canvas.bulge(pair([center]), 0.05, 0.035, 0.018)
    canvas.fill(between(upper_lid, lower_lid), 75 + 0.6 * skin)
    iris = CIRCLE * 0.038 * person.eye_size + center - (0, 0.006)
    canvas.fill(pair(iris), person.iris_tone)
    glint = CIRCLE[::3] * 0.007 + (0.012 * canvas.view.light_x, EYE_Y - 0.018)
    canvas.fill(glint + SIDES[:, None] * (center[0], 0), 210)
    # The lids are drawn over the irises.
    crease = upper_lid - (0, 0.02 + 0.006 * expression.lid_droop)
    above_eye = between(upper_lid, crease - (0, 0.02))
    below_eye = between(lower_lid, np.add(lower_lid, (0, 0.03)))
    canvas.fill(np.concatenate([above_eye, below_eye]), skin)
    canvas.line(np.concatenate([lower_lid, crease]), 0.7 * skin)
    canvas.line(upper_lid, 0.2 * skin, width=0.011)


def draw_brows(canvas: Canvas, person: Identity, expression: Expression) -> None:
    """Draw both brows."""
    shares = shares_of_sides(person)[:, 0]
    lowered, inner_raise = expression.brow_lower, expression.brow_inner_raise
    outer_raise, wrinkle = expression.brow_outer_raise, expression.nose_wrinkle
    inner = 0.065 * inner_raise * shares - 0.015 * wrinkle
    inner = inner - 0.05 * lowered * (1 - 0.75 * inner_raise)
    outer = 0.06 * outer_raise * shares - 0.008 * lowered
    arch = 0.4 * inner + 0.6 * outer + 0.016 * outer_raise * shares
    together = 0.026 * lowered + 0.008 * wrinkle
    rest, tilt = -0.016 * person.brow_height, 0.012 * person.brow_tilt
    x = np.array([0.088, 0.195, 0.300]) * person.eye_distance - together * np.array([1, 0.4, 0])
    y = np.stack([-0.190 - tilt - inner, -0.222 - arch, -0.186 + tilt - outer], axis=1) + rest
    spine = curve(xy(SIDES * x, y))
    thickness = xy(0, 0.017 * person.brow_thickness * _BROW_TAPER)
    tone = min(person.hair_tone, 0.6 * person.skin_tone)
    canvas.fill(between(spine - thickness, spine + thickness), mix(person.skin_tone, tone, 0.85))
    canvas.bulge(spine[:, 6], 0.07, 0.022, 0.008)


def _lids(person: Identity, expression: Expression) -> tuple[Floats, Floats]:
    """Return the edges of the upper and lower lids, each of shape (2, 17, 2)."""
    shares, frown, droop = shares_of_sides(person), expression.brow_lower, expression.lid_droop
    squint = max(expression.lid_tighten, expression.cheek_raise, 0.9 * expression.nose_wrinkle)
    above = shares * (0.03 * expression.lid_raise - 0.016 * droop)
    above += 0.036 * person.eye_openness - 0.010 * squint - 0.008 * frown
    below = 0.024 * person.eye_openness + 0.006 * expression.lid_raise - 0.013 * squint * shares
    above, below = np.maximum([above, below], 0.004) * person.eye_size
    x = EYE_X * person.eye_distance + 0.078 * person.eye_size * ALONG
    middle = EYE_Y - (0.008 * person.eye_tilt - 0.01 * droop) * ALONG
    # A drooping lid is lowest at the outer corner; a frown pushes the inner corner down.
    hang = 0.008 * droop * np.maximum(ALONG, 0) + 0.014 * frown * np.maximum(-ALONG, 0)
    upper_lid = xy(SIDES * x, middle - above * ARCH**0.7 + hang * ARCH)
    lower_lid = xy(SIDES * x, middle + below * ARCH**0.8)
    return upper_lid, lower_lid
