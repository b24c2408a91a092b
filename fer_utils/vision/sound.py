"""The sound of a video, brought into a copy of it."""

import math
from collections.abc import Iterator

import av

from fer_utils.vision.clips import Clip, open_file

# What MP4 holds and browsers play.
_KEPT = ("aac", "mp3", "opus", "flac")
_USUAL_RATE = 48_000


class Sound:
    """The sound of a clip on its way into a copy.

    It is read from the file a second time, beside the frames. AAC, MP3, Opus and FLAC are copied
    as they are; all else becomes AAC.

    Parameters
    ----------
    clip : Clip
        Whose sound: the one that players choose where there are several.
    file : av.container.OutputContainer
        The copy; gets a stream for the sound if there is any.

    Attributes
    ----------
    origin : float
        What is 0 in the copy, in seconds of the clip's own clock: where its frames or its sound
        begin, whichever is first.
    """

    def __init__(self, clip: Clip, file: av.container.OutputContainer) -> None:
        self._clip, self._file = clip, file
        self._source = open_file(clip.path)
        self._copy: av.AudioStream | None = None
        self._encoder: av.AudioStream | None = None
        self.origin = clip.start
        self._packets: Iterator[av.Packet[av.AudioStream]] = iter(())
        stream = self._source.streams.best("audio")
        if isinstance(stream, av.AudioStream) and stream.codec_context is not None:
            self._begin(stream)
        self._next = self._read()

    def write(self, *, until: float) -> None:
        """Copy the sound up to a time of the clip in seconds."""
        while self._next is not None and self._time(self._next) <= until:
            self._write(self._next)
            self._next = self._read()

    def finish(self, *, until: float) -> None:
        """Copy the sound up to a time of the clip in seconds; no more may follow."""
        self.write(until=until)
        if self._encoder is not None:
            self._file.mux(self._encoder.encode(None))

    def close(self) -> None:
        """Close the clip's file."""
        self._source.close()

    def _begin(self, stream: av.AudioStream) -> None:
        codec = stream.codec_context
        if codec.codec.canonical_name in _KEPT:
            self._copy = self._file.add_stream_from_template(stream)
        else:
            rates = av.Codec("aac", "w").audio_rates or []
            rate = codec.sample_rate if codec.sample_rate in rates else _USUAL_RATE
            self._encoder = self._file.add_stream("aac", rate=rate)
            self._encoder.codec_context.layout = "mono" if codec.channels == 1 else "stereo"
        if stream.start_time is not None and stream.time_base is not None:
            self.origin = min(self.origin, float(stream.start_time * stream.time_base))
        self._packets = self._source.demux(stream)

    def _read(self) -> "av.Packet[av.AudioStream] | None":
        """Return the next packet that has a time; None after the last one."""
        try:
            return next((packet for packet in self._packets if packet.pts is not None), None)
        except av.error.InvalidDataError:
            return None

    def _time(self, packet: "av.Packet[av.AudioStream]") -> float:
        """Return when a packet is heard, in seconds since the clip's first frame."""
        if packet.pts is None or packet.time_base is None:
            return -math.inf
        return float(packet.pts * packet.time_base) - self._clip.start

    def _write(self, packet: "av.Packet[av.AudioStream]") -> None:
        if self._copy is not None:
            _shift(packet, -self.origin)
            packet.stream = self._copy
            self._file.mux(packet)
        if self._encoder is not None:
            for frame in _decode(packet):
                _shift(frame, -self.origin)
                self._file.mux(self._encoder.encode(frame))


def _decode(packet: "av.Packet[av.AudioStream]") -> list[av.AudioFrame]:
    try:
        return packet.decode()
    except av.error.InvalidDataError:
        return []


def _shift(part: "av.Packet[av.AudioStream] | av.AudioFrame", seconds: float) -> None:
    """Move a part of the sound in time."""
    if part.time_base is None:
        return
    ticks = round(seconds / part.time_base)
    if part.pts is not None:
        part.pts += ticks
    if part.dts is not None:
        part.dts += ticks
