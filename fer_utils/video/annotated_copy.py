"""Write an annotated copy of a video: H.264 in MP4, with the original sound."""

import math
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from fer_utils.video.clip import Clip, DecodedFrame
from fer_utils.video.sinks import OutputFile
from fer_utils.vision.annotation import annotate
from fer_utils.vision.observation import Observation, TrackedFace

# Ticks per second. They hit the frames of all usual rates within 8 microseconds; MPEG-4 allows
# at most 65,535.
_TICKS = 60_000
# B-frames would shift the decoded times of unevenly spaced frames.
_H264 = {"preset": "veryfast", "crf": "20", "bf": "0"}
# The sound codecs that MP4 allows and browsers play.
_COPIED_CODECS = ("aac", "mp3", "opus", "flac")
_USUAL_SOUND_RATE = 48_000
# FFmpeg's code for an unknown color space.
_UNKNOWN_COLORS = 2


class AnnotatedCopy(OutputFile):
    """An MP4 file with the frames of a clip, the faces drawn on them, and the clip's sound.

    Frames keep their times. Width and height are rounded down to even numbers, as the format
    requires; frames of another size than the first are scaled to it.

    Parameters
    ----------
    path : Path
        The file to write.
    clip : Clip
        The original; its sound is copied if the clip collects it.

    Attributes
    ----------
    is_cut : bool
        Whether the sound ends with the last frame that was added, not with the clip.
    """

    def __init__(self, path: Path, clip: Clip) -> None:
        self._clip = clip
        # With the index at the front, a browser plays the file while it loads.
        options = {"movflags": "+faststart"}
        self._file = av.open(str(path.absolute()), "w", format="mp4", options=options)
        self._stream: av.VideoStream | None = None
        self._sound: _SoundCopy | None = None
        self._faces: tuple[TrackedFace, ...] = ()
        self._time, self._ticks = 0.0, -1
        self.is_cut = False

    def add(self, frame: DecodedFrame, observation: Observation | None) -> None:
        """Add a frame; if it was not observed, it shows the faces of the previous one."""
        if observation is not None:
            self._faces = observation.faces
        image = annotate(frame.image, self._faces)
        if self._stream is None or self._sound is None:
            self._stream = self._add_stream(frame, image)
            self._sound = _SoundCopy(self._clip, self._file)
        context = self._stream.codec_context
        if image.shape[1::-1] != (context.width, context.height):
            size = (context.width, context.height)
            image = np.asarray(cv2.resize(image, size), dtype=np.uint8)
        picture = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
            format="yuv420p", dst_colorspace=context.colorspace
        )
        self._time = frame.time
        shown = frame.time + self._clip.start - self._sound.origin
        # Two frames may fall into one tick.
        self._ticks = max(round(shown * _TICKS), self._ticks + 1)
        picture.pts, picture.time_base = self._ticks, Fraction(1, _TICKS)
        self._file.mux(self._stream.encode(picture))
        self._sound.write(until=frame.time)

    def finish(self) -> None:
        """Write what is missing; nothing can be added afterwards."""
        if self._stream is None or self._sound is None:
            return
        self._file.mux(self._stream.encode(None))
        self._sound.finish(until=self._time + self._clip.interval if self.is_cut else math.inf)
        self._file.close()

    def close(self) -> None:
        """Close the file, finished or not."""
        self._file.close()

    def _add_stream(self, frame: DecodedFrame, image: NDArray[np.uint8]) -> av.VideoStream:
        stream: av.VideoStream
        if "libx264" in av.codecs_available:
            stream = self._file.add_stream("libx264", rate=self._clip.rate, options=_H264)
        else:
            stream = self._file.add_stream("mpeg4", rate=self._clip.rate)
        context = stream.codec_context
        context.time_base = Fraction(1, _TICKS)
        height, width = image.shape[:2]
        context.width, context.height = max(2, width // 2 * 2), max(2, height // 2 * 2)
        context.pix_fmt = "yuv420p"
        aspect = self._clip.aspect(frame)
        if aspect:
            context.sample_aspect_ratio = aspect
        # The colors of the original: decoded, drawn on and encoded in the same color space.
        context.colorspace = frame.picture.colorspace or _UNKNOWN_COLORS
        context.color_primaries = frame.picture.color_primaries
        context.color_trc = frame.picture.color_trc
        context.color_range = ColorRange.MPEG
        return stream


class _SoundCopy:
    """The sound of a clip in a copy of it.

    AAC, MP3, Opus and FLAC are copied unchanged; everything else is converted to AAC.

    Parameters
    ----------
    clip : Clip
        The original.
    file : av.container.OutputContainer
        The copy; gets an audio stream if the original has one.

    Attributes
    ----------
    origin : float
        The copy's time 0, in seconds of the clip's own clock: the start of its frames or of its
        sound, whichever is first.
    """

    def __init__(self, clip: Clip, file: av.container.OutputContainer) -> None:
        self._clip, self._file = clip, file
        self._copy: av.AudioStream | None = None
        self._encoder: av.AudioStream | None = None
        self.origin = clip.start
        if clip.sound is not None:
            self._begin(clip.sound)
        self._shift = -self.origin
        self._last: int | None = None

    def write(self, *, until: float) -> None:
        """Copy the sound decoded so far, up to a time of the clip in seconds."""
        packets = self._clip.sound_packets
        while packets and self._time(packets[0]) <= until:
            self._write(packets.popleft())

    def finish(self, *, until: float) -> None:
        """Copy the rest of the sound, up to a time of the clip in seconds."""
        self.write(until=until)
        if self._encoder is not None:
            self._file.mux(self._encoder.encode(None))

    def _begin(self, stream: av.AudioStream) -> None:
        codec = stream.codec_context
        if codec.codec.canonical_name in _COPIED_CODECS:
            self._copy = self._file.add_stream_from_template(stream)
        else:
            rates = av.Codec("aac", "w").audio_rates or []
            rate = codec.sample_rate if codec.sample_rate in rates else _USUAL_SOUND_RATE
            self._encoder = self._file.add_stream("aac", rate=rate)
            self._encoder.codec_context.layout = "mono" if codec.channels == 1 else "stereo"
        if stream.start_time is not None and stream.time_base is not None:
            self.origin = min(self.origin, float(stream.start_time * stream.time_base))

    def _time(self, packet: "av.Packet[av.AudioStream]") -> float:
        """Return when a packet is played, in seconds since the clip's first frame."""
        shown = float((packet.pts or 0) * packet.time_base)
        return shown + self._shift + self.origin - self._clip.start

    def _set_clock(self, packet: "av.Packet[av.AudioStream]", pts: int, dts: int) -> None:
        """Move a packet to the copy's clock, which continues where the clip's is set back."""
        shift = round(self._shift / packet.time_base)
        if self._last is not None and dts + shift <= self._last:
            more = self._last + max(packet.duration or 0, 1) - dts - shift
            self._shift += float(more * packet.time_base)
            shift += more
        packet.pts, packet.dts = pts + shift, dts + shift
        self._last = packet.dts

    def _write(self, packet: "av.Packet[av.AudioStream]") -> None:
        if packet.pts is None or packet.dts is None:
            return
        self._set_clock(packet, packet.pts, packet.dts)
        if self._copy is not None:
            packet.stream = self._copy
            self._file.mux(packet)
        if self._encoder is not None:
            frames: list[av.AudioFrame] = []
            with suppress(av.error.InvalidDataError):
                frames = packet.decode()
            for frame in frames:
                self._file.mux(self._encoder.encode(frame))
