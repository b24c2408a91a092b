"""Write the tables and figures of the README and of docs/ from stored measurements."""

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import make_finding
import make_live
import make_studies
from make_trials import BASE, CHANGES

from fer_utils import open_model
from fer_utils.evaluation.baselines import PUBLISHED
from fer_utils.model.metrics import Estimate, Metrics
from fer_utils.paths import PROJECT_ROOT, SHIPPED_MODEL, write_text
from fer_utils.studies.comparison import percentage_points

DOCS = PROJECT_ROOT / "docs"
TRIALS = DOCS / "trials"
# The sets of faces that choices are made on.
CHOSEN = ("PublicTest", "PublicTest, votes")
FRAMING = DOCS / "framing.json"
PEER_SPEED = DOCS / "peers.json"

FER = "PyPI `fer` 25.10, measured on the same files"
# The sets of the results table, with the headlines that are shown of each.
SETS = ("PrivateTest", "PrivateTest-clean")
HEADLINES = ("accuracy", "macro_f1")
# The rows of other systems, after their scores in `PUBLISHED`: what they are, their number of
# parameters, and their accuracy and macro-F1 on PrivateTest-clean.
PEERS = {
    "PyPI fer": (FER, "58 k", 0.643, 0.610),
    "people": ("people (Goodfellow et al. 2013)", "", None, None),
}

BY_LABELS = SHIPPED_MODEL.with_name("fer2013")
# The rows of the table of agreement with people: names in a model's `people()`, and their titles.
AGREEMENTS = {
    SHIPPED_MODEL: {
        "this model, balanced prior": "**`models/people`** (learned from votes; the default)",
        "this model, even prior": "the same, prior `even`",
        "one person": "one person, against the votes of the others",
        "official label": "the official label",
    },
    BY_LABELS: {"this model": "`models/fer2013` (learned from labels)"},
}
FIGURES = ("accuracy", "macro_f1", "balanced_accuracy", "accuracy_paper")
FER_ON_VOTES = ("65.3%", "56.3%", "", "")

# What `benchmarks/peers.py` measures: title, format, and whether higher is better.
SPEEDS = {
    "one ms": ("a picture with one face, decoded", "{:.1f} ms", False),
    "ten ms": ("a picture with ten faces, decoded", "{:.1f} ms", False),
    "video frames/s": ("a video with one face", "{:.0f} frames/s", True),
    "peak MB": ("memory for a five-minute video", "{:.0f} MB", False),
}


def documents() -> dict[Path, dict[str, str]]:
    """Return the generated blocks of each document, by the names of their markers."""
    return {
        PROJECT_ROOT / "README.md": {
            "people": people_table(),
            "results": results_table(BY_LABELS),
        },
        DOCS / "claims.md": {"shortcuts": make_studies.shortcuts_block()},
        DOCS / "finding.md": make_finding.blocks(),
        DOCS / "live.md": make_live.blocks(),
        DOCS / "peers.md": {"peers": speed_table()},
        DOCS / "training.md": {"framing": framing_sentence()},
    }


def with_blocks(text: str, blocks: dict[str, str]) -> str:
    """Return a document in which each block is between the two markers of its name."""
    for name, block in blocks.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, found, rest = text.partition(begin)
        if not found or end not in rest:
            raise ValueError(f"expected the markers {begin} and {end}: add them to the document")
        text = f"{before}{begin}\n{block}\n{end}{rest.partition(end)[2]}"
    return text


def results_table(path: Path) -> str:
    """Return how a model folder compares with others as Markdown."""
    model = open_model(path)
    metrics = model.metrics()
    figures = [str(getattr(metrics[name], headline)) for name in SETS for headline in HEADLINES]
    lines = [
        "| system | parameters | PrivateTest | macro-F1 | PrivateTest-clean | macro-F1 |",
        "|---|---|---|---|---|---|",
        f"| this project | {model.card['parameters']:,} | {' | '.join(figures)} |",
        *map(peer_line, PEERS),
    ]
    return "\n".join(lines)


def people_table() -> str:
    """Return who agrees how much with people on PrivateTest, as Markdown."""
    rows = []
    for model, whos in AGREEMENTS.items():
        people = open_model(model).people()
        people = people[people["set"] == "PrivateTest"]
        for who, title in whos.items():
            own = people[people["who"] == who].set_index("figure")
            cells = [str(Estimate(*own.loc[name, ["value", "low", "high"]])) for name in FIGURES]
            rows.append((title, *cells))
    rows.append((FER, *FER_ON_VOTES))
    return "\n".join(
        [
            "| who | accuracy | macro-F1 | balanced accuracy | protocol of FER+ |",
            "|---|---|---|---|---|",
            *(f"| {' | '.join(row)} |" for row in rows),
        ]
    )


def peer_line(name: str) -> str:
    """Return the row of another system."""
    description, parameters, *clean = PEERS[name]
    accuracy, low, _, macro_f1 = PUBLISHED[name]
    shown = ["" if figure is None else f"{figure:.1%}" for figure in (accuracy, macro_f1, *clean)]
    if low is not None:
        shown[0] = f"{100 * accuracy:.0f} ± {accuracy - low:.0%}"
    cells = (description, parameters, *shown)
    return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|"


def framing_sentence() -> str:
    """Return what `benchmarks/framing.py` measured on faces in larger frames."""
    figures = json.loads(FRAMING.read_text(encoding="utf-8"))["all keypoints"]
    return (
        "A camera frames faces differently from the data set. Pasted into a larger frame, found by "
        f"BlazeFace\n({figures['found']:.1%} of them), and cropped again, {figures['crop']:.1%} of "
        f"the PublicTest faces are classified\ncorrectly; as they are in the data set, "
        f"{figures['original']:.1%} of the same faces (`python benchmarks/framing.py`)."
    )


def speed_table() -> str:
    """Return what `benchmarks/peers.py` measured as Markdown."""
    measured = json.loads(PEER_SPEED.read_text(encoding="utf-8"))
    own, peer = measured["this project"], measured["fer"]
    lines = ["| | this project | `fer` 25.10 | ratio |", "|---|---|---|---|"]
    for name, (title, form, higher_is_better) in SPEEDS.items():
        ratio = own[name] / peer[name] if higher_is_better else peer[name] / own[name]
        cells = (title, form.format(own[name]), form.format(peer[name]), f"{ratio:.1f}x")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def keep_trial(model: Path, name: str) -> None:
    """Store the training and the PublicTest metrics of a model folder as a trial."""
    folder = open_model(model)
    trial = {
        "parameters": folder.card["parameters"],
        "balancing": folder.card["balancing"],
        "training": folder.card["training"],
        **{name: scores.to_dict() for name, scores in folder.metrics().items() if name in CHOSEN},
    }
    write_text(TRIALS / f"{name}.json", json.dumps(trial, indent=2))


def trials_page() -> str:
    """Return what was tried as Markdown: whole models, and changes of a short recipe."""
    lines = [
        "# What was tried",
        "",
        "Choices are made on PublicTest and on parts of Training, never on PrivateTest.",
        "`python docs/make_results.py` writes this page.",
        "",
        "## Whole models",
        "",
        "Trained on the cleaned Training split of FER-2013, scored on PublicTest.",
        "",
        *trial_table(),
        "",
        "## One change at a time",
        "",
        *change_table(json.loads(CHANGES.read_text(encoding="utf-8"))),
        "",
    ]
    return "\n".join(lines)


def trial_table() -> list[str]:
    """Return the table of whole models, best first."""
    trials = {
        path.stem: json.loads(path.read_text(encoding="utf-8")) for path in TRIALS.glob("*.json")
    }
    accuracies = {
        name: [Metrics.from_dict(trial[each]).accuracy if each in trial else "" for each in CHOSEN]
        for name, trial in trials.items()
    }
    lines = [
        "| trial | parameters | balancing | faces | updates | minutes | accuracy | on the votes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in sorted(trials, key=lambda name: -trials[name]["PublicTest"]["accuracy"]["value"]):
        trial = trials[name]
        training, balancing = trial["training"], trial["balancing"]
        lines.append(
            f"| [{name}](trials/{name}.json) | {trial['parameters']:,} | {balancing['strategy']} | "
            f"{balancing['images']:,} | {training['recipe']['updates']:,} | "
            f"{training['seconds'] / 60:.0f} | {' | '.join(map(str, accuracies[name]))} |"
        )
    return lines


def change_table(changes: dict[str, Any]) -> list[str]:
    """Return what each change to a recipe gains, and what it costs."""
    recipe, trials = changes["recipes"][BASE], changes["trials"]
    lines = [
        f"A network of {trials[BASE]['parameters']:,} parameters learns from the votes on a sixth",
        f"of Training ({changes['learned']:,} faces) in {recipe['updates']:,} updates of "
        f"{recipe['batch_size']} faces, so",
        "that it sees each face as often as a long training does. It is scored on faces with a",
        "single winner of the votes: those of PublicTest and of the rest of Training, "
        f"{changes['scored']:,} in",
        "all. *Degraded* are those of PublicTest with blur, noise, darkness, and low resolution of",
        f"strength 3. Each trial has {len(changes['seeds'])} seeds. Differences are in percentage",
        "points, with 95% intervals from a paired bootstrap over faces and seeds.",
        "`python docs/make_trials.py data/raw/fer2013.zip data/raw/fer2013new.csv` trains and",
        "measures.",
        "",
        "| changed | core minutes | accuracy | difference | macro-F1 | difference | degraded | "
        "difference |",
        "|---|---|---|---|---|---|---|---|",
    ]
    columns = (("clean", "accuracy"), ("clean", "macro_f1"), ("degraded", "accuracy"))
    for name, trial in trials.items():
        cells = [name, f"{trial['processor_seconds'] / 60:.0f}"]
        for part, figure in columns:
            difference = Estimate(**trial[part]["differences"][figure])
            cells.append(f"{trial[part]['figures'][figure]['value']:.1%}")
            cells.append("" if name == BASE else percentage_points(difference))
        lines.append(f"| {' | '.join(cells)} |")
    usual, fewer = (
        changes["recipes"][name]["augmentation"]["degrade"]
        for name in (BASE, "fewer degraded faces")
    )
    return [
        *lines,
        "",
        f"Without a change, {usual:.0%} of the faces are degraded in each of four ways;",
        f"*fewer* are {fewer:.0%}. The recipe `full` has the stage of full resolution if it learns",
        "from votes. What does not help is not in the package, only in `docs/trial_changes.py`.",
    ]


def main() -> None:
    """Write the figures and the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, nargs="?", default=SHIPPED_MODEL)
    parser.add_argument("--trial", metavar="NAME", help="only add this model to the trials")
    options = parser.parse_args()
    if options.trial:
        keep_trial(options.model, options.trial)
    else:
        make_studies.write_page()
        for path, blocks in documents().items():
            write_text(path, with_blocks(path.read_text(encoding="utf-8"), blocks))
    write_text(DOCS / "trials.md", trials_page())


if __name__ == "__main__":
    main()
