"""What a finished training is scored by."""

import sys
from typing import Any

from fer_utils.data.faces import Faces
from fer_utils.model.metrics import evaluate_probabilities
from fer_utils.model.trained import Trained


def score_sets(trained: Trained, sets: dict[str, Faces]) -> dict[str, dict[str, Any]]:
    """Return the figures of each set of faces by its name, each set predicted once."""
    return {
        name: evaluate_probabilities(trained.probabilities(faces.images), faces.labels).to_dict()
        for name, faces in sets.items()
    }


def describe_training(trained: Trained) -> dict[str, Any]:
    """Return how a training went, ready for JSON."""
    return {
        "parameters": trained.network.count_params(),
        "epochs": len(trained.history),
        "best_epoch": trained.best_epoch,
        "precision": trained.precision,
        "seconds": round(trained.seconds, 1),
        "peak_memory_mib": peak_memory(),
        "history": trained.history.round(4).to_dict(orient="list"),
    }


def peak_memory() -> int | None:
    """Return the most memory this process has had at once, in MiB; None where nobody tells."""
    try:
        import resource  # Windows has none.
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 2**20 if sys.platform == "darwin" else peak // 2**10
