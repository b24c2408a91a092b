"""Pictures from files or from a browser, as arrays of RGB values."""

import warnings
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

MOST_BYTES = 20_000_000
MOST_PIXELS = 50_000_000

_FORMATS = ("JPEG", "PNG", "WEBP")
_ANIMATED_FORMATS = ("PNG", "WEBP")
_END_OF_JPEG = b"\xff\xd9"
_WHITE = (255, 255, 255, 255)


class ImageError(ValueError):
    """A picture that cannot be used; the message says what is wrong and what to do."""


def read_image(source: bytes | str | Path) -> NDArray[np.uint8]:
    """Read a picture of a file or of a file's bytes, the right way up.

    The camera's orientation (EXIF) is applied, gray becomes RGB, 16 bits become 8, and what is
    transparent is laid over white. Sizes are checked before the pixels are decoded.

    Parameters
    ----------
    source : bytes, str or Path
        A whole JPEG, PNG or WebP file, or its path.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        RGB, 0 to 255.

    Raises
    ------
    FileNotFoundError, PermissionError
        If there is no such file, or it may not be read.
    ImageError
        If it is empty, damaged, animated, of another format, or larger than `MOST_BYTES` or
        `MOST_PIXELS`.
    """
    data, name = _read_bytes(source)
    with _open(data, name) as image:
        _check_header(image, name)
        frame = _decode_quickly(image, data)
        return _decode(image, name) if frame is None else frame


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
    name = "the picture"
    pixels = image.width * image.height
    if not pixels:
        raise ImageError(f"{name} has no pixels")
    if pixels > MOST_PIXELS:
        raise _too_many_pixels(name, f"{pixels / 1e6:.1f} million")
    return _decode(image, name)


def as_frame(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an RGB picture as one block of memory, as OpenCV needs it.

    Parameters
    ----------
    frame : ndarray of uint8, shape (h, w, 3)
        RGB; copied only where it is a view that jumps about, such as ``bgr[:, :, ::-1]``.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        The same values.

    Raises
    ------
    ValueError
        If it is anything else, or has no pixels.
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
    """Return a picture of half the size, each pixel the mean of two by two.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3) or (h, w)
        At least two pixels wide and high; the last row or column of an odd number is left out.

    Returns
    -------
    ndarray of uint8, shape (h // 2, w // 2, 3) or (h // 2, w // 2)
        Its pixel (x, y) covers 2x to 2x + 2 and 2y to 2y + 2.
    """
    height, width = image.shape[0] // 2, image.shape[1] // 2
    # OpenCV has a fast way for exactly two by two pixels, and no other of its ways is as fast.
    even = image[: 2 * height, : 2 * width]
    halved = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
    return halved.astype(np.uint8, copy=False)


def _read_bytes(source: bytes | str | Path) -> tuple[bytes, str]:
    """Return a file's bytes, and what to call it in messages."""
    if isinstance(source, bytes):
        _check_size(len(source), "the picture")
        return source, "the picture"
    path = Path(source)
    try:
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: check the path")
        if not path.is_file():
            raise ImageError(f"{path} is no file: give the path of one picture")
        _check_size(path.stat().st_size, path.name)
        return path.read_bytes(), path.name
    except PermissionError as error:
        raise PermissionError(f"{path} may not be read: check its permissions") from error


def _check_size(size: int, name: str) -> None:
    if size > MOST_BYTES:
        raise ImageError(
            f"{name} has {size / 1e6:.1f} MB, at most {MOST_BYTES / 1e6:.0f} are read: "
            "save it smaller or with a lower quality"
        )
    if not size:
        raise ImageError(f"{name} is empty: take it again from its source")


def _open(data: bytes, name: str) -> Image.Image:
    """Return a picture whose header has been read."""
    if data.startswith(b"GIF8"):
        raise ImageError(f"{name} is a GIF, which is not read: save one of its frames as PNG")
    with warnings.catch_warnings():
        # Its size is checked below, against a limit of our own.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            return Image.open(BytesIO(data), formats=_FORMATS)
        except Image.DecompressionBombError as error:
            raise _too_many_pixels(name, "far too many") from error
        except UnidentifiedImageError as error:
            raise ImageError(
                f"{name} is no JPEG, PNG or WebP picture, or its start is damaged: "
                "save it in one of these formats"
            ) from error
        except Exception as error:  # Pillow's decoders raise errors of many kinds.
            raise _damaged(name, error) from error


def _decode_quickly(image: Image.Image, data: bytes) -> NDArray[np.uint8] | None:
    """Return what Pillow gives in two thirds of its time; None where OpenCV may give another.

    OpenCV fills the rest of a truncated picture with gray, where Pillow raises an error.
    """
    if image.format != "JPEG" or image.mode != "RGB" or not data.endswith(_END_OF_JPEG):
        return None
    frame = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR_RGB)
    return None if frame is None else frame.astype(np.uint8, copy=False)


def _decode(image: Image.Image, name: str) -> NDArray[np.uint8]:
    try:
        if image.getexif().get(ExifTags.Base.Orientation, 1) != 1:
            image = ImageOps.exif_transpose(image)
        return to_rgb(image)
    except Exception as error:  # Pillow's decoders raise errors of many kinds.
        raise _damaged(name, error) from error


def _check_header(image: Image.Image, name: str) -> None:
    pixels = image.width * image.height
    if pixels > MOST_PIXELS:
        raise _too_many_pixels(name, f"{pixels / 1e6:.1f} million")
    # A JPEG may hold a second picture as well, such as a phone's gain map: the first one counts.
    if image.format in _ANIMATED_FORMATS and getattr(image, "is_animated", False):
        raise ImageError(f"{name} is animated: save one of its frames as a picture of its own")


def _damaged(name: str, error: Exception) -> ImageError:
    return ImageError(f"{name} is truncated or damaged ({error}): take it again from its source")


def _too_many_pixels(name: str, count: str) -> ImageError:
    return ImageError(
        f"{name} has {count} pixels, at most {MOST_PIXELS / 1e6:.0f} million are read: "
        "save it smaller"
    )


def to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Convert a Pillow image to RGB, shape (h, w, 3); transparent pixels become white."""
    if image.mode.startswith("I"):
        # Pillow's own conversion cuts 16 bits off at 255.
        gray = (np.asarray(image) >> 8).clip(0, 255).astype(np.uint8)
        return np.repeat(gray[:, :, None], 3, axis=2)
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, _WHITE)
        image = Image.alpha_composite(paper, image.convert("RGBA"))
    # To convert is to copy, even to the mode that a picture has.
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))
