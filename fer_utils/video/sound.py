"""Copy the sound of a video."""

import av

from fer_utils.video.clip import Clip

# The codecs that MP4 allows and browsers play.
_COPIED = ("aac", "mp3", "opus", "flac")
_USUAL_RATE = 48_000


class SoundCopy:
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
        if codec.codec.canonical_name in _COPIED:
            self._copy = self._file.add_stream_from_template(stream)
        else:
            rates = av.Codec("aac", "w").audio_rates or []
            rate = codec.sample_rate if codec.sample_rate in rates else _USUAL_RATE
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
            for frame in _decode(packet):
                self._file.mux(self._encoder.encode(frame))


def _decode(packet: "av.Packet[av.AudioStream]") -> list[av.AudioFrame]:
    try:
        return packet.decode()
    except av.error.InvalidDataError:
        return []
