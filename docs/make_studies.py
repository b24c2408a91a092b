"""Tell what the stored studies found: figures and a page in `docs/results/`, a part of README."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from fer_utils.paths import atomic_file
from fer_utils.plots.study_plots import plot_copies_effect, plot_differences, plot_inflation
from fer_utils.studies.collecting import RESULTS
from fer_utils.studies.protocols import CLEAN, WHOLE
from fer_utils.studies.study_plan import BALANCING, REPRODUCE
from fer_utils.studies.study_results import (
    BETTER,
    CLAIMS,
    WORSE,
    Results,
    copies_table,
    difference_table,
    figure_table,
    mean_accuracy,
    protocol_table,
    verdict_table,
)

PAIRS = {"A": ("a_published", "a_honest"), "B": ("b_published", "b_honest")}
TEST = "test"  # what both descriptions call the set of their claim
COMPARED = ("accuracy", "macro_f1", "recall_disgust", "calibration_error")


def draw_figures(folder: Path) -> None:
    """Write the three figures that README shows."""
    reproduce, balancing = load(REPRODUCE), load(BALANCING)
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.3), layout="constrained", sharey=True)
    for (name, (published, honest)), ax in zip(PAIRS.items(), axes, strict=True):
        plot_inflation(reproduce, published, honest, test=TEST, ax=ax).set_title(f"network {name}")
    save(figure, folder / "inflation.png")
    figure, ax = plt.subplots(figsize=(6, 3.3), layout="constrained")
    plot_copies_effect(reproduce, ax=ax)
    save(figure, folder / "copies.png")
    figure, axes = plt.subplots(2, 2, figsize=(10, 6), layout="constrained")
    for name, ax in zip(COMPARED, axes.flat, strict=True):
        plot_differences(balancing, name, ax=ax)
    save(figure, folder / "balancing.png")


def load(study: str) -> Results:
    """Return the stored results of a study."""
    return Results.load(RESULTS / f"{study}.json")


def save(figure: plt.Figure, path: Path) -> None:
    """Write a figure and forget it."""
    figure.savefig(path, dpi=80)
    plt.close(figure)


def studies_block() -> str:
    """Return what README tells of the studies."""
    return "\n".join(
        [
            *map(inflation_sentence, PAIRS),
            "",
            "![What is claimed, what the same protocol gives, and what an honest one gives]"
            "(docs/results/inflation.png)",
            "",
            copies_sentence(),
            "",
            "![Accuracy on parts of PrivateTest, with and without their copies in Training]"
            "(docs/results/copies.png)",
            "",
            balancing_sentence(),
            "",
            "![What each way of balancing gains over none](docs/results/balancing.png)",
        ]
    )


def inflation_sentence(name: str) -> str:
    """Return what a published result is worth."""
    results = load(REPRODUCE)
    published, honest = PAIRS[name]
    leak = results.methods[published]["runs"][0]["leaks"][TEST]
    epochs = results.values["settings"][name.lower()]["epochs"]
    return (
        f"- **Published result {name}** claims {CLAIMS[published][TEST]:.1%}. Redone as published "
        f"for {epochs} epochs at most, "
        f"{mean_accuracy(results.methods[published], TEST):.1%}: {leak['copies']:,} of its "
        f"{leak['faces']:,} test faces are among those that it learned from. Redone honestly: "
        f"{mean_accuracy(results.methods[honest], CLEAN):.1%} on PrivateTest-clean."
    )


def copies_sentence() -> str:
    """Return what the copies in the official Training split do."""
    table = copies_table(load(REPRODUCE))
    gains = {name: 100 * table.loc["difference", name] for name in table.columns}
    told = ", ".join(f"{name} {gain:+.1f}" for name, gain in gains.items())
    return (
        "**The official split leaks too.** The same network, trained with the copies of evaluation "
        f"images that stand in Training instead of without them, in points of accuracy: {told}."
    )


def balancing_sentence() -> str:
    """Return which ways of balancing help, and which do not."""
    results = load(BALANCING)
    recipe, verdicts = results.values["settings"]["recipe"], verdict_table(results)
    told = "; ".join(
        f"{figure}: better {names(verdicts[figure] == BETTER)}, "
        f"worse {names(verdicts[figure] == WORSE)}"
        for figure in ("accuracy", "macro F1", "recall disgust", "calibration error")
    )
    return (
        f"**What balancing does.** The same network with {recipe['updates']:,} updates, balanced "
        f"in {len(verdicts)} ways and compared with no balancing by a paired bootstrap over faces "
        f"and seeds, on PublicTest. {told[0].upper()}{told[1:]}. The rest is no clear difference."
    )


def names(chosen: pd.Series) -> str:
    """Return the methods that are chosen, or that there is none."""
    return ", ".join(f"`{name}`" for name in chosen.index[chosen]) or "none"


def studies_page() -> str:
    """Return the page in the folder of results: all tables."""
    reproduce, balancing = load(REPRODUCE), load(BALANCING)
    recipe = balancing.values["settings"]["recipe"]
    runs = [run for found in reproduce.methods.values() for run in found["runs"]]
    sources = {results.values["source"] for results in (reproduce, balancing)}
    lines = [
        "# What the studies found",
        "",
        f"Measured on {' and '.join(sorted(sources))}. The page is written by",
        "`python docs/make_results.py` from `reproduce.json` and `balancing.json`, which",
        "`fer-utils study reproduce --collect` and `fer-utils study balancing --collect` gather.",
        "The notebooks in [notebooks/studies](../../notebooks/studies) explain them.",
        "",
        "## Published results, redone",
        "",
        f"{len(runs)} trainings. {epochs_sentence(reproduce)}",
        "",
        *markdown(as_text(protocol_table(reproduce).reset_index())),
        "",
        "![Claimed, redone as published, redone honestly](inflation.png)",
        "",
        f"Copies of evaluation images in Training, accuracy on {WHOLE} and its parts:",
        "",
        *markdown(as_text(copies_table(reproduce).rename_axis("training").reset_index())),
        "",
        "![With and without copies](copies.png)",
        "",
        "## What balancing does",
        "",
        f"{recipe['updates']:,} updates of {recipe['batch_size']} faces, the same for all; the "
        "epoch is chosen on PublicTest, where the figures are from. 95% intervals over faces and "
        "seeds. Minutes are processor time of one training on "
        f"{balancing.values['processor_cores']} cores, the median of the seeds.",
        "",
        *markdown(figure_table(balancing).rename_axis("method").reset_index()),
        "",
        "Differences from no balancing, in percentage points:",
        "",
        *markdown(difference_table(balancing).rename_axis("method").reset_index()),
        "",
        "![Differences](balancing.png)",
        "",
        *markdown(verdict_table(balancing).rename_axis("method").reset_index()),
    ]
    return "\n".join(lines) + "\n"


def epochs_sentence(results: Results) -> str:
    """Return how long the published networks were trained."""
    settings = results.values["settings"]
    told = [f"{name.upper()} for {settings[name]['epochs']} epochs at most" for name in ("a", "b")]
    return f"Network {' and network '.join(told)}."


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with shares of 0 to 1 in percent and counts with commas."""

    def cell(value: object) -> str:
        if isinstance(value, float):
            return "" if pd.isna(value) else f"{value:.1%}"
        return f"{value:,}" if isinstance(value, int) else str(value)

    return table.map(cell)


def markdown(table: pd.DataFrame) -> list[str]:
    """Return a table's lines in Markdown."""
    rows = [list(table.columns), ["---"] * len(table.columns), *table.to_numpy().tolist()]
    return [f"| {' | '.join(map(str, row))} |" for row in rows]


def write_page() -> None:
    """Write figures and page into the folder of results."""
    draw_figures(RESULTS)
    with atomic_file(RESULTS / "README.md") as temporary:
        temporary.write_text(studies_page())
