"""The annotated copy: every frame at its time, drawn on, with the sound."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from sample_videos import HAPPY, RATE, Always, InTurn, face, shades, write_video

from fer_utils.video.annotated_copy import AnnotatedCopy
from fer_utils.video.clip import Clip
from fer_utils.video.frames import read_frames
from fer_utils.video.processing import process_video
from fer_utils.vision.observation import RecognizedFace

BT709 = 1
LARGE = RecognizedFace(
    box=(16.0, 24.0, 60.0, 60.0), score=0.5, probabilities=HAPPY, emotion="happy"
)


def copied(video: Path, recognizer: Always | InTurn | None = None, **options: object) -> Path:
    path = video.with_name("copy.mp4")
    process_video(video, recognizer or Always(), annotated=path, **options)
    return path


def packets(path: Path, kind: str) -> list[tuple[float, bytes]]:
    """Return time and content of the packets of a file's sound or frames."""
    with av.open(str(path)) as file:
        stream = file.streams.best(kind)
        return [
            (float(packet.pts * packet.time_base), bytes(packet))
            for packet in file.demux(stream)
            if packet.size
        ]


def codecs(path: Path) -> dict[str, str]:
    with av.open(str(path)) as file:
        return {stream.type: stream.codec_context.name for stream in file.streams}


def length(path: Path, kind: str) -> float:
    """Return the length of a file's sound or frames in seconds, as decoded."""
    with av.open(str(path)) as file:
        if kind == "audio":
            return sum(frame.samples / frame.sample_rate for frame in file.decode(audio=0))
        stream = file.streams.video[0]
        return float(stream.duration * stream.time_base)


def loudest(path: Path) -> float:
    """Return the loudest frequency of a file's sound, in hertz."""
    with av.open(str(path)) as file:
        frames = list(file.decode(audio=0))
    wave = np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(float)
    spectrum = np.abs(np.fft.rfft(wave))
    return float(spectrum.argmax() * frames[0].sample_rate / len(wave))


def test_it_is_h264_that_browsers_play(tmp_path: Path) -> None:
    path = copied(write_video(tmp_path / "a.avi", shades(5), codec="mpeg4"))
    assert codecs(path) == {"video": "h264"}
    with av.open(str(path)) as file:
        assert file.streams.video[0].codec_context.pix_fmt == "yuv420p"
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_where_there_is_no_h264_encoder_it_is_mpeg4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = write_video(tmp_path / "a.mp4", shades(5), sound="aac")
    monkeypatch.setattr(av, "codecs_available", {"mpeg4", "aac"})
    path = copied(video)
    assert codecs(path) == {"video": "mpeg4", "audio": "aac"}
    assert len(list(read_frames(path))) == 5


def test_every_frame_keeps_its_place_and_its_time(tmp_path: Path) -> None:
    uneven = [0.0, 0.04, 0.3, 0.301, 1.7]
    video = write_video(tmp_path / "uneven.mkv", shades(5), times=uneven)
    path = copied(video)
    frames = list(read_frames(path))
    assert [frame.time for frame in frames] == pytest.approx(uneven, abs=1e-6)
    assert length(path, "video") == pytest.approx(1.7 + 1 / RATE, abs=0.001)
    found = [frame.image.mean() for frame in frames]
    np.testing.assert_allclose(found, 20 + 10 * np.arange(5), atol=3)


def test_the_last_frame_is_shown_as_long_as_before(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", shades(12))
    assert length(copied(video), "video") == pytest.approx(0.48, abs=0.001)


def test_colors_stay(tmp_path: Path) -> None:
    image = np.full((48, 64, 3), (200, 60, 30), dtype=np.uint8)
    for codec, name in (("libx264", "a.mp4"), ("mjpeg", "full_range.avi")):
        video = write_video(tmp_path / name, [image] * 3, codec=codec)
        before, after = (list(read_frames(path))[1].image for path in (video, copied(video)))
        np.testing.assert_allclose(after.astype(int), before, atol=3)


def test_faces_are_drawn_where_they_are_seen(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", shades(3, width=160, height=120))
    frames = list(read_frames(copied(video, InTurn([], [LARGE], []))))
    on_the_edge = [frame.image[84, 30:60].astype(int) for frame in frames]
    # Happy is yellow: much red and green, little blue.
    yellow = [(line[:, 0] - line[:, 2]).mean() > 60 for line in on_the_edge]
    assert yellow == [False, True, False]


def test_between_frames_that_were_looked_at_faces_stay(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", shades(6, width=160, height=120))
    frames = list(read_frames(copied(video, InTurn([LARGE], []), every=3)))
    on_the_edge = [frame.image[84, 30:60].astype(int) for frame in frames]
    yellow = [(line[:, 0] - line[:, 2]).mean() > 60 for line in on_the_edge]
    assert yellow == [True, True, True, False, False, False]


@pytest.mark.parametrize(
    ("name", "sound"), [("a.mp4", "aac"), ("a.mkv", "libopus"), ("b.mkv", "flac")]
)
def test_sound_that_mp4_holds_is_copied_as_it_is(tmp_path: Path, name: str, sound: str) -> None:
    video = write_video(tmp_path / name, shades(20), sound=sound)
    path = copied(video)
    before, after = packets(video, "audio"), packets(path, "audio")
    assert [content for _, content in after] == [content for _, content in before]
    times = [[time for time, _ in part] for part in (after, before)]
    assert times[0] == pytest.approx(times[1], abs=0.002)
    assert length(path, "audio") == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(
    ("name", "sound"), [("a.mkv", "pcm_s16le"), ("b.mkv", "mp2"), ("c.mkv", "ac3")]
)
def test_other_sound_becomes_aac(tmp_path: Path, name: str, sound: str) -> None:
    path = copied(write_video(tmp_path / name, shades(20), sound=sound))
    assert codecs(path)["audio"] == "aac"
    assert length(path, "audio") == pytest.approx(0.8, abs=0.05)
    assert loudest(path) == pytest.approx(440, abs=3)


def test_sound_and_frames_keep_their_distance(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.ts", shades(20), sound="aac")
    before = packets(video, "video")[0][0] - packets(video, "audio")[0][0]
    path = copied(video)
    after = min(time for time, _ in packets(path, "video")) - packets(path, "audio")[0][0]
    assert after == pytest.approx(before, abs=0.001)
    assert [frame.time for frame in read_frames(path)] == pytest.approx(np.arange(20) / RATE)


def test_sound_that_goes_on_after_the_frames_is_kept(tmp_path: Path) -> None:
    times = np.arange(20) / 50
    video = write_video(tmp_path / "a.mkv", shades(20), times=times.tolist(), sound="aac")
    path = copied(video)
    assert length(path, "video") < 0.5
    assert length(path, "audio") == pytest.approx(0.8, abs=0.03)


def test_sound_is_written_beside_the_frames_and_not_kept(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", shades(20), sound="aac")
    waiting = []
    with Clip(video, sound=True) as clip, AnnotatedCopy(tmp_path / "copy.mp4", clip) as copy:
        for frame in clip.decode():
            copy.add(frame, None)
            waiting.append(len(clip.sound_packets))
    # Forty packets in all; a file may hold sound a little ahead of its frames.
    assert len(packets(video, "audio")) > 35
    assert max(waiting) < 10


def test_sound_ends_where_the_video_was_stopped(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", shades(20), sound="aac")
    answers = iter([False] * 9 + [True])
    path = copied(video, should_stop=lambda: next(answers))
    assert len(list(read_frames(path))) == 10
    assert length(path, "audio") == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize("sound", ["aac", "ac3"])
def test_where_the_clock_is_set_back_the_sound_goes_on(tmp_path: Path, sound: str) -> None:
    once = write_video(tmp_path / "a.ts", shades(20), sound=sound).read_bytes()
    (tmp_path / "twice.ts").write_bytes(2 * once)
    path = copied(tmp_path / "twice.ts")
    assert len(list(read_frames(path))) == 40
    assert length(path, "audio") == pytest.approx(1.6, abs=0.1)


def test_without_sound_there_is_none(tmp_path: Path) -> None:
    assert codecs(copied(write_video(tmp_path / "a.mp4", shades(3)))) == {"video": "h264"}


def test_a_phones_video_is_stored_the_right_way_up(tmp_path: Path) -> None:
    image = np.full((48, 64, 3), 40, dtype=np.uint8)
    image[:16, :16] = 230
    (frame,) = read_frames(copied(write_video(tmp_path / "a.mp4", [image], rotation=-90)))
    assert frame.image.shape == (64, 48, 3)
    assert frame.image[0, -1, 0] > 200
    assert frame.image[0, 0, 0] < 60


def test_sides_become_even(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", shades(3, width=65, height=49), codec="mpeg4")
    assert {frame.image.shape for frame in read_frames(path)} == {(49, 65, 3)}
    assert {frame.image.shape for frame in read_frames(copied(path))} == {(48, 64, 3)}


def test_the_shape_of_pixels_and_the_rule_of_colors_are_passed_on(tmp_path: Path) -> None:
    file = av.open(str(tmp_path / "wide.mp4"), "w")
    stream = file.add_stream("libx264", rate=RATE, width=64, height=48, pix_fmt="yuv420p")
    stream.codec_context.sample_aspect_ratio = Fraction(16, 15)
    stream.codec_context.colorspace = BT709
    stream.set_display_rotation(90)
    red = np.full((48, 64, 3), (200, 60, 30), dtype=np.uint8)
    file.mux([*stream.encode(av.VideoFrame.from_ndarray(red)), *stream.encode(None)])
    file.close()
    path = copied(tmp_path / "wide.mp4")
    with av.open(str(path)) as copy:
        context = copy.streams.video[0].codec_context
        # Turned by a quarter, what was wide is high.
        assert (context.sample_aspect_ratio, context.colorspace) == (Fraction(15, 16), BT709)
    before, after = (next(read_frames(one)).image for one in (tmp_path / "wide.mp4", path))
    np.testing.assert_allclose(after.astype(int), before, atol=3)


def test_frames_of_another_size_are_scaled_to_the_first(tmp_path: Path) -> None:
    small = write_video(tmp_path / "a.ts", shades(3)).read_bytes()
    large = write_video(tmp_path / "b.ts", shades(3, width=128, height=96)).read_bytes()
    (tmp_path / "both.ts").write_bytes(small + large)
    frames = list(read_frames(copied(tmp_path / "both.ts", Always(face()))))
    assert [frame.image.shape for frame in frames] == [(48, 64, 3)] * 6
    assert [frame.time for frame in frames] == pytest.approx(np.arange(6) / RATE)
