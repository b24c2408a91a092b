"""Decode video files: every frame once, at its own time."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from sample_videos import RATE, damage, shades, write_video

from fer_utils.video.clip import Clip, VideoError
from fer_utils.video.frames import read_frames

KINDS = {
    "a.mp4": "libx264",
    "a.mkv": "libx264",
    "a.ts": "libx264",
    "a.h264": "libx264",
    "a.avi": "mpeg4",
    "motion.avi": "mjpeg",
    "a.webm": "libvpx",
}


def times(path: Path) -> list[float]:
    return [round(frame.time, 6) for frame in read_frames(path)]


def numbers(path: Path) -> list[int]:
    return [frame.number for frame in read_frames(path)]


@pytest.mark.parametrize(("name", "codec"), KINDS.items())
def test_every_frame_comes_once_in_its_place_and_at_its_time(
    tmp_path: Path, name: str, codec: str
) -> None:
    frames = list(read_frames(write_video(tmp_path / name, shades(12), codec=codec)))
    assert [frame.number for frame in frames] == list(range(12))
    assert [frame.time for frame in frames] == pytest.approx(np.arange(12) / RATE)
    found = [frame.image.mean() for frame in frames]
    np.testing.assert_allclose(found, 20 + 10 * np.arange(12), atol=3)
    assert {(frame.image.shape, frame.image.dtype.name) for frame in frames} == {
        ((48, 64, 3), "uint8")
    }


def test_colors_are_red_first(tmp_path: Path) -> None:
    red = np.full((48, 64, 3), (220, 30, 30), dtype=np.uint8)
    (frame,) = read_frames(write_video(tmp_path / "red.mp4", [red]))
    np.testing.assert_allclose(frame.image.mean(axis=(0, 1)), (220, 30, 30), atol=4)


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    uneven = [0.0, 0.04, 0.3, 0.31, 1.7]
    for name in ("uneven.mkv", "uneven.mp4"):
        assert times(write_video(tmp_path / name, shades(5), times=uneven)) == uneven


def test_times_count_from_the_first_frame_of_a_file_whose_clock_does_not(tmp_path: Path) -> None:
    path = write_video(tmp_path / "late.ts", shades(12), first=7.0)
    with Clip(path) as clip:
        assert clip.start == pytest.approx(7.0, abs=0.2)
    assert times(path) == pytest.approx(np.arange(12) / RATE)


def test_where_the_clock_is_set_back_times_go_on(tmp_path: Path) -> None:
    small = write_video(tmp_path / "a.ts", shades(3)).read_bytes()
    large = write_video(tmp_path / "b.ts", shades(3, width=128, height=96)).read_bytes()
    (tmp_path / "both.ts").write_bytes(small + large)
    assert times(tmp_path / "both.ts") == pytest.approx(np.arange(6) / RATE)


def test_a_size_that_changes_midway_is_followed(tmp_path: Path) -> None:
    small = write_video(tmp_path / "a.ts", shades(3)).read_bytes()
    large = write_video(tmp_path / "b.ts", shades(3, width=128, height=96)).read_bytes()
    (tmp_path / "both.ts").write_bytes(small + large)
    sizes = [frame.image.shape[:2] for frame in read_frames(tmp_path / "both.ts")]
    assert sizes == [(48, 64)] * 3 + [(96, 128)] * 3


@pytest.mark.parametrize(
    ("rotation", "corner"), [(90, (-1, 0)), (-90, (0, -1)), (180, (-1, -1)), (0, (0, 0))]
)
def test_a_phones_rotation_is_applied(
    tmp_path: Path, rotation: int, corner: tuple[int, int]
) -> None:
    image = np.full((48, 64, 3), 40, dtype=np.uint8)
    image[:16, :16] = 230
    path = write_video(tmp_path / "turned.mp4", [image], rotation=rotation)
    (frame,) = read_frames(path)
    assert frame.image.shape == ((64, 48, 3) if rotation % 180 else (48, 64, 3))
    assert frame.image.flags.c_contiguous
    assert frame.image[corner][0] > 200
    assert sorted(frame.image[y, x, 0] > 200 for y in (0, -1) for x in (0, -1)) == [0, 0, 0, 1]


@pytest.mark.parametrize("name", ["picture.png", "picture.jpg"])
def test_a_picture_is_a_video_of_one_frame(tmp_path: Path, name: str) -> None:
    Image.fromarray(shades(1)[0]).save(tmp_path / name)
    (frame,) = read_frames(tmp_path / name)
    assert (frame.number, frame.time, frame.image.shape) == (0, 0, (48, 64, 3))


@pytest.mark.parametrize("name", ["日本語 été.mp4", "a:b 100%d.mp4"])
def test_any_file_name_works(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_video(tmp_path / "plain.mp4", shades(2)).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert numbers(Path(name)) == [0, 1]


@pytest.mark.parametrize("number", [4, 10, 11])
def test_damaged_frames_are_left_out_and_counted(tmp_path: Path, number: int) -> None:
    path = write_video(tmp_path / "damaged.mp4", shades(12), options={"g": "1", "bf": "0"})
    damage(path, [number])
    with Clip(path) as clip:
        frames = list(clip.decode())
        assert clip.damaged == 1
    rest = np.delete(np.arange(12), number)
    assert [frame.time for frame in frames] == pytest.approx(rest / RATE)
    assert [frame.number for frame in frames] == list(range(11))


def test_frames_that_need_a_damaged_one_still_come(tmp_path: Path) -> None:
    path = write_video(tmp_path / "damaged.mp4", shades(12), options={"g": "12", "bf": "0"})
    damage(path, [3])
    with Clip(path) as clip:
        assert len(list(clip.decode())) == 11
        assert clip.damaged >= 1


@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "libx264"), ("motion.avi", "mjpeg")])
def test_of_a_truncated_file_the_frames_before_the_end_are_read(
    tmp_path: Path, name: str, codec: str, astronaut: np.ndarray
) -> None:
    images = [np.roll(astronaut[:96, :128], 3 * number, axis=1) for number in range(20)]
    path = write_video(tmp_path / name, images, codec=codec, options={"g": "1"})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    found = numbers(path)
    assert found == list(range(len(found)))
    assert 7 <= len(found) <= 13


def test_an_mp4_file_that_lost_its_index_is_told(tmp_path: Path) -> None:
    path = write_video(tmp_path / "cut.mp4", shades(12))
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"moov") - 4])
    with pytest.raises(VideoError, match=r"cut.mp4 is not a .* video, or its index is missing"):
        numbers(path)


def test_a_video_without_a_frame_is_told(tmp_path: Path) -> None:
    path = write_video(tmp_path / "none.mp4", shades(1))
    damage(path, [0])
    with pytest.raises(VideoError, match=r"none.mp4 has no readable frame"):
        numbers(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"none.mp4 is missing: check the path"):
        numbers(tmp_path / "none.mp4")


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="is not a file: give the path of one video"):
        numbers(tmp_path)


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(VideoError, match=r"empty.mp4 is empty"):
        numbers(tmp_path / "empty.mp4")


def test_text_called_a_video_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video\n" * 100)
    with pytest.raises(VideoError, match=r"text.mp4 is not a readable video"):
        numbers(tmp_path / "text.mp4")


def test_text_is_not_shown_as_a_film(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("no video\n" * 100)
    with pytest.raises(VideoError, match=r"text.txt is not a readable video"):
        numbers(tmp_path / "text.txt")


def test_sound_alone_is_told_and_its_cover_is_no_video(tmp_path: Path) -> None:
    write_video(tmp_path / "both.mkv", shades(3), sound="pcm_s16le")
    for name, cover in (("sound.mka", False), ("cover.mp4", True)):
        with av.open(str(tmp_path / "both.mkv")) as source:
            file = av.open(str(tmp_path / name), "w")
            audio = file.add_stream("aac", rate=48_000, layout="mono")
            if cover:
                picture = file.add_stream("mjpeg", rate=1)
                picture.width, picture.height, picture.pix_fmt = 64, 48, "yuvj420p"
                picture.disposition = av.stream.Disposition.attached_pic
                file.mux(picture.encode(av.VideoFrame.from_ndarray(shades(1)[0])))
                file.mux(picture.encode(None))
            for frame in source.decode(audio=0):
                file.mux(audio.encode(frame))
            file.mux(audio.encode(None))
            file.close()
        with pytest.raises(VideoError, match=f"{name} has no pictures: use a video"):
            numbers(tmp_path / name)


def test_length_and_rate_are_those_of_the_file(tmp_path: Path) -> None:
    with Clip(write_video(tmp_path / "a.mp4", shades(10))) as clip:
        assert (clip.duration, clip.interval) == pytest.approx((0.4, 0.04), abs=0.002)
    with Clip(write_video(tmp_path / "a.h264", shades(10))) as clip:
        assert clip.duration is None
