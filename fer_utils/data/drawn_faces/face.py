"""Draw a whole face, feature by feature."""

import numpy as np
from numpy.typing import NDArray

from fer_utils.data.drawn_faces.accessories import (
    draw_beard,
    draw_glasses,
    draw_hair_behind,
    draw_hair_in_front,
    draw_occlusion,
)
from fer_utils.data.drawn_faces.canvas import (
    ALONG,
    ARCH,
    CIRCLE,
    EYE_X,
    EYE_Y,
    MOUTH_Y,
    NOSE_Y,
    SIDES,
    Canvas,
    Floats,
    between,
    chin_height,
    curve,
    draw_folds,
    ellipse,
    mix,
    pair,
    shares_of_sides,
    symmetric,
    xy,
)
from fer_utils.data.drawn_faces.parameters import Expression, Identity, View

_DOWN = np.linspace(-1, 1, 33)
# The thickness of a brow from its inner to its outer end.
_TAPER_ALONG = np.linspace(0, 1, 13)
_BROW_TAPER = (1 - 0.75 * _TAPER_ALONG**2) * (0.7 + _TAPER_ALONG) ** 0.3
_MIDDLE = len(ALONG) // 2
_UPPER_LIP = (1 - 0.28 * np.exp(-((ALONG / 0.16) ** 2))) * ARCH**0.8
_LOWER_LIP = ARCH**0.9
_SEAM_WAVE = 1 - 2 * np.abs(np.abs(ALONG) - 0.35)
_INSIDE_OF_MOUTH = 18.0


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
    _draw_mouth(canvas, person, expression)
    _draw_eyes(canvas, person, expression)
    _draw_brows(canvas, person, expression)
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


def _draw_mouth(canvas: Canvas, person: Identity, expression: Expression) -> None:
    """Draw the lips, teeth, tongue, and the folds at the corners."""
    upper_edge, upper_inside, lower_inside, lower_edge = _lips(person, expression)
    skin, bottom = person.skin_tone, lower_edge[_MIDDLE, 1]
    below = ellipse(0, bottom + 0.02, 0.075, 0.016)
    canvas.shade(below, skin * 0.5, opacity=0.45, softness=0.016)
    canvas.fill(between(upper_edge, upper_inside), 0.65 * skin)
    canvas.fill(between(lower_inside, lower_edge), 0.74 * skin)
    canvas.bulge([(0, (bottom + lower_inside[_MIDDLE, 1]) / 2)], 0.06, 0.016, 0.014)
    canvas.bulge([(0, bottom + 0.03)], 0.06, 0.018, -0.012)
    _draw_inside(canvas, person, expression, upper_inside, lower_inside)
    seam = (upper_inside + lower_inside) / 2
    if max(expression.lips_part, expression.jaw_drop) < 0.15:
        canvas.line(seam, skin * 0.3, width=0.009 + 0.005 * expression.lip_press)
    ends = seam[[0, -1]]
    pulled = max(expression.lip_corner_pull, expression.lip_corner_depress)
    canvas.bulge(ends + SIDES * (0.012, 0), 0.018, 0.022, -0.012 - 0.014 * pulled)
    below_corners = np.stack([ends, ends + SIDES * (0.022, 0) + (0, 0.055)], axis=1)
    draw_folds(canvas, person, below_corners, 0.35 * expression.lip_corner_depress)


def _lips(person: Identity, expression: Expression) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the edges of the lips from top to bottom, each of shape (17, 2), left to right."""
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
    upper, lower = xy(x, seam - above), xy(x, seam + below)
    upper_edge = xy(x, seam - above - 0.034 * fullness * _UPPER_LIP)
    lower_edge = xy(x, seam + below + 0.046 * fullness * _LOWER_LIP)
    return upper_edge, upper, lower, lower_edge


def _draw_inside(
    canvas: Canvas,
    person: Identity,
    expression: Expression,
    upper_inside: Floats,
    lower_inside: Floats,
) -> None:
    gap = lower_inside[:, 1] - upper_inside[:, 1]
    if gap[_MIDDLE] < 0.008:
        return
    canvas.fill(between(upper_inside, lower_inside), _INSIDE_OF_MOUTH)
    bared = max(expression.lip_corner_pull, expression.lip_stretch, expression.upper_lip_raise)
    shown = max(bared, 0.25)
    teeth_edge = upper_inside + xy(0, np.minimum(0.85 * gap, 0.05 * shown))
    teeth = between(upper_inside[2:-2], teeth_edge[2:-2])
    canvas.fill(teeth, mix(_INSIDE_OF_MOUTH, 110 + 0.55 * person.skin_tone, shown))
    if gap[_MIDDLE] > 0.08:
        tongue = ellipse(0, lower_inside[_MIDDLE, 1] - 0.01, 0.06, 0.02)
        canvas.fill(tongue, person.skin_tone * 0.35)


def _draw_eyes(canvas: Canvas, person: Identity, expression: Expression) -> None:
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


def _draw_brows(canvas: Canvas, person: Identity, expression: Expression) -> None:
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
