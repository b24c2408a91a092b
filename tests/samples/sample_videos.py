"""Write small videos with PyAV; recognize faces without a model."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from fer_utils.vision.observation import DetectedFace, RecognizedFace

RATE = 25
SOUND_RATE = 48_000
HAPPY = np.eye(7, dtype=np.float32)[3]


def shades(count: int, *, width: int = 64, height: int = 48) -> list[np.ndarray]:
    """Return flat gray frames, the first of brightness 20, each 10 brighter than the last."""
    return [np.full((height, width, 3), 20 + 10 * number, np.uint8) for number in range(count)]


def write_video(
    path: Path,
    images: Sequence[np.ndarray],
    *,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    times: Sequence[float] | None = None,
    rotation: int | None = None,
    sound: str | None = None,
    first: float = 0.0,
) -> Path:
    """Write frames, 25 per second unless times are given, with a tone of the same length."""
    file = av.open(str(path), "w")
    video = file.add_stream(codec, rate=RATE, options=options or {})
    video.height, video.width = images[0].shape[:2]
    video.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    if codec != "mpeg4" and path.suffix != ".avi":
        video.codec_context.time_base = Fraction(1, 1000)
    if rotation is not None:
        video.set_display_rotation(rotation)
    audio = None if sound is None else file.add_stream(sound, rate=SOUND_RATE, layout="mono")
    for number, image in enumerate(images):
        frame = av.VideoFrame.from_ndarray(image)
        shown = number / RATE if times is None else times[number]
        frame.time_base = video.codec_context.time_base or Fraction(1, RATE)
        frame.pts = round((shown + first) / frame.time_base)
        file.mux(video.encode(frame))
        if audio is not None:
            file.mux(audio.encode(_tone(number)))
    for stream in (video, audio):
        if stream is not None:
            file.mux(stream.encode(None))
    file.close()
    return path


def _tone(number: int) -> av.AudioFrame:
    samples = SOUND_RATE // RATE
    places = np.arange(samples) + number * samples
    wave = (8000 * np.sin(2 * np.pi * 440 * places / SOUND_RATE)).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
    frame.sample_rate, frame.time_base = SOUND_RATE, Fraction(1, SOUND_RATE)
    frame.pts = number * samples
    return frame


def damage(path: Path, numbers: Sequence[int]) -> None:
    """Overwrite some of a video's packets with zeros."""
    with av.open(str(path)) as file:
        packets = [packet for packet in file.demux(video=0) if packet.size]
        places = [(packets[number].pos, packets[number].size) for number in numbers]
    data = bytearray(path.read_bytes())
    for start, size in places:
        data[start : start + size] = bytes(size)
    path.write_bytes(data)


def face(x: float = 4.0, probabilities: np.ndarray = HAPPY) -> RecognizedFace:
    return RecognizedFace(
        box=(x, 5.0, 10.0, 12.0), score=0.5, probabilities=probabilities, emotion="happy"
    )


class Always:
    """Finds the same faces in every frame, and records the brightness of each frame."""

    uncertain_below = 0.0

    def __init__(self, *faces: RecognizedFace) -> None:
        self.faces = list(faces)
        self.shades: list[int] = []

    def recognize(self, frame: np.ndarray) -> list[RecognizedFace]:
        self.shades.append(round(float(frame.mean())))
        return self.faces

    def recognize_faces(
        self, frame: np.ndarray, faces: Sequence[DetectedFace]
    ) -> list[RecognizedFace]:
        return self.recognize(frame)


class InTurn:
    """Finds different faces in each frame, or raises an error in place of them."""

    uncertain_below = 0.0

    def __init__(self, *turns: list[RecognizedFace] | BaseException) -> None:
        self.turns = list(turns)

    def recognize(self, frame: np.ndarray) -> list[RecognizedFace]:
        turn = self.turns.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        return turn

    def recognize_faces(
        self, frame: np.ndarray, faces: Sequence[DetectedFace]
    ) -> list[RecognizedFace]:
        return self.recognize(frame)
