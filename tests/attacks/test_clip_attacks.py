"""Videos made to read other files, to take gigabytes, or to fail in unusual ways."""

import struct
from pathlib import Path

import av
import pandas as pd
import pytest
from sample_videos import Always, InTurn, shades, write_video

from fer_utils.cli.prediction import Predictor
from fer_utils.cli.prediction_files import open_results
from fer_utils.video import clip
from fer_utils.video.clip import Clip, VideoError
from fer_utils.video.frames import read_frames
from fer_utils.video.processing import process_video

_PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n"
_MANIFEST = """<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"
mediaPresentationDuration="PT1S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>
<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="9"><BaseURL>{}</BaseURL>
<SegmentBase indexRange="0-0"/></Representation></AdaptationSet></Period></MPD>"""
_LISTS = {
    "a.m3u8": _PLAYLIST,
    "b.mp4": "ffconcat version 1.0\nfile '{}'\n",
    "c.mpd": _MANIFEST,
    "d.sdp": "v=0\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """Write a video that nobody may see."""
    return write_video(tmp_path / "secret.ts", shades(5))


@pytest.mark.parametrize("name", _LISTS)
def test_a_list_of_other_files_is_not_followed(secret: Path, name: str) -> None:
    path = secret.with_name(name)
    path.write_text(_LISTS[name].replace("{}", secret.name), encoding="utf-8")
    with pytest.raises(VideoError, match="is not a readable video"):
        list(read_frames(path))


def test_a_name_is_no_pattern_of_other_names(tmp_path: Path) -> None:
    for number, name in enumerate(("a1.jpg", "a2.jpg", "a%d.jpg")):
        write_video(tmp_path / "a.avi", shades(number + 1), codec="mjpeg")
        with Clip(tmp_path / "a.avi") as opened:
            packets = [bytes(packet) for packet in opened._container.demux(video=0)]
        (tmp_path / name).write_bytes(packets[number])
    (frame,) = read_frames(tmp_path / "a%d.jpg")
    assert round(frame.image.mean()) == pytest.approx(40, abs=3)


def huge_avi(folder: Path) -> Path:
    """Write an AVI whose header and frames claim 12,000 x 12,000 pixels."""
    path = write_video(folder / "huge.avi", shades(2), codec="mjpeg")
    data = path.read_bytes()
    data = data.replace(struct.pack("<2I", 64, 48), struct.pack("<2I", 12_000, 12_000))
    data = data.replace(struct.pack(">2H", 48, 64), struct.pack(">2H", 12_000, 12_000))
    path.write_bytes(data)
    return path


def test_the_size_is_checked_before_decoding(tmp_path: Path) -> None:
    path = huge_avi(tmp_path)
    with pytest.raises(VideoError, match="12000x12000 pixels, but the limit is 33 million"):
        Clip(path)


def test_a_size_that_grows_midway_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = write_video(tmp_path / "a.ts", shades(3)).read_bytes()
    large = write_video(tmp_path / "b.ts", shades(3, width=640, height=480)).read_bytes()
    (tmp_path / "both.ts").write_bytes(small + large)
    monkeypatch.setattr(clip, "MOST_FRAME_PIXELS", 320 * 240)
    sizes = {frame.image.shape for frame in read_frames(tmp_path / "both.ts")}
    assert sizes == {(48, 64, 3)}


def unknown_codec(folder: Path) -> Path:
    """Write a video whose codec nobody knows."""
    path = write_video(folder / "unknown.avi", shades(3), codec="mjpeg")
    path.write_bytes(path.read_bytes().replace(b"MJPG", b"Q?Q?"))
    return path


def test_every_error_of_ffmpeg_is_a_video_error(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="is of an unknown kind"):
        process_video(unknown_codec(tmp_path), Always())
    odd = InTurn([], av.error.BugError(1, "an odd encoder"))
    path = write_video(tmp_path / "a.mp4", shades(3))
    with pytest.raises(VideoError, match=r"a.mp4 cannot be processed \(an odd encoder\)"):
        process_video(path, odd)


def test_one_odd_video_does_not_end_a_prediction(tmp_path: Path) -> None:
    good = write_video(tmp_path / "good.mp4", shades(2))
    table = tmp_path / "faces.csv"
    with open_results(csv=table, json=None) as results:
        predictor = Predictor(Always(), results)
        odd, after = (predictor.predict(str(path)) for path in (unknown_codec(tmp_path), good))
    assert (odd.error or "").startswith("is of an unknown kind")
    assert not after.error
    assert pd.read_csv(table)["file"].unique().tolist() == [str(good)]
