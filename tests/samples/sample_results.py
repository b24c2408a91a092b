"""Stored results of studies."""

from typing import Any

import numpy as np
import pytest

from fer_utils.studies.study_plan import BALANCING, REPRODUCE
from fer_utils.studies.study_results import Results


def estimate(value: float, reach: float = 0.01) -> dict[str, float]:
    return {"value": value, "low": value - reach, "high": value + reach}


def method(value: float, **differences: float) -> dict[str, Any]:
    names = ("accuracy", "balanced_accuracy", "macro_f1", "recall_disgust", "recall_fear")
    every = (*names, "calibration_error")
    return {
        "seeds": [0, 1],
        "figures": {name: estimate(value) for name in every},
        "differences": {name: estimate(differences.get(name, 0.0)) for name in every},
        "private_test_clean": {"accuracy": 0.5, "balanced_accuracy": 0.4, "macro_f1": 0.3},
        "processor_seconds": 90.0,
        "peak_memory_mib": 1536,
    }


@pytest.fixture
def balancing_results() -> Results:
    """Return results in which SMOTE gains macro-F1 and loses accuracy and calibration."""
    smote = method(0.5, accuracy=-0.02, macro_f1=0.03, calibration_error=0.04, recall_fear=0.005)
    return Results(
        {
            "source": "tiny",
            "real_people": False,
            "settings": {"study": BALANCING, "recipe": {"updates": 4, "epochs": 2}},
            "processor_cores": 2,
            "methods": {"none": method(0.6), "smote": smote},
        }
    )


def protocol_run(leaks: dict[str, tuple[int, int]], scores: dict[str, float]) -> dict[str, Any]:
    return {
        "leaks": {name: {"faces": n, "copies": copies} for name, (n, copies) in leaks.items()},
        "scores": {
            name: {
                "count": leaks[name][0],
                "accuracy": estimate(accuracy),
                "macro_f1": estimate(accuracy / 2),
                "confusion": np.eye(7, dtype=int).tolist(),
            }
            for name, accuracy in scores.items()
        },
    }


@pytest.fixture
def reproduce_results() -> Results:
    """Return results of every method, with two seeds for the training with copies."""
    honest_leaks = {
        "PrivateTest": (10, 0),
        "PrivateTest-copies": (2, 0),
        "PrivateTest-clean": (8, 0),
    }
    honest = dict(zip(honest_leaks, (0.5, 0.75, 0.4375), strict=True))
    copied = honest_leaks | {"PrivateTest": (10, 2), "PrivateTest-copies": (2, 2)}
    first = dict(zip(copied, (0.55, 1.0, 0.45), strict=True))
    second = dict(zip(copied, (0.45, 0.5, 0.45), strict=True))
    halves = {"validation": (20, 2), "test": (40, 40)}
    return Results(
        {
            "source": "tiny",
            "real_people": False,
            "settings": {"study": REPRODUCE},
            "processor_cores": 2,
            "methods": {
                "a_published": {"runs": [protocol_run(halves, {"validation": 0.6, "test": 0.66})]},
                "a_honest": {"runs": [protocol_run(honest_leaks, honest)]},
                "b_published": {"runs": [protocol_run({"test": (50, 30)}, {"test": 0.8})]},
                "b_honest": {"runs": [protocol_run(honest_leaks, honest)]},
                "without_copies": {"runs": [protocol_run(honest_leaks, honest)]},
                "with_copies": {
                    "runs": [protocol_run(copied, first), protocol_run(copied, second)]
                },
            },
        }
    )
