"""Decode picture files of every kind into arrays."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

MOST_BYTES = 20_000_000
MOST_PIXELS = 50_000_000
# Of the frames of a camera and the images of a data set, which come by the thousand.
MOST_PIXELS_OF_MANY = 12_000_000

_PICTURE_FORMATS = ("JPEG", "PNG", "WEBP")
_DATA_SET_FORMATS = (*_PICTURE_FORMATS, "BMP", "GIF", "PPM", "TIFF")
_ANIMATED_FORMATS = ("PNG", "WEBP")
_GRAY_MODES = ("1", "L", "LA", "La")
_START_OF_JPEG, _END_OF_JPEG = b"\xff\xd8", b"\xff\xd9"
# Cameras and programs write at most a dozen; each one costs as much time as a whole picture.
_MOST_SCANS = 50
_JPEG_SEGMENT = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")


class ImageError(ValueError):
    """A picture that cannot be used; the message says why and what to do."""


def read_image(
    source: bytes | str | Path, *, as_stored: bool = False, most_pixels: int | None = None
) -> NDArray[np.uint8]:
    """Decode a picture file into RGB, rotated upright.

    The camera's orientation (EXIF) is applied, gray becomes RGB, 16 bits become 8, and
    transparent pixels are composited over white. Sizes and the number of a JPEG's scans are
    checked before decoding.

    Parameters
    ----------
    source : bytes, str, or Path
        The content or the path of a JPEG, PNG, or WebP file.
    as_stored : bool, default False
        Decode an image of a data set instead: gray stays gray, transparency is ignored, and BMP,
        GIF (first frame), PGM, PPM, and TIFF are accepted as well.
    most_pixels : int, optional
        By default `MOST_PIXELS`, or `MOST_PIXELS_OF_MANY` if `as_stored`.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3), or (h, w) for gray if `as_stored`
        Values from 0 to 255.

    Raises
    ------
    FileNotFoundError, PermissionError
        If the file does not exist or cannot be read.
    ImageError
        If it is empty, damaged, animated, in another format, larger than `MOST_BYTES` or
        `most_pixels`, or a JPEG with dozens of scans.
    """
    if most_pixels is None:
        most_pixels = MOST_PIXELS_OF_MANY if as_stored else MOST_PIXELS
    data, name = _read_bytes(source)
    with _open(data, name, _DATA_SET_FORMATS if as_stored else _PICTURE_FORMATS) as image:
        _check_pixels(image, name, most_pixels)
        if data.startswith(_START_OF_JPEG):
            _check_scans(data, name)
        # A JPEG may contain a second picture, such as a phone's gain map; the first one counts.
        if image.format in _ANIMATED_FORMATS and getattr(image, "is_animated", False):
            raise ImageError(f"{name} is animated: save one of its frames as a separate picture")
        decoded = _decode_quickly(image, data, as_stored)
        return _decode(image, name, as_stored) if decoded is None else decoded


def from_pillow(image: Image.Image) -> NDArray[np.uint8]:
    """Convert a Pillow image to RGB, rotated upright.

    Parameters
    ----------
    image : PIL image
        In any mode.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        RGB, 0 to 255.

    Raises
    ------
    ImageError
        If it is empty, damaged, or has more than `MOST_PIXELS`.
    """
    _check_pixels(image, "the picture")
    return _decode(image, "the picture")


def as_frame(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an RGB picture as one contiguous block of memory, as OpenCV needs it.

    Parameters
    ----------
    frame : ndarray of uint8, shape (h, w, 3)
        RGB; copied only if it is not contiguous, such as ``bgr[:, :, ::-1]``.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        The same values.

    Raises
    ------
    ValueError
        If it has another type or shape, or no pixels.
    """
    if not isinstance(frame, np.ndarray):
        got = type(frame).__name__
    elif frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or not frame.size:
        got = f"{frame.dtype} of shape {frame.shape}"
    else:
        return np.ascontiguousarray(frame)
    raise ValueError(
        f"expected an RGB frame, an array of uint8 with shape (h, w, 3) and pixels, got {got}: "
        "read_image makes one from a file"
    )


def halve(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Downscale a picture to half its size; each pixel is the mean of a 2x2 block.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3) or (h, w)
        At least 2x2 pixels; the last row or column of an odd number is dropped.

    Returns
    -------
    ndarray of uint8, shape (h // 2, w // 2, 3) or (h // 2, w // 2)
        The pixel (x, y) covers 2x to 2x + 2 and 2y to 2y + 2.
    """
    height, width = image.shape[0] // 2, image.shape[1] // 2
    # OpenCV has a fast path for exactly 2x2 pixels.
    even = image[: 2 * height, : 2 * width]
    halved = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
    return halved.astype(np.uint8, copy=False)


def to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Convert a Pillow image to RGB, shape (h, w, 3); transparent pixels become white."""
    if image.mode.startswith("I"):
        return np.repeat(_to_8_bits(image)[:, :, None], 3, axis=2)
    if image.has_transparency_data:
        layer = image if image.mode == "RGBA" else image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), layer)
        del layer  # It is as large as the picture.
    # Pillow converts by copying, even if the mode is the same.
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


@contextmanager
def quiet_decoder() -> Iterator[None]:
    """Silence OpenCV's messages about bad images, which do not name the file."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)


def _read_bytes(source: bytes | str | Path) -> tuple[bytes, str]:
    """Return the content of a file, and its name for messages."""
    if isinstance(source, bytes):
        _check_size(len(source), "the picture")
        return source, "the picture"
    path = Path(source)
    try:
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: check the path")
        if not path.is_file():
            raise ImageError(f"{path} is not a file: give the path of one picture")
        _check_size(path.stat().st_size, path.name)
        return path.read_bytes(), path.name
    except PermissionError as error:
        raise PermissionError(f"cannot read {path}: check its permissions") from error


def _check_size(size: int, name: str) -> None:
    if size > MOST_BYTES:
        raise ImageError(
            f"{name} has {size / 1e6:.1f} MB, but the limit is {MOST_BYTES / 1e6:.0f} MB: "
            "save it smaller or with a lower quality"
        )
    if not size:
        raise ImageError(f"{name} is empty: get it again")


def _open(data: bytes, name: str, formats: tuple[str, ...]) -> Image.Image:
    """Return a picture of which only the header is decoded."""
    if data.startswith(b"GIF8") and "GIF" not in formats:
        raise ImageError(f"{name} is a GIF, which is not supported: save one of its frames as PNG")
    with warnings.catch_warnings():
        # The size is checked later, against our own limit.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            return Image.open(BytesIO(data), formats=formats)
        except Image.DecompressionBombError as error:
            raise _too_many_pixels(name, "far too many", MOST_PIXELS) from error
        except UnidentifiedImageError as error:
            raise ImageError(
                f"{name} is not a JPEG, PNG, or WebP picture, or its start is damaged: "
                "save it in one of these formats"
            ) from error
        except Exception as error:  # Pillow's decoders raise errors of many kinds.
            raise _damaged(name, error) from error


def _check_pixels(image: Image.Image, name: str, most: int = MOST_PIXELS) -> None:
    pixels = image.width * image.height
    if not pixels:
        raise ImageError(f"{name} has no pixels")
    if pixels > most:
        raise _too_many_pixels(name, f"{pixels / 1e6:.1f} million", most)


def _check_scans(data: bytes, name: str) -> None:
    """Raise ImageError if a JPEG has too many scans; a second picture after it does not count."""
    scans, place = 0, 2
    while segment := _JPEG_SEGMENT.search(data, place):
        place = segment.end() + int.from_bytes(data[segment.end() : segment.end() + 2], "big")
        kind = segment[0][1]
        if kind == _END_OF_JPEG[1]:
            return
        scans += kind == 0xDA
        if scans > _MOST_SCANS:
            raise ImageError(
                f"{name} is stored in more than {_MOST_SCANS} scans, which would take minutes to "
                "decode: save it again"
            )


def _decode_quickly(image: Image.Image, data: bytes, as_stored: bool) -> NDArray[np.uint8] | None:
    """Return what Pillow would in two thirds of the time, or None where OpenCV may differ.

    OpenCV fills the rest of a truncated picture with gray; Pillow raises an error.
    """
    is_plain = image.mode == "RGB" or (image.mode == "L" and as_stored)
    if image.format != "JPEG" or not is_plain or not data.endswith(_END_OF_JPEG):
        return None
    flag = cv2.IMREAD_COLOR_RGB if image.mode == "RGB" else cv2.IMREAD_GRAYSCALE
    try:
        decoded = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), flag)
    except cv2.error:
        return None
    return None if decoded is None else decoded.astype(np.uint8, copy=False)


def _decode(image: Image.Image, name: str, as_stored: bool = False) -> NDArray[np.uint8]:
    try:
        if image.getexif().get(ExifTags.Base.Orientation, 1) != 1:
            image = ImageOps.exif_transpose(image)
        if not as_stored:
            return to_rgb(image)
        if image.mode.startswith("I"):
            return _to_8_bits(image)
        return np.array(image.convert("L" if image.mode in _GRAY_MODES else "RGB"))
    except Exception as error:  # Pillow's decoders raise errors of many kinds.
        raise _damaged(name, error) from error


def _to_8_bits(image: Image.Image) -> NDArray[np.uint8]:
    """Convert 16 bits to 8; Pillow's own conversion clips at 255."""
    return (np.asarray(image) >> 8).clip(0, 255).astype(np.uint8)


def _damaged(name: str, error: Exception) -> ImageError:
    return ImageError(f"{name} is truncated or damaged ({error}): get it again")


def _too_many_pixels(name: str, count: str, most: int) -> ImageError:
    return ImageError(
        f"{name} has {count} pixels, but the limit is {most / 1e6:.0f} million: save it smaller"
    )
