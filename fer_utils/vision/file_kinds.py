"""Which files are pictures, and which are videos, by their names."""

from pathlib import PurePath

# Those that cannot be read are among them: they are reported, not passed over in silence.
PICTURES = frozenset(
    (".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
)
VIDEOS = frozenset(
    (".avi", ".flv", ".m4v", ".mjpeg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv")
)


def is_picture(name: str) -> bool:
    """Return whether a file is a picture by its suffix."""
    return PurePath(name).suffix.lower() in PICTURES


def is_video(name: str) -> bool:
    """Return whether a file is a video by its suffix."""
    return PurePath(name).suffix.lower() in VIDEOS
