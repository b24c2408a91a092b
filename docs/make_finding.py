"""Write the tables of docs/finding.md from what benchmarks/finding.py measured."""

import json
from typing import Any

from fer_utils.paths import PROJECT_ROOT

FIGURES = PROJECT_ROOT / "docs" / "finding.json"
# The columns: what finds the faces, and its title.
FINDERS = {
    "all": '`faces="all"`',
    "near": '`"near"`',
    "far": '`"far"`',
    "haar": '`"haar"`',
    "fer": "`fer` 25.10",
}
# Sides of faces: the lower end of each range, and its title.
SIDES = {
    "16": "16 to 24 pixels",
    "24": "24 to 40 pixels",
    "40": "40 to 100 pixels",
    "100": "100 to 384 pixels",
}
NO_FACE = "no face"


def blocks() -> dict[str, str]:
    """Return the tables by the names of their markers."""
    measured = json.loads(FIGURES.read_text(encoding="utf-8"))
    return {
        "recall": recall_table(measured["recall"]),
        "times": times_table(measured["times"]),
        "clips": clips_table(measured["clips"]),
    }


def recall_table(recall: dict[str, Any]) -> str:
    """Return which share of the faces is found, by condition and size."""
    rows = [
        [f"{condition}, {title}", *(f"{shares[who][side]:.0%}" for who in FINDERS)]
        for condition, shares in recall.items()
        if condition != NO_FACE
        for side, title in SIDES.items()
    ]
    false = [f"{recall[NO_FACE][who]['false in ten']:.1f}" for who in FINDERS]
    return _table(
        ["faces", *FINDERS.values()], [*rows, ["false ones in ten empty pictures", *false]]
    )


def times_table(times: dict[str, Any]) -> str:
    """Return how long it takes to recognize the faces of a picture, and how many are found."""
    rows = []
    for name, measured in times.items():
        cells = [
            f"{measured[who]['ms']:.0f} ms, {measured[who]['found']} of {measured['faces']}"
            for who in ("all", "near", "fer")
        ]
        rows.append([name, *cells])
    return _table(["picture", *(FINDERS[who] for who in ("all", "near", "fer"))], rows)


def clips_table(clips: dict[str, Any]) -> str:
    """Return how many faces are found in the frames of a clip, and how fast."""
    rows = [
        [
            name,
            *(
                f"{measured[who]['found']:.1%}, {measured[who]['frames/s']:.0f} frames/s"
                for who in ("all", "near")
            ),
        ]
        for name, measured in clips.items()
    ]
    return _table(["clip", *(FINDERS[who] for who in ("all", "near"))], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
