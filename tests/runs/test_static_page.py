import json
import re
from pathlib import Path

import pytest

from fer_utils import open_model
from fer_utils.cli.main import main
from fer_utils.paths import MODELS
from fer_utils.runs.page import AppError
from fer_utils.runs.static_page import announce_page, write_static_page
from fer_utils.web.engine_files import engine_file, page_model
from fer_utils.widgets.camera import LiveCamera
from fer_utils.widgets.camera_states import state_table
from fer_utils.widgets.practice import LOOKS

MOST_BYTES = 6_000_000  # over the wire, without landmarks


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_static_page(tmp_path_factory.mktemp("static") / "page")


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_page_has_the_views_and_texts_of_the_widgets(site: Path) -> None:
    assert (site / "camera.js").read_text(encoding="utf-8") == LiveCamera._esm
    assert LiveCamera._css in (site / "page.css").read_text(encoding="utf-8")
    data = json.loads((site / "page.json").read_text(encoding="utf-8"))
    assert data["states"] == state_table()
    assert data["practice"]["looks"] == LOOKS
    assert data["model"] == json.loads(json.dumps(page_model(open_model())))


def test_it_is_light_to_load(site: Path) -> None:
    weight = sum((site / name).stat().st_size for name in names(site) - {"files/landmarks.bin"})
    assert weight < MOST_BYTES


def test_the_browser_keeps_every_file(site: Path) -> None:
    script = (site / "service_worker.js").read_text(encoding="utf-8")
    kept = re.search(r'FILES = "(.*?)"', script)
    assert kept is not None
    assert set(kept[1].split()) == {"./", *names(site) - {"service_worker.js"}}


def test_another_model_makes_another_version_and_replaces_the_page(
    site: Path, tmp_path: Path
) -> None:
    first = write_static_page(tmp_path / "page", MODELS / "fer2013")
    classifier = (first / "files" / "classifier.bin").read_bytes()
    assert classifier == engine_file("classifier", open_model(MODELS / "fer2013"))
    assert "Model: fer2013" in (first / "index.html").read_text(encoding="utf-8")
    worker = (first / "service_worker.js").read_bytes()
    second = write_static_page(tmp_path / "page")
    assert (second / "service_worker.js").read_bytes() != worker
    assert (second / "service_worker.js").read_bytes() == (site / "service_worker.js").read_bytes()


def test_it_is_written_to_an_empty_folder_but_not_over_other_files(tmp_path: Path) -> None:
    assert names(write_static_page(tmp_path))
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("three years of work", encoding="utf-8")
    with pytest.raises(AppError, match="does not hold an earlier page"):
        write_static_page(other)
    with pytest.raises(AppError, match="does not hold an earlier page"):
        write_static_page(other / "thesis.txt")
    assert names(other) == {"thesis.txt"}


def test_scripts_may_come_from_the_page_only(site: Path) -> None:
    html = (site / "index.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', html)
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in policy[1].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert rules["script-src"] == "'self' blob: 'wasm-unsafe-eval'"
    assert "<script>" not in html


def test_licenses_of_what_is_in_the_page_come_with_it(site: Path) -> None:
    text = (site / "licenses.txt").read_text(encoding="utf-8")
    for name in ("LiteRT.js", "BlazeFace", "Apache License", "MIT"):
        assert name in text


def test_the_terminal_says_how_to_try_it(site: Path) -> None:
    assert f"python -m http.server --bind 127.0.0.1 --directory {site}" in announce_page(site)


def test_the_command_writes_the_page_of_a_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "page"
    assert main(["app", "--static", str(folder), "--model", str(MODELS / "fer2013")]) == 0
    assert "Model: fer2013" in (folder / "index.html").read_text(encoding="utf-8")
    assert f"--directory {folder}" in capsys.readouterr().out


def test_a_model_is_not_ignored_where_the_page_is_served(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["app", "--model", str(MODELS / "fer2013")]) == 1
    assert "needs --static FOLDER" in capsys.readouterr().err
