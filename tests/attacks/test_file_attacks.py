"""Names and kinds of files that hang a program, speak to a terminal, or start a spreadsheet."""

import ipaddress
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sample_videos import Always, face, write_video

from fer_utils.cli import main as command_line
from fer_utils.cli.prediction import Predictor, TerminalTable, video_progress_bar
from fer_utils.cli.prediction_files import list_sources, open_results, plan_copies
from fer_utils.data.drawn_faces import draw_faces
from fer_utils.data.faces import DataError, Faces
from fer_utils.data.ferplus import add_votes
from fer_utils.data.provenance import Provenance
from fer_utils.data.sources import load_faces
from fer_utils.paths import PROJECT_ROOT, atomic_file, display_path
from fer_utils.scoring.scoring_run import score
from fer_utils.video.sinks import csv_text
from fer_utils.vision.download import is_public

posix = pytest.mark.skipif(os.name != "posix", reason="such files and names exist on POSIX only")
LONGEST = 255
ESCAPE = "\x1b]0;owned\x07\x1b[2J"


@pytest.fixture
def impatient() -> Iterator[None]:
    """End a test that waits for a pipe."""

    def give_up(number: int, frame: FrameType | None) -> None:
        pytest.fail("waited for a pipe")

    usual = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, usual)


def picture(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (64, 48), "gray").save(path, "PNG")
    return path


@posix
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", ["pipe.csv", "pipe.zip", "pipe.npz"])
def test_a_pipe_is_no_data(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match=r"pipe\.\w+ is neither a file nor a folder"):
        load_faces(tmp_path / name)


@posix
@pytest.mark.usefixtures("impatient")
def test_a_pipe_in_a_class_folder_is_skipped(tmp_path: Path) -> None:
    picture(tmp_path / "happy" / "a.png")
    os.mkfifo(tmp_path / "happy" / "b.png")
    (tmp_path / "happy" / "c.png").symlink_to("c.png")
    options = {"require_all_classes": False, "require_all_splits": False}
    faces = load_faces(tmp_path, on_error="skip", **options)
    assert len(faces) == 1
    assert [item.item.split(" ")[0] for item in faces.provenance.skipped] == [
        "happy/b.png",
        "happy/c.png",
    ]


@posix
@pytest.mark.usefixtures("impatient")
def test_pipes_are_no_votes(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "votes.csv")
    with pytest.raises(DataError, match=r"votes\.csv is not a table of votes"):
        add_votes(draw_faces(170, seed=0), tmp_path / "votes.csv")


@posix
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ["pipe", "loop"])
def test_pipes_and_links_to_themselves_are_errors_of_their_own(tmp_path: Path, kind: str) -> None:
    for suffix in (".png", ".mp4"):
        path = tmp_path / f"{kind}{suffix}"
        os.mkfifo(path) if kind == "pipe" else path.symlink_to(path.name)
    sources, _ = list_sources([str(tmp_path)])
    copies = plan_copies(sources, tmp_path / "copies")
    predictor = Predictor(Always(), copies=copies)
    errors = [predictor.predict(source).error for source in sources]
    expected = "is missing: check the path" if kind == "loop" else "is not a file: give the path"
    assert [error[: len(expected)] for error in errors] == [expected] * 2
    assert score(tmp_path, tmp_path / "out", workers=0).errors == 2
    if kind == "loop":
        with pytest.raises(DataError, match="is neither in the current folder nor in the root"):
            load_faces(tmp_path / "loop.png")


def test_a_zip_of_a_version_to_come_is_an_error(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(picture(tmp_path / "a.png"), "happy/a.png")
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[data.index(b"PK\x01\x02") + 6] = 99
    for name in ("a.zip", "a.npz"):
        (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=r"truncated or damaged \(zip file version 9\.9\)"):
        load_faces(tmp_path / "a.zip")
    with pytest.raises(DataError, match=r"zip file version 9\.9"):
        Faces.load(tmp_path / "a.npz")


@posix
@pytest.mark.parametrize("letter", ["a", "\N{GRINNING FACE}"])
def test_the_longest_names_can_be_annotated(tmp_path: Path, letter: str) -> None:
    for folder in ("one", "two"):
        for suffix in (".png", ".bmp"):
            stem = letter * ((LONGEST - len(suffix)) // len(letter.encode()))
            picture(tmp_path / folder / f"{stem}{suffix}")
    sources, _ = list_sources([str(tmp_path)])
    copies = plan_copies(sources, tmp_path / "copies")
    predictor = Predictor(Always(), copies=copies)
    assert [predictor.predict(source).error for source in sources if source.endswith(".png")] == [
        "",
        "",
    ]
    names = [path.name for path in (tmp_path / "copies").iterdir()]
    assert len(names) == 2
    assert all(len(path.name.encode()) <= LONGEST for path in copies.values())
    assert len(set(copies.values())) == 4


@posix
@pytest.mark.parametrize("name", ["a" * 251 + ".csv", "a." + "b" * 253])
def test_the_longest_name_can_be_written(tmp_path: Path, name: str) -> None:
    with atomic_file(tmp_path / name) as file:
        file.touch()
    assert [path.name for path in tmp_path.iterdir()] == [name]


@posix
def test_no_name_speaks_to_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    bad = tmp_path / f"{ESCAPE}.png"
    bad.write_text("no picture")
    good = picture(tmp_path / f"{ESCAPE}good.png")
    table = TerminalTable([str(good)])
    for path in (good, bad):
        table.show(str(path), Predictor(Always(face())).predict(str(path)))
    with video_progress_bar(str(bad)):
        pass
    command_line.main(["evaluate", str(bad)])
    command_line.main(["data", "--source", str(bad)])
    print(display_path(bad))
    print(Provenance(source=ESCAPE, kind="x").describe())
    printed = "".join(capfd.readouterr())
    assert "owned" in printed
    assert not {"\x1b", "\x07"} & set(printed)


@posix
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_name_is_a_formula(tmp_path: Path, start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = f"{start}1+1.png"
    picture(Path(name))
    with open_results(csv=tmp_path / "a.csv", json=tmp_path / "a.json") as results:
        Predictor(Always(face(x=-4.0)), results).predict(name)
    stored = pd.read_csv(tmp_path / "a.csv")
    assert stored["file"].tolist() == [f"./{name}"]
    assert Path(stored["file"][0]).samefile(name)
    assert stored["x"].tolist() == [-4]
    assert csv_text([{"file": name, "x": -4}], ["file", "x"]).splitlines()[-1].endswith(",-4")
    assert pd.read_json(tmp_path / "a.json")["file"].tolist() == [name]


@posix
def test_no_name_ends_a_row(tmp_path: Path) -> None:
    path = picture(tmp_path / "a\r=1+1\n-2.png")
    with open_results(csv=tmp_path / "a.csv") as results:
        Predictor(Always(), results).predict(str(path))
    assert pd.read_csv(tmp_path / "a.csv")["file"].tolist() == [str(path).replace("\r", r"\r")]


def test_addresses_of_old_private_networks_are_refused() -> None:
    assert not is_public(ipaddress.ip_address("fec0::1"))
    assert not is_public(ipaddress.ip_address("feff:ffff::1"))
    assert is_public(ipaddress.ip_address("2606:4700::1"))


_FULL_DISK = """
import resource, sys
from sample_videos import Always
from fer_utils.cli import main, predict_command
predict_command.Recognizer = lambda *_, **__: Always()
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
sys.exit(main.main(["predict", *sys.argv[1:]]))
"""


@posix
@pytest.mark.parametrize("suffix", [".png", ".mp4"])
def test_a_full_disk_keeps_the_earlier_files(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (5, 480, 640, 3), dtype=np.uint8)
    write_video(tmp_path / "a.mp4", list(noise))
    Image.fromarray(noise[0]).save(tmp_path / "a.png")
    earlier = {"faces.csv": "of before", "faces.json": "[]", f"copies/a{suffix}": "before, too"}
    (tmp_path / "copies").mkdir()
    for name, text in earlier.items():
        (tmp_path / name).write_text(text)
    options = "--csv", "faces.csv", "--json", "faces.json", "--annotate", "copies"
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, f"a{suffix}", *options],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(PROJECT_ROOT), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert {name: (tmp_path / name).read_text() for name in earlier} == earlier
    assert len(list(tmp_path.rglob("*"))) == 6
