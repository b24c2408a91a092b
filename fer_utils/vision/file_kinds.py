"""Tell pictures and videos by their file names."""

from pathlib import PurePath

# Includes formats that cannot be read, so that such files are reported rather than ignored.
_PICTURES = frozenset(
    (".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
)
_VIDEOS = frozenset(
    (".avi", ".flv", ".m4v", ".mjpeg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv")
)


def is_picture(name: str) -> bool:
    """Return whether a file has the suffix of a picture."""
    return PurePath(name).suffix.lower() in _PICTURES


def is_video(name: str) -> bool:
    """Return whether a file has the suffix of a video."""
    return PurePath(name).suffix.lower() in _VIDEOS
