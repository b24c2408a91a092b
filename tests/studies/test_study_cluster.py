"""Runs are performed on workers, in separate processes."""

from pathlib import Path

import pytest

from fer_utils.studies.study_cluster import perform_apart
from fer_utils.studies.study_plan import StudyError, StudyRun


def test_a_failing_process_is_reported_with_its_last_line(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"smote, seed 0 failed with exit code 1: .*study\.json"):
        perform_apart(tmp_path, StudyRun(method="smote", seed=0))
    assert "Traceback" in (tmp_path / "smote" / "seed_0" / "log.txt").read_text(encoding="utf-8")
