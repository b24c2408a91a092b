"""The options and output of ``fer-utils score``."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fer_utils.cli import score_command
from fer_utils.cli.main import main
from fer_utils.paths import SHIPPED_MODEL
from fer_utils.scoring import scoring_run


def test_the_command_says_where_the_tables_are(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list.txt").write_text(f"{photos / '00.jpg'}\n{photos / 'gone.jpg'}")
    out = tmp_path / "results.parquet"
    command = ["score", str(tmp_path / "list.txt"), "--out", str(out), "--workers", "0"]
    assert main(command) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("2 files in ")
    assert first.endswith(f"pandas.read_parquet({str(out)!r})")
    errors = str(out / "_errors")
    assert second == f"1 could not be scored: see pandas.read_parquet({errors!r})"
    assert pd.read_parquet(out)["emotion"].tolist() == ["happy"]
    assert main(command) == 0
    assert "\n1 of 1 parts were already done\n" in capsys.readouterr().out


def test_the_command_passes_its_options_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call: dict[str, Any] = {}

    def score(inputs: Path, out: Path, **options: Any) -> scoring_run.ScoringSummary:
        call.update(options, inputs=inputs, out=out)
        del call["on_progress"]
        return scoring_run.ScoringSummary(
            files=1000, errors=0, parts=2, parts_before=0, seconds=60.4, worker_seconds=9
        )

    monkeypatch.setattr(score_command, "score", score)
    given = "score in --out out --faces haar --fps 2.5 --partition 9 --restart --workers 3"
    assert main(given.split()) == 0
    assert capsys.readouterr().out == "1,000 files in 60 s: pandas.read_parquet('out')\n"
    assert call == {
        "inputs": Path("in"),
        "out": Path("out"),
        "model": SHIPPED_MODEL,
        "faces": "haar",
        "rate": 2.5,
        "partition": 9,
        "scheduler": None,
        "restart": True,
        "workers": 3,
    }
    assert main(["score", "in", "--out", "out", "--scheduler", "tcp://a:1"]) == 0
    assert (call["scheduler"], call["partition"]) == ("tcp://a:1", scoring_run.PARTITION)


def test_workers_and_a_scheduler_are_too_much(capsys: pytest.CaptureFixture[str]) -> None:
    given = "score in --out out --scheduler tcp://a:1 --workers 3"
    assert main(given.split()) == 2
    assert "Mutually exclusive arguments: {--workers, --scheduler}" in capsys.readouterr().err


def test_ctrl_c_ends_with_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*args: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(score_command, "score", interrupted)
    out = tmp_path / "out"
    assert main(["score", "in", "--out", str(out)]) == 130
    printed = capsys.readouterr().err
    assert printed == f"{out} keeps what is done: run the same command to continue\nstopped\n"
