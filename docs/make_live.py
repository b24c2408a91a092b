"""Write the tables of docs/live.md from what benchmarks/live.py and live_memory.py measured."""

import json
from typing import Any

from fer_utils.paths import PROJECT_ROOT

FIGURES = PROJECT_ROOT / "docs" / "live.json"
# The rows of the table of speed, as far as they were measured: front end, camera, method.
LIVE_ROWS = (
    ("static", "60", "page"),
    ("static", "60, 5 faces", "page"),
    ("voila", "60", "page"),
    ("lab", "60", "page"),
    ("voila", "60", "live"),
    ("voila", "30", "live"),
    ("lab", "30", "live"),
    ("voila", "30", "ImageRecorder loop"),
    ("voila", "30", "half-second timer"),
)
FRONTS = {"static": "static page", "voila": "page of its own (Voilà)", "lab": "JupyterLab"}
CAMERAS = {
    "60": "60 frames/s",
    "60, 5 faces": "60 frames/s, five faces",
    "30": "30 frames/s",
}
METHODS = {
    "page": "in the page",
    "live": "in the kernel",
    "ImageRecorder loop": "ipywebrtc's `ImageRecorder` in a loop",
    "half-second timer": "a picture every half second",
}
# The rows of the table of memory, and the seconds that it shows.
MEMORIES = {
    "page": "scripts of the page",
    "worker": "scripts of the worker",
    "wasm": "WebAssembly",
}
SECONDS = {15: "after 15 s", 60: "1 minute", 120: "2 minutes", 180: "3 minutes"}


def blocks() -> dict[str, str]:
    """Return the tables by the names of their markers."""
    measured = json.loads(FIGURES.read_text(encoding="utf-8"))
    memory = measured.pop("memory")
    return {"live": speed_table(measured), "memory": memory_table(memory)}


def speed_table(measured: dict[str, Any]) -> str:
    """Return how many frames are recognized, and how fast, by front end, method, and camera."""
    rows = {
        (row["front"], camera, row["way"]): row for camera, rows in measured.items() for row in rows
    }
    lines = [
        "| where | how | camera | recognized | capture to answer, median | 95th percentile |",
        "|---|---|---|---|---|---|",
    ]
    for front, camera, method in filter(rows.__contains__, LIVE_ROWS):
        row = rows[front, camera, method]
        times = [f"{row[name]:.0f} ms" if name in row else "" for name in ("round trip", "p95")]
        lines.append(
            f"| {FRONTS[front]} | {METHODS[method]} | {CAMERAS[camera]} | "
            f"{row['frames/s']:.1f} frames/s | {' | '.join(times)} |"
        )
    return "\n".join(lines)


def memory_table(measured: list[dict[str, Any]]) -> str:
    """Return how much memory the page takes as time passes."""
    lines = [f"| where | memory | {' | '.join(SECONDS.values())} |", "|---|---|---|---|---|---|"]
    for row in measured:
        samples = {sample["second"]: sample for sample in row["samples"]}
        for name, title in MEMORIES.items():
            cells = [f"{samples[second][name]:.1f} MB" for second in SECONDS]
            lines.append(f"| {FRONTS[row['front']]} | {title} | {' | '.join(cells)} |")
    return "\n".join(lines)
