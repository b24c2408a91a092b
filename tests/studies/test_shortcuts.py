"""What shortcuts add to a score, on four faces counted by hand, and resample by resample."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fer_utils.studies.comparison import draw
from fer_utils.studies.shortcuts import (
    BEST_EPOCH,
    BOTH,
    MORE_FACES,
    MORE_FACES_CLEAN,
    gather_shortcuts,
    measure_shortcuts,
    shortcut_table,
)
from fer_utils.studies.study_folder import StudyFolder
from fer_utils.studies.study_plan import StudyError, StudyRun

Run = dict[str, NDArray]


def run_of(public: NDArray, private: NDArray, copies: list[bool] | None = None) -> Run:
    """Return predictions that are correct where the arrays (epochs, n) hold a 1."""
    labels = {
        f"{name}_labels": np.full(of.shape[1], 4, np.uint8)
        for name, of in (("public", public), ("private", private))
    }
    predicted = {"public": (3 + public).astype(np.uint8), "private": (3 + private).astype(np.uint8)}
    known = np.zeros(private.shape[1], bool) if copies is None else np.array(copies)
    return predicted | labels | {"private_copies": known}


def bits(*epochs: str) -> NDArray:
    """Return one row per epoch, with a digit for each face."""
    return np.array([[int(digit) for digit in epoch] for epoch in epochs])


# PublicTest chooses the second epoch, and then the first of two equal ones.
PLAIN = [
    run_of(bits("1100", "1110", "1010"), bits("1000", "1100", "1110")),
    run_of(bits("1100", "0011", "1000"), bits("1000", "1110", "1100")),
]
# The first face is a copy of a learned one.
COPIES = [True, False, False, False]
EXTENDED = [
    run_of(bits("1111", "1111", "1111"), bits("1111", "1110", "1111"), COPIES),
    run_of(bits("1111", "1111", "1111"), bits("1111", "1110", "1100"), COPIES),
]


@pytest.mark.parametrize(
    ("name", "honest", "shortcut", "by_seed"),
    [
        (BEST_EPOCH, (2 / 4 + 1 / 4) / 2, 3 / 4, [1 / 4, 2 / 4]),
        (MORE_FACES, (3 / 4 + 2 / 4) / 2, (1 + 2 / 4) / 2, [1 / 4, 0]),
        (MORE_FACES_CLEAN, (2 / 3 + 1 / 3) / 2, (1 + 1 / 3) / 2, [1 / 3, 0]),
        (BOTH, (2 / 4 + 1 / 4) / 2, 1, [2 / 4, 3 / 4]),
    ],
)
def test_gains_are_those_counted_by_hand(
    name: str, honest: float, shortcut: float, by_seed: list[float]
) -> None:
    gain = measure_shortcuts(PLAIN, EXTENDED, resamples=10)[name]
    assert gain.honest.value == pytest.approx(honest)
    assert gain.shortcut.value == pytest.approx(shortcut)
    assert gain.difference.value == pytest.approx(shortcut - honest)
    assert gain.by_seed == pytest.approx(by_seed)


def test_each_resample_chooses_again() -> None:
    """The intervals are those of faces that are repeated one by one."""
    random = np.random.default_rng(5)
    # Later epochs are better, but only on PrivateTest, so that the interval stays above 0.
    chances = np.linspace(0.3, 0.9, 6)[:, None]
    made = [
        run_of(random.integers(2, size=(6, 40)), random.binomial(1, chances, (6, 30)))
        for _ in range(3)
    ]
    faces, seeds = draw(30, 3, resamples=60, seed=7)
    public_faces, _ = draw(40, 3, resamples=60, seed=8)
    gains = []
    for drawn, drawn_public, of in zip(faces, public_faces, seeds, strict=True):
        inflated = []
        for run in (made[number] for number in of):
            public, private = (
                np.repeat(run[name] == 4, counts.astype(int), axis=1).mean(axis=1)
                for name, counts in (("public", drawn_public), ("private", drawn))
            )
            inflated.append(private.max() - private[public.argmax()])
        gains.append(np.mean(inflated))
    found = measure_shortcuts(made, made, resamples=60, seed=7)[BEST_EPOCH].difference
    assert found.value == pytest.approx(gains[0])
    # Otherwise the test would not show that the interval is moved.
    shift = np.mean(gains[1:]) - gains[0]
    assert abs(shift) > 0.01
    expected = np.quantile(gains[1:], [0.025, 0.975]) - shift
    assert expected[0] > 0
    assert (found.low, found.high) == pytest.approx(tuple(expected))


def test_the_interval_of_the_best_epoch_ends_at_zero_and_no_other_one() -> None:
    """Two epochs that are equally good on both splits, but on other faces of PrivateTest."""
    runs = [run_of(bits("10" * 20, "10" * 20), bits("10" * 20, "01" * 20))]
    worse = [run_of(bits("10" * 20, "10" * 20), bits("10" * 20, "10" * 20))]
    gains = measure_shortcuts(runs, worse, resamples=200)
    assert gains[BEST_EPOCH].difference.value == gains[MORE_FACES].difference.value == 0
    assert gains[BEST_EPOCH].difference.low == 0
    assert gains[BEST_EPOCH].difference.high > 0.05
    assert gains[MORE_FACES].difference.low < -0.1


def test_equal_epochs_and_networks_gain_nothing_however_uncertain_they_are() -> None:
    same = [run_of(bits("1010", "1010"), bits("1001", "1001"))]
    for gain in measure_shortcuts(same, same, resamples=50).values():
        assert set(asdict(gain.difference).values()) == {0}
        assert gain.honest.high - gain.honest.low > 0.4


@pytest.mark.parametrize("count", [0, 1])
def test_runs_that_cannot_be_paired_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"at least one, got {count} and {2 * count}"):
        measure_shortcuts(PLAIN[:count], EXTENDED[: 2 * count])


def test_the_table_shows_each_seed() -> None:
    gains = measure_shortcuts(PLAIN, EXTENDED, resamples=10)
    table = shortcut_table({name: asdict(gain) for name, gain in gains.items()})
    assert table.index.tolist() == [BEST_EPOCH, MORE_FACES, MORE_FACES_CLEAN, BOTH]
    row = table.loc[BEST_EPOCH]
    assert row["without"].startswith("37.5% (")
    assert row["with"].startswith("75.0% (")
    assert row["difference"].startswith("+37.5 (")
    assert row["by seed"] == "+25.0, +50.0"


def test_only_seeds_with_both_networks_are_compared(
    shortcuts_study: StudyFolder, tmp_path: Path
) -> None:
    assert len(gather_shortcuts(shortcuts_study)[BOTH].by_seed) == 1
    manifest = (shortcuts_study.path / "study.json").read_text(encoding="utf-8")
    (tmp_path / "study.json").write_text(manifest, encoding="utf-8")
    partial = StudyFolder(tmp_path)
    partial.write_metrics(StudyRun(method="training_only", seed=0), {})
    partial.write_metrics(StudyRun(method="with_public_test", seed=1), {})
    with pytest.raises(StudyError, match="no seed with finished runs of training_only and with_p"):
        gather_shortcuts(partial)
