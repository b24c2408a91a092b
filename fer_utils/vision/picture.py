"""Turn any kind of picture into an RGB array; recognize pictures and videos by their names."""

import re
from pathlib import Path, PurePath
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fer_utils.data.image_files import ImageError, from_pillow, read_image, to_rgb
from fer_utils.vision.download import fetch

Channels = Literal["rgb", "bgr"]
Picture = bytes | str | Path | Image.Image | NDArray[np.uint8]

# A portrait of the astronaut Eileen Collins (NASA, public domain).
SAMPLE_PICTURE = Path(__file__).with_name("sample_portrait.jpg")

# Includes formats that cannot be read, so that such files are reported rather than ignored.
_PICTURE_SUFFIXES = frozenset(
    (".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
)
_VIDEO_SUFFIXES = frozenset(
    (".avi", ".flv", ".m4v", ".mjpeg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv")
)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def as_picture(source: Picture, *, channels: Channels = "rgb") -> NDArray[np.uint8]:
    """Convert a picture of any kind to an RGB array.

    Parameters
    ----------
    source : bytes, str, Path, PIL image or ndarray of uint8
        A JPEG, PNG or WebP file as bytes, a path, or an address (``http://`` or ``https://``,
        public servers only); a Pillow image; or an array of shape (h, w, 3), (h, w, 4) with
        transparency, or (h, w) for gray. Files and Pillow images are rotated upright.
    channels : {"rgb", "bgr"}
        Channel order of an array; use "bgr" for arrays from OpenCV.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        RGB, 0 to 255. A contiguous RGB array is returned as is, without a copy.

    Raises
    ------
    FileNotFoundError, PermissionError
        If the file does not exist or cannot be read.
    DownloadError
        If the address does not lead to a picture.
    ImageError
        If the picture cannot be used; see `fer_utils.data.image_files.read_image`.
    ValueError
        If an array has another dtype or shape, or `channels` does not apply.
    """
    if channels not in ("rgb", "bgr"):
        raise ValueError(f"unknown channels {channels!r}: expected 'rgb' or 'bgr'")
    if isinstance(source, np.ndarray):
        return _from_array(source, channels)
    if channels != "rgb":
        raise ValueError(
            f"channels={channels!r} applies to arrays only, got {type(source).__name__}: omit it"
        )
    if isinstance(source, Image.Image):
        return from_pillow(source)
    if isinstance(source, str) and is_address(source):
        return read_image(fetch(source))
    if isinstance(source, bytes | str | Path):
        return read_image(source)
    raise ImageError(
        f"expected a picture as path, address, bytes, Pillow image or array, "
        f"got {type(source).__name__}"
    )


def is_address(source: str) -> bool:
    """Return whether a string is an address such as ``https://...`` rather than a path."""
    return _ADDRESS.match(source) is not None


def is_picture(name: str) -> bool:
    """Return whether a file has the suffix of a picture."""
    return PurePath(name).suffix.lower() in _PICTURE_SUFFIXES


def is_video(name: str) -> bool:
    """Return whether a file has the suffix of a video."""
    return PurePath(name).suffix.lower() in _VIDEO_SUFFIXES


def _from_array(array: NDArray[Any], channels: Channels) -> NDArray[np.uint8]:
    if array.dtype == np.uint8 and array.size:
        if array.ndim == 2:
            return np.repeat(array[:, :, None], 3, axis=2)
        if array.ndim == 3 and array.shape[2] == 4:
            array = to_rgb(Image.fromarray(np.ascontiguousarray(array)))
        if array.ndim == 3 and array.shape[2] == 3:
            frame = np.ascontiguousarray(array)
            if channels == "bgr":
                return cv2.cvtColor(frame, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
            return frame
    raise ValueError(
        "expected an array of uint8, 0 to 255, of shape (h, w, 3), (h, w, 4) or (h, w), "
        f"got {array.dtype} of shape {array.shape}: convert it first, such as "
        "(255 * picture).astype('uint8') for values of 0 to 1"
    )
