"""Define the parameters of a drawn face: expression, identity, and view."""

from dataclasses import dataclass, fields
from typing import Literal

from fer_utils.data.faces import DataError

Hair = Literal["bald", "short", "fringe", "long"]
Occlusion = Literal["none", "hand", "bar", "strand"]


@dataclass(frozen=True)
class Expression:
    """The strength of each facial action unit, 0 (at rest) to 1 (maximum).

    Attributes
    ----------
    brow_inner_raise, brow_outer_raise, brow_lower : float
        AU1, AU2, and AU4, which also draws the brows together.
    lid_raise, lid_tighten, lid_droop : float
        AU5, AU7, and AU41.
    cheek_raise, nose_wrinkle, upper_lip_raise : float
        AU6, AU9, and AU10.
    lip_corner_pull, lip_corner_depress, lip_stretch, lip_press : float
        AU12, AU15, AU20, and AU23.
    lips_part, jaw_drop : float
        AU25 and AU26.
    """

    brow_inner_raise: float = 0.0
    brow_outer_raise: float = 0.0
    brow_lower: float = 0.0
    lid_raise: float = 0.0
    lid_tighten: float = 0.0
    lid_droop: float = 0.0
    cheek_raise: float = 0.0
    nose_wrinkle: float = 0.0
    upper_lip_raise: float = 0.0
    lip_corner_pull: float = 0.0
    lip_corner_depress: float = 0.0
    lip_stretch: float = 0.0
    lip_press: float = 0.0
    lips_part: float = 0.0
    jaw_drop: float = 0.0

    def __post_init__(self) -> None:
        for unit in fields(self):
            strength = getattr(self, unit.name)
            if not 0 <= strength <= 1:
                raise DataError(f"{unit.name} must be from 0 to 1, got {strength}: clip it first")


# The combinations of Ekman, Friesen, and Hager (2002), plus drooping lids (AU41) for "sad", and
# parted lips (AU25) for emotions with a usually open mouth.
EXPRESSIONS = {
    "angry": Expression(brow_lower=1.0, lid_raise=0.5, lid_tighten=0.8, lip_press=1.0),
    "disgust": Expression(
        nose_wrinkle=1.0, upper_lip_raise=1.0, lip_corner_depress=0.4, brow_lower=0.5, lips_part=0.3
    ),
    "fear": Expression(
        brow_inner_raise=1.0,
        brow_outer_raise=0.7,
        brow_lower=0.6,
        lid_raise=1.0,
        lip_stretch=1.0,
        lips_part=0.6,
        jaw_drop=0.3,
    ),
    "happy": Expression(cheek_raise=0.9, lip_corner_pull=1.0, lips_part=0.6),
    "sad": Expression(brow_inner_raise=1.0, brow_lower=0.5, lip_corner_depress=1.0, lid_droop=0.8),
    "surprise": Expression(
        brow_inner_raise=1.0, brow_outer_raise=1.0, lid_raise=0.8, lips_part=0.3, jaw_drop=0.9
    ),
    "neutral": Expression(),
}


@dataclass(frozen=True)
class Identity:
    """The looks of a person at rest: sizes are factors around 1, tones gray levels 0 to 255.

    Attributes
    ----------
    skin_tone, hair_tone, iris_tone : float
        Gray levels.
    hair : {"bald", "short", "fringe", "long"}
        The haircut.
    hairline, hair_parting : float
        How far the hair reaches down the forehead, 0 to 1, and how much farther on the right
        side of the picture, -1 to 1.
    face_width, jaw_width, chin_length : float
        The outline of the head.
    eye_distance, eye_size, eye_openness, eye_tilt : float
        The eyes; the tilt is the rise of the outer corner, about -1 to 1.
    brow_thickness, brow_height, brow_tilt : float
        The brows; height and tilt (the rise of the inner end) are about -1 to 1.
    nose_length, nose_width : float
        The nose.
    mouth_width, lip_fullness, mouth_curve : float
        The mouth; the curve is the rise of its corners at rest, about -1 to 1.
    age : float
        The depth of the skin folds, 0 to 1.
    beard, mustache : float
        Their thickness, 0 to 1.
    glasses : bool
        Whether the person wears them.
    asymmetry : float
        How much more the left side of the picture moves than the right side, -1 to 1.
    """

    skin_tone: float = 165.0
    hair_tone: float = 45.0
    iris_tone: float = 35.0
    hair: Hair = "short"
    hairline: float = 0.4
    hair_parting: float = 0.0
    face_width: float = 1.0
    jaw_width: float = 1.0
    chin_length: float = 1.0
    eye_distance: float = 1.0
    eye_size: float = 1.0
    eye_openness: float = 1.0
    eye_tilt: float = 0.0
    brow_thickness: float = 1.0
    brow_height: float = 0.0
    brow_tilt: float = 0.0
    nose_length: float = 1.0
    nose_width: float = 1.0
    mouth_width: float = 1.0
    lip_fullness: float = 1.0
    mouth_curve: float = 0.0
    age: float = 0.3
    beard: float = 0.0
    mustache: float = 0.0
    glasses: bool = False
    asymmetry: float = 0.0


@dataclass(frozen=True)
class View:
    """The pose, light, occlusion, and camera defects.

    Lengths are fractions of the frame, angles are degrees.

    Attributes
    ----------
    roll, yaw, pitch : float
        The rotation of the head in the image plane, to the side, and down.
    shift_x, shift_y, scale : float
        The offset of the face from its place in the frame, and its size.
    light_x, light_y : float
        The direction of the light: -1 is far left or far above, 1 far right or far below.
    light_hardness : float
        0 is even light, 1 leaves the far side of the head black.
    background, background_slope : float
        The gray level of the background at the center, and its change from left to right.
    brightness, contrast : float
        The mean and standard deviation of the gray levels, before noise.
    occlusion : {"none", "hand", "bar", "strand"}
        The object that hides part of the face: fingers, a bar, or a strand of hair.
    occlusion_place : float
        Its direction, 0 to 1, once around the frame.
    blur, noise : float
        The standard deviation of the blur in pixels, and of the noise in gray levels.
    grain_seed : int
        The seed of everything random in the picture: the texture of skin, hair, and background,
        and the noise.
    """

    roll: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    scale: float = 1.0
    light_x: float = -0.3
    light_y: float = -0.5
    light_hardness: float = 0.5
    background: float = 110.0
    background_slope: float = 20.0
    brightness: float = 125.0
    contrast: float = 48.0
    occlusion: Occlusion = "none"
    occlusion_place: float = 0.0
    blur: float = 0.4
    noise: float = 2.0
    grain_seed: int = 0
