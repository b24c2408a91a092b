"""Paint shapes on a posed head, and light its relief."""

from collections.abc import Callable
from math import ceil, cos, floor, hypot, radians, sin

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from fer_utils.data.drawn_faces.parameters import Expression, Identity, View
from fer_utils.data.faces import IMAGE_SIZE

Floats = NDArray[np.floating]

_SIZE = 3 * IMAGE_SIZE
# OpenCV takes corners as integers; this many of their bits are the fraction of a pixel.
_FRACTION_BITS = 4
_PIXEL = 2**_FRACTION_BITS
# How far the center of the head is in front of its outline, and how far the outline is behind the
# axis of rotation, so that a turned face stays in the center of the frame.
_HEAD_DEPTH, _OUTLINE_BEHIND = 0.30, 0.21
_HEAD_ROUNDNESS = np.array([1 / 0.47**2, 1 / 0.60**2])
_CENTERS = ((np.arange(IMAGE_SIZE) + 0.5) / IMAGE_SIZE - 0.5).astype(np.float32)

_Corners = list[NDArray[np.int32]]

# Average positions in FER-2013, from the center of the frame; the eye is the right one in the
# picture.
EYE_X, EYE_Y = 0.187, -0.108
NOSE_Y = 0.095
MOUTH_Y = 0.277
_CHIN_Y = 0.475

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


class Canvas:
    """A picture in progress: gray paint, and the relief that is lit in the end.

    Points are in face coordinates: the origin is the center of the frame, x points right, y down,
    and 1 is the side of the frame. Softness, width, and height have the same unit. Shapes are
    arrays of shape (n, 2), or (..., n, 2) for several at once.

    Parameters
    ----------
    view : View
        The pose, light, and camera.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.random = np.random.default_rng(view.grain_seed)
        self.paint = self._background()
        self.relief: Floats = np.zeros((IMAGE_SIZE, IMAGE_SIZE), dtype=np.float32)
        # Shapes, their lift, and the function that paints them once they are projected.
        self._strokes: list[tuple[Floats, float, Callable[[_Corners], None]]] = []
        self._bulges: list[tuple[Floats, tuple[float, float, float]]] = []
        roll, yaw, pitch = (radians(angle) for angle in (view.roll, view.yaw, view.pitch))
        self._roll = view.scale * np.array([[cos(roll), sin(roll)], [-sin(roll), cos(roll)]])
        self._flat = np.diag([cos(yaw), cos(pitch)]) @ self._roll
        self._forward = np.array([sin(yaw), sin(pitch)]) @ self._roll
        self._shift = np.array([view.shift_x, view.shift_y])

    def project(self, points: ArrayLike, *, lift: float | Floats = 0.0) -> Floats:
        """Project points of the head, shape (n, 2), into the frame.

        Points are on an ellipsoid or `lift` above it, so that turning the head moves the nose
        more than the eyes, and the eyes more than the outline.
        """
        flat = np.asarray(points)
        inside = np.maximum(1 - (flat * flat) @ _HEAD_ROUNDNESS, 0)
        depth = _HEAD_DEPTH * np.sqrt(inside) + (lift - _OUTLINE_BEHIND)
        return flat @ self._flat + depth[:, None] * self._forward + self._shift

    def fill(self, outlines: ArrayLike, tone: float, *, lift: float = 0.0) -> None:
        """Fill outlines."""

        def draw(shapes: _Corners) -> None:
            cv2.fillPoly(self.paint, shapes, tone, cv2.LINE_AA, _FRACTION_BITS)

        self._strokes.append((np.asarray(outlines), lift, draw))

    def line(
        self, curves: ArrayLike, tone: float, *, width: float = 0.007, lift: float = 0.0
    ) -> None:
        """Draw curves."""
        thickness = max(round(width * self.view.scale * _SIZE), 1)

        def draw(shapes: _Corners) -> None:
            cv2.polylines(self.paint, shapes, False, tone, thickness, cv2.LINE_AA, _FRACTION_BITS)

        self._strokes.append((np.asarray(curves), lift, draw))

    def shade(
        self,
        outlines: ArrayLike,
        tone: float,
        *,
        opacity: float,
        softness: float,
        lift: float = 0.0,
    ) -> None:
        """Fill outlines with a soft, translucent tone."""
        blur = softness * self.view.scale * _SIZE
        reach = ceil(2.5 * blur)

        def draw(shapes: _Corners) -> None:
            left, top, wide, high = cv2.boundingRect(np.concatenate(shapes))
            rows = _span(top / _PIXEL - reach, (top + high) / _PIXEL + reach)
            columns = _span(left / _PIXEL - reach, (left + wide) / _PIXEL + reach)
            there = self.paint[rows, columns]
            sharp = np.zeros(there.shape, dtype=np.float32)
            origin = np.array([columns.start, rows.start], dtype=np.int32) * _PIXEL
            local = [shape - origin for shape in shapes]
            cv2.fillPoly(sharp, local, opacity, cv2.LINE_8, _FRACTION_BITS)
            kernel = (2 * reach + 1, 2 * reach + 1)
            soft = cv2.GaussianBlur(sharp, kernel, blur, borderType=cv2.BORDER_REPLICATE)
            there[:] = there + (tone - there) * soft

        self._strokes.append((np.asarray(outlines), lift, draw))

    def bulge(self, centers: ArrayLike, radius_x: float, radius_y: float, height: float) -> None:
        """Raise a soft bulge around each center, or a hollow if the height is negative."""
        self._bulges.append((np.reshape(centers, (-1, 2)), (radius_x, radius_y, height)))

    def raise_head(self, half_width: Floats, y: Floats) -> None:
        """Raise a round head with the given half width at each `y`, in ascending order."""
        to_head = np.linalg.inv(self._roll).T.tolist()
        middle_x, middle_y = self._shift - _OUTLINE_BEHIND * self._forward
        x_in_frame, y_in_frame = _CENTERS - middle_x, (_CENTERS - middle_y)[:, None]
        across, down = (x_in_frame * by_x + y_in_frame * by_y for by_x, by_y in to_head)
        squared = np.interp(down, y, half_width**2, left=0, right=0) - across**2
        self.relief += 0.7 * np.sqrt(np.maximum(squared, 0))

    def cover(self, outline: ArrayLike, tone: float) -> None:
        """Put an object in front of the face; its outline is in frame coordinates."""
        self._settle()
        corners = list(_corners(np.asarray(outline))[None])
        cv2.fillPoly(self.paint, corners, tone, cv2.LINE_AA, _FRACTION_BITS)
        fine = np.zeros(self.paint.shape, dtype=np.float32)
        cv2.fillPoly(fine, corners, 1.0, cv2.LINE_8, _FRACTION_BITS)
        mask = cv2.resize(fine, self.relief.shape, interpolation=cv2.INTER_AREA)
        rounded = 0.05 * cv2.GaussianBlur(mask, (9, 9), 1.5)
        self.relief += (rounded - self.relief) * mask

    def photograph(self) -> NDArray[np.uint8]:
        """Return the lit picture, uint8, shape (48, 48)."""
        self._settle()
        view, shape = self.view, (IMAGE_SIZE, IMAGE_SIZE)
        picture: NDArray = cv2.resize(self.paint, shape, interpolation=cv2.INTER_AREA)
        picture = picture * self._light()
        picture *= 1 + 0.03 * cv2.resize(self._grain(9), shape) + 0.015 * self._grain(IMAGE_SIZE)
        if view.blur > 0:
            picture = cv2.GaussianBlur(picture, (0, 0), view.blur)
        mean, spread = (float(value[0, 0]) for value in cv2.meanStdDev(picture))
        picture = (picture - mean) * (view.contrast / max(spread, 1e-3)) + view.brightness
        picture += view.noise * self._grain(IMAGE_SIZE)
        return np.clip(np.rint(picture), 0, 255).astype(np.uint8)

    def _grain(self, cells: int) -> Floats:
        return self.random.standard_normal((cells, cells), dtype=np.float32)

    def _background(self) -> NDArray[np.uint8]:
        ramp = self.view.background_slope * np.linspace(-1, 1, 5)
        tone = self.view.background + ramp + 16 * self._grain(5)
        coarse = np.clip(tone, 0, 255).astype(np.uint8)
        return np.asarray(cv2.resize(coarse, (_SIZE, _SIZE)), dtype=np.uint8)

    def _settle(self) -> None:
        """Paint the pending strokes and raise the pending bulges: much faster all at once."""
        if self._strokes:
            points = [shapes.reshape(-1, 2) for shapes, _, _ in self._strokes]
            counts = [len(some) for some in points]
            lifts = np.repeat([lift for _, lift, _ in self._strokes], counts)
            corners = _corners(self.project(np.concatenate(points), lift=lifts))
            parts = np.split(corners, np.cumsum(counts)[:-1])
            for (shapes, _, draw), own in zip(self._strokes, parts, strict=True):
                draw(list(own.reshape(-1, *shapes.shape[-2:])))
        if self._bulges:
            centers = np.concatenate([places for places, _ in self._bulges])
            counts = [len(places) for places, _ in self._bulges]
            sizes = np.repeat([size for _, size in self._bulges], counts, axis=0) * self.view.scale
            x, y = self.project(centers).T[..., None]
            radius_x, radius_y, height = sizes.T[..., None]
            across = np.exp(np.square((_CENTERS - x) / radius_x) * -0.5)
            down = np.exp(np.square((_CENTERS - y) / radius_y) * -0.5) * height
            self.relief += down.T @ across
        self._strokes, self._bulges = [], []

    def _light(self) -> Floats:
        """Return the light on each point: Lambert's cosine law on the relief."""
        view = self.view
        slope_x = cv2.Sobel(self.relief, cv2.CV_32F, 1, 0, scale=IMAGE_SIZE / 8)
        slope_y = cv2.Sobel(self.relief, cv2.CV_32F, 0, 1, scale=IMAGE_SIZE / 8)
        facing = 1 - slope_x * view.light_x - slope_y * view.light_y
        facing /= np.sqrt(1 + slope_x**2 + slope_y**2) * hypot(1, view.light_x, view.light_y)
        return (1 - view.light_hardness) + (1.15 * view.light_hardness) * np.maximum(facing, 0)


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
    return _CHIN_Y * person.chin_length + 0.08 * expression.jaw_drop


def draw_folds(canvas: Canvas, person: Identity, curves: ArrayLike, depth: float) -> None:
    """Draw skin folds with a depth from 0 (none) to about 0.7."""
    if depth > 0.02:
        canvas.line(curves, person.skin_tone * (1 - min(depth, 0.7)), width=0.01)


def _corners(points: Floats) -> NDArray[np.int32]:
    """Convert points in the frame to the corners that OpenCV expects."""
    return (points * (_SIZE * _PIXEL) + (_SIZE - 1) * _PIXEL / 2).astype(np.int32)


def _span(start: float, stop: float) -> slice:
    """Return the pixels of the canvas, at least one, from `start` to `stop`."""
    first = min(max(floor(start), 0), _SIZE - 1)
    return slice(first, min(max(ceil(stop), first + 1), _SIZE))
