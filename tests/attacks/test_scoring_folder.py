"""Results folders of killed runs, of two runs at once, and with files of somebody else."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_utils.scoring.job import ScoringError
from fer_utils.scoring.scoring_run import score


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), np.zeros((64, 64, 3), np.uint8))
    return folder


@pytest.mark.parametrize("restart", [False, True])
def test_a_run_that_was_killed_before_its_manifest_can_be_repeated(
    photos: Path, tmp_path: Path, restart: bool
) -> None:
    out = tmp_path / "out"
    score(photos, out, workers=0)
    (out / "_run.json").unlink()
    (out / "part-000000.parquet").unlink()
    for path in (out / "_errors").iterdir():
        path.unlink()
    assert score(photos, out, workers=0, restart=restart).files == 1


def test_a_second_run_into_the_same_folder_is_refused(photos: Path, tmp_path: Path) -> None:
    def start_another(done: int, files: int) -> None:
        with pytest.raises(ScoringError, match=r"another run is writing to .*give another --out"):
            score(photos, tmp_path / "out", workers=0)
        refusals.append(done)

    refusals: list[int] = []
    score(photos, tmp_path / "out", workers=0, on_progress=start_another)
    assert refusals == [0, 1]
    assert score(photos, tmp_path / "out", workers=0).parts_before == 1


def test_a_restart_deletes_its_own_files_only(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    score(photos, out, workers=0)
    for name in ("thesis.tex", "part-mine.parquet", "_errors/note.txt"):
        (out / name).write_text("years of work")
    assert score(photos, out, workers=0, restart=True).parts_before == 0
    for name in ("thesis.tex", "part-mine.parquet", "_errors/note.txt"):
        assert (out / name).read_text() == "years of work"
