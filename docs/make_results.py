"""Make the figures and the results table that README shows, from a model folder's own files."""

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import make_studies
import matplotlib.pyplot as plt
from make_trials import BASE, CHANGES

from fer_utils.data.drawn_faces.sampling import draw_faces
from fer_utils.evaluation.baselines import PUBLISHED, Published
from fer_utils.model.metrics import Estimate, Evaluation
from fer_utils.model.model_card import table_lines, times
from fer_utils.model.model_folder import open_model
from fer_utils.paths import PROJECT_ROOT, SHIPPED_MODEL, atomic_file
from fer_utils.plots.face_plots import plot_contact_sheet
from fer_utils.plots.score_plots import plot_confusion
from fer_utils.studies.study_results import points

DOCS = PROJECT_ROOT / "docs"
IMAGES = DOCS / "images"
TRIALS = DOCS / "trials"
FRAMING = DOCS / "framing.json"
LIVE = DOCS / "live.json"
PEER_SPEED = DOCS / "peers.json"
README = PROJECT_ROOT / "README.md"

# What stands where in the live table: page, camera's frames per second, way.
LIVE_ROWS = (
    ("voila", "60", "live"),
    ("voila", "30", "live"),
    ("lab", "30", "live"),
    ("voila", "30", "ImageRecorder loop"),
    ("voila", "30", "half-second timer"),
)
FRONTS = {"voila": "page of its own (Voilà)", "lab": "JupyterLab"}
WAYS = {
    "live": "this project",
    "ImageRecorder loop": "ipywebrtc's `ImageRecorder` in a loop",
    "half-second timer": "a picture every half second",
}
# Title, form and whether more is better of what `benchmarks/peers.py` measures.
SPEEDS = {
    "one ms": ("a picture with one face, decoded", "{:.1f} ms", False),
    "ten ms": ("a picture with ten faces, decoded", "{:.1f} ms", False),
    "video frames/s": ("a video with one face", "{:.0f} frames/s", True),
    "peak MB": ("memory on a video of five minutes", "{:.0f} MB", False),
}


def results_table(model: Path) -> str:
    """Return the results of a model folder as Markdown.

    Parameters
    ----------
    model : Path
        A model folder with ``card.json`` and ``metrics.json``.

    Returns
    -------
    str
        One row for each set of faces, how the model was made, and how it compares.
    """
    stored = open_model(model)
    evaluations = stored.evaluations()
    training, balancing = stored.card["training"], stored.card["balancing"]
    figures = " | ".join(
        f"{getattr(evaluations[name], headline).value:.1%}"
        for name in ("PrivateTest", "PrivateTest-clean")
        for headline in ("accuracy", "macro_f1")
    )
    lines = [
        *table_lines(evaluations),
        "",
        f"`{model.name}`: {stored.card['parameters']:,} parameters, "
        f"{balancing['images']:,} faces balanced with `{balancing['strategy']}`, "
        f"seed {training['seed']}, epoch {training['best_epoch']} of "
        f"{training['epochs']} kept, trained in {training['seconds'] / 60:.0f} minutes "
        f"in {training['precision']} on {training['processor_cores']} processor cores. "
        f"PrivateTest was scored {times(stored.private_test_scored)}.",
        "",
        "| system | parameters | PrivateTest | macro-F1 | PrivateTest-clean | macro-F1 |",
        "|---|---|---|---|---|---|",
        f"| this project | {stored.card['parameters']:,} | {figures} |",
        *map(peer_line, PUBLISHED),
        "",
        framing_sentence(json.loads(FRAMING.read_text())["all keypoints"]),
    ]
    return "\n".join(lines)


def peer_line(peer: Published) -> str:
    """Return the row of another system: its accuracy and macro-F1, then those without copies."""
    figures = (peer.accuracy, peer.macro_f1, peer.clean_accuracy, peer.clean_macro_f1)
    shown = ["" if figure is None else f"{figure:.1%}" for figure in figures]
    if peer.margin:
        shown[0] = f"{100 * peer.accuracy:.0f} ± {peer.margin:.0%}"
    cells = (peer.description, peer.parameters, *shown)
    return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|"


def framing_sentence(figures: dict[str, float]) -> str:
    """Return what `benchmarks/framing.py` found out about faces in larger frames."""
    return (
        "A camera frames faces otherwise than the data set. Pasted into a larger frame, found by "
        f"BlazeFace ({figures['found']:.1%} of them) and cropped again, PublicTest faces are named "
        f"rightly in {figures['crop']:.1%} of cases; the same faces as they came, in "
        f"{figures['original']:.1%} (`python benchmarks/framing.py`)."
    )


def live_table() -> str:
    """Return what `benchmarks/live.py` found out about the live camera as Markdown."""
    rows = {
        (row["front"], rate, row["way"]): row
        for rate, measured in json.loads(LIVE.read_text()).items()
        for row in measured
    }
    lines = [
        "| where | how | camera | recognized | from capture to answer, median | 95% within |",
        "|---|---|---|---|---|---|",
    ]
    for front, rate, way in LIVE_ROWS:
        row = rows[front, rate, way]
        times = [f"{row[name]:.0f} ms" if name in row else "" for name in ("round trip", "p95")]
        lines.append(
            f"| {FRONTS[front]} | {WAYS[way]} | {rate} frames/s | {row['frames/s']:.1f} frames/s | "
            f"{' | '.join(times)} |"
        )
    return "\n".join(lines)


def speed_table() -> str:
    """Return what `benchmarks/peers.py` found out as Markdown."""
    found = json.loads(PEER_SPEED.read_text())
    own, peer = found["this project"], found["fer"]
    lines = ["| | this project | `fer` 25.10 | |", "|---|---|---|---|"]
    for name, (title, form, higher_is_better) in SPEEDS.items():
        ratio = own[name] / peer[name] if higher_is_better else peer[name] / own[name]
        cells = (title, form.format(own[name]), form.format(peer[name]), f"{ratio:.1f} times")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def readme_with(**blocks: str) -> str:
    """Return README's text with each block between the two markers of its name."""
    text = README.read_text()
    for name, block in blocks.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n{block}\n{end}{rest.partition(end)[2]}"
    return text


def keep_trial(model: Path, name: str) -> None:
    """Store what a model folder says of its training and of PublicTest as a trial."""
    run = open_model(model)
    trial = {
        "parameters": run.card["parameters"],
        "balancing": run.card["balancing"],
        "training": run.card["training"],
        "PublicTest": run.evaluations()["PublicTest"].to_dict(),
    }
    TRIALS.mkdir(exist_ok=True)
    with atomic_file(TRIALS / f"{name}.json") as temporary:
        temporary.write_text(json.dumps(trial, indent=2))


def trials_page() -> str:
    """Return what was tried as Markdown: whole models, and changes of a short recipe."""
    lines = [
        "# What was tried",
        "",
        "Every trial learned from the same cleaned Training split of FER-2013 and is scored on",
        "PublicTest alone, the split that choices are made on. The page is written by",
        "`python docs/make_results.py`.",
        "",
        "## Whole models",
        "",
        *trial_table(),
        "",
        "## One change at a time",
        "",
        "The network of `quick`, balanced with `log_class_weight`, with one change each.",
        "Differences are in points, with 95% intervals of a paired bootstrap over faces and seeds;",
        "with one seed they do not tell how lucky it was. What helps a short training need not",
        "help a long one.",
        "`python docs/make_trials.py data/raw/fer2013.zip` trains and measures.",
        "",
    ]
    for family in json.loads(CHANGES.read_text()).values():
        lines += change_table(family)
    return "\n".join(lines)


def trial_table() -> list[str]:
    """Return the trials that are stored in files of their own, the best first."""
    trials = {path.stem: json.loads(path.read_text()) for path in TRIALS.glob("*.json")}
    accuracies = {
        name: Evaluation.from_dict(trial["PublicTest"]).accuracy for name, trial in trials.items()
    }
    lines = [
        "| trial | parameters | balancing | faces | updates | minutes | PublicTest accuracy |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in sorted(trials, key=lambda name: -accuracies[name].value):
        trial = trials[name]
        training, balancing = trial["training"], trial["balancing"]
        lines.append(
            f"| [{name}](trials/{name}.json) | {trial['parameters']:,} | {balancing['strategy']} | "
            f"{balancing['images']:,} | {training['recipe']['updates']:,} | "
            f"{training['seconds'] / 60:.0f} | {accuracies[name]} |"
        )
    return lines


def change_table(family: dict[str, Any]) -> list[str]:
    """Return what each change of a recipe gives, beside what it costs."""
    trials = family["trials"]
    recipe, seeds = trials[BASE]["recipe"], len(family["seeds"])
    lines = [
        f"{recipe['updates']:,} updates, {seeds} seed{'s' * (seeds > 1)}:",
        "",
        "| changed | parameters | core minutes | accuracy | difference | macro-F1 | difference |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, trial in trials.items():
        cells = [name, f"{trial['parameters']:,}", f"{trial['processor_seconds'] / 60:.0f}"]
        for figure in ("accuracy", "macro_f1"):
            difference = Estimate(**trial["differences"][figure])
            cells.append(f"{trial['figures'][figure]['value']:.1%}")
            cells.append("" if name == BASE else points(difference))
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def main() -> None:
    """Write the figures and the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, nargs="?", default=SHIPPED_MODEL)
    parser.add_argument("--trial", metavar="NAME", help="only add this model to the trials")
    options = parser.parse_args()
    if options.trial:
        keep_trial(options.model, options.trial)
    else:
        IMAGES.mkdir(parents=True, exist_ok=True)
        plot_contact_sheet(draw_faces(1000), seed=2)
        plt.savefig(IMAGES / "drawn_faces.png", dpi=80)
        plot_confusion(open_model(options.model).evaluations()["PrivateTest"].confusion)
        plt.savefig(IMAGES / "confusion.png", dpi=80)
        text = readme_with(
            results=results_table(options.model),
            studies=make_studies.studies_block(),
            live=live_table(),
            peers=speed_table(),
        )
        make_studies.write_page()
        with atomic_file(README) as temporary:
            temporary.write_text(text)
    with atomic_file(DOCS / "trials.md") as temporary:
        temporary.write_text(trials_page())


if __name__ == "__main__":
    main()
