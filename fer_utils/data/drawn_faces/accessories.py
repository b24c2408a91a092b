"""Draw what surrounds or hides a face: hair, beard, glasses, hands, and other objects."""

import numpy as np

from fer_utils.data.drawn_faces.canvas import (
    EYE_X,
    ROUNDED_BOX,
    Canvas,
    Floats,
    chin_height,
    curve,
    ellipse,
    pair,
    symmetric,
    xy,
)
from fer_utils.data.drawn_faces.parameters import Expression, Identity

_FINGER_ENDS = (0.25, 0.20, 0.22, 0.30)


def draw_hair_behind(canvas: Canvas, person: Identity) -> None:
    """Draw the visible hair behind the head, and the neck."""
    if person.hair == "long":
        canvas.fill(ROUNDED_BOX * (0.5, 0.7) + (0, 0.1), person.hair_tone)
    elif person.hair != "bald":
        canvas.fill(ellipse(0, -0.16, 0.44 * person.face_width, 0.42), person.hair_tone)
    neck = 0.25 * person.jaw_width
    throat = symmetric([(neck, 0.2), (neck, 0.52), (0.7, 0.64)])
    canvas.fill(throat, person.skin_tone * 0.55)


def draw_hair_in_front(canvas: Canvas, person: Identity) -> None:
    """Draw the hair over the forehead and at the sides of the face."""
    if person.hair == "bald":
        return
    wide = 0.41 * person.face_width
    line = -0.47 + 0.1 * person.hairline + (0.08 if person.hair == "fringe" else 0.0)
    right = [(0, line), (0.2, line + 0.02), (0.31, line + 0.08), (wide - 0.045, line + 0.2)]
    if person.hair == "long":
        right += [(wide - 0.03, 0.0), (wide, 0.4), (0.55, 0.4)]
    else:
        right += [(wide - 0.02, -0.06), (wide, -0.03), (wide + 0.04, -0.2)]
    right += [(wide + 0.04, -0.4), (0.3, -0.72)]
    outline = symmetric(right)
    outline[:, 1] += 0.12 * person.hair_parting * outline[:, 0] * (outline[:, 1] < -0.1)
    canvas.fill(outline, person.hair_tone)
    starts = canvas.random.uniform(-0.33, 0.33, 10)
    ends = 1.1 * starts + canvas.random.uniform(-0.06, 0.06, 10)
    strands = [xy(starts, -0.6), xy(ends, line + 0.9 * starts**2 - 0.02)]
    canvas.line(np.stack(strands, axis=1), 1.2 * person.hair_tone + 5, width=0.012)


def draw_beard(canvas: Canvas, person: Identity, expression: Expression) -> None:
    """Draw the beard and the mustache, if any."""
    tone = min(person.hair_tone, 0.7 * person.skin_tone)
    if person.beard > 0:
        chin = chin_height(person, expression)
        right = [(0.0, 0.26), (0.10, 0.255), (0.24, 0.235), (0.30, 0.16), (0.36, 0.02)]
        right += [(0.40, 0.2), (0.27, chin - 0.04), (0.0, chin + 0.02)]
        canvas.shade(symmetric(right), tone, opacity=0.75 * person.beard, softness=0.03)
    if person.mustache > 0:
        bottom = 0.235 - 0.02 * expression.upper_lip_raise
        right = [(0.0, 0.185), (0.05, 0.185), (0.14 + 0.04 * expression.lip_corner_pull, 0.255)]
        right += [(0.02, bottom), (0.0, bottom)]
        canvas.shade(symmetric(right), tone, opacity=0.85 * person.mustache, softness=0.012)


def draw_glasses(canvas: Canvas, person: Identity) -> None:
    """Draw the glasses, if any."""
    if not person.glasses:
        return
    dark, lift = 35.0, 0.05
    middle = EYE_X * person.eye_distance
    rims = pair(ROUNDED_BOX * (0.115, 0.085) + (middle, -0.095))
    canvas.shade(rims, 225, opacity=0.1, softness=0.008, lift=lift)
    closed = np.concatenate([rims, rims[:, :1]], axis=1)
    canvas.line(closed, dark, width=0.014, lift=lift)
    canvas.line(pair([(middle + 0.118, -0.11), (0.43, -0.12)]), dark, width=0.012)
    canvas.line(curve([(-0.07, -0.1), (0, -0.112), (0.07, -0.1)]), dark, width=0.013, lift=lift)


def draw_occlusion(canvas: Canvas, person: Identity) -> None:
    """Draw the object that hides part of the face, if any."""
    angle = 2 * np.pi * canvas.view.occlusion_place
    outward = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-outward[1], outward[0]])
    if canvas.view.occlusion == "hand":
        _draw_fingers(canvas, person, outward, across)
    elif canvas.view.occlusion == "bar":
        tilted = across + 0.3 * outward
        inner = [0.27 * outward + tilted, 0.27 * outward - tilted]
        outer = [end + 0.11 * outward for end in reversed(inner)]
        canvas.cover(np.stack(inner + outer), 255 - canvas.view.background)
    elif canvas.view.occlusion == "strand":
        side = 1 if outward[0] > 0 else -1
        inner_edge = curve([(0.0, -0.55), (0.2, -0.22), (0.31, 0.3)])
        outer_edge = curve([(0.33, 0.3), (0.31, -0.2), (0.22, -0.55)])
        strand = np.concatenate([inner_edge, outer_edge]) * (side, 1)
        canvas.cover(strand, person.hair_tone)


def _draw_fingers(canvas: Canvas, person: Identity, outward: Floats, across: Floats) -> None:
    """Draw four fingers that reach into the frame."""
    for finger, end in enumerate(_FINGER_ENDS):
        middle = 0.095 * (finger - 1.5)
        corners = [(0.8, -0.045), (end, -0.045), (end - 0.03, -0.02)]
        corners += [(out, -sideways) for out, sideways in reversed(corners)]
        outline = [out * outward + (middle + sideways) * across for out, sideways in corners]
        canvas.cover(np.stack(outline), person.skin_tone * (0.9 + 0.04 * finger))
