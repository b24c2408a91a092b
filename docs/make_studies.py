"""Write docs/results/README.md with its figures, and tables, from the results of the studies."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from fer_utils.paths import write_text
from fer_utils.plots import plot_copies_effect, plot_differences, plot_inflation
from fer_utils.studies import (
    RESULTS,
    Results,
    copies_table,
    difference_table,
    figure_table,
    protocol_table,
    verdict_table,
)
from fer_utils.studies.protocols import PRIVATE_CLEAN, PRIVATE_WHOLE
from fer_utils.studies.study_plan import (
    BALANCING,
    REPRODUCE,
    SHORTCUTS,
    TRAINING_ONLY,
    WITH_PUBLIC_TEST,
)
from fer_utils.studies.study_results import BETTER, CLAIMS, WORSE, mean_accuracy

PAIRS = {"A": ("a_published", "a_honest"), "B": ("b_published", "b_honest")}
TEST = "test"  # both publications' name for the set that their accuracy refers to
COMPARED = ("accuracy", "macro_f1", "recall_disgust", "calibration_error")


def draw_figures(folder: Path) -> None:
    """Write the three figures of the page."""
    reproduce, balancing = load(REPRODUCE), load(BALANCING)
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.3), layout="constrained", sharey=True)
    for (name, (published, honest)), ax in zip(PAIRS.items(), axes, strict=True):
        plot_inflation(reproduce, published, honest, test=TEST, ax=ax).set_title(f"Network {name}")
    save(figure, folder / "inflation.png")
    figure, ax = plt.subplots(figsize=(6, 3.3), layout="constrained")
    plot_copies_effect(reproduce, ax=ax)
    save(figure, folder / "copies.png")
    figure, axes = plt.subplots(2, 2, figsize=(10, 6), layout="constrained")
    for name, ax in zip(COMPARED, axes.flat, strict=True):
        plot_differences(balancing, name, ax=ax)
    save(figure, folder / "balancing.png")


def load(study: str) -> Results:
    """Load the stored results of a study."""
    return Results.load(RESULTS / f"{study}.json")


def save(figure: plt.Figure, path: Path) -> None:
    """Save and close a figure."""
    figure.savefig(path, dpi=80)
    plt.close(figure)


def studies_page() -> str:
    """Return the page as Markdown: a summary of each study, its figures, and its tables."""
    reproduce, balancing = load(REPRODUCE), load(BALANCING)
    recipe = balancing.values["settings"]["recipe"]
    runs = [run for found in reproduce.methods.values() for run in found["runs"]]
    sources = {results.values["source"] for results in (reproduce, balancing)}
    lines = [
        "# Results of the studies",
        "",
        f"Measured on `{'` and `'.join(sorted(sources))}`. `python docs/make_results.py` writes "
        "this page from `reproduce.json` and `balancing.json`, which "
        "`fer-utils study reproduce --collect` and `fer-utils study balancing --collect` write. "
        "The notebooks in [notebooks/studies](../../notebooks/studies) explain the results.",
        "",
        "## Published results, reproduced",
        "",
        *(inflation_sentence(reproduce, name) for name in PAIRS),
        "",
        "![Accuracy as claimed, with the same protocol, and with an honest one](inflation.png)",
        "",
        f"{len(runs)} trainings. {epochs_sentence(reproduce)} *Copies learned* are scored faces "
        "with an exact copy in the training data. The intervals are 95% bootstrap intervals.",
        "",
        *markdown(as_text(protocol_table(reproduce).reset_index())),
        "",
        "## The leak of the official split",
        "",
        copies_sentence(reproduce),
        "",
        "![Accuracy on parts of PrivateTest, with and without copies in Training](copies.png)",
        "",
        f"Accuracy on {PRIVATE_WHOLE} and its parts:",
        "",
        *markdown(as_text(copies_table(reproduce).rename_axis("training").reset_index())),
        "",
        "## Balancing",
        "",
        *balancing_summary(balancing),
        "",
        "![Differences from no balancing](balancing.png)",
        "",
        f"Every network gets {recipe['updates']:,} updates of {recipe['batch_size']} faces. Unless "
        "stated otherwise, figures are from PublicTest, which also decides the epoch, with 95% "
        "intervals over faces and seeds. Minutes are the processor time of one training on "
        f"{balancing.values['processor_cores']} cores, the median over the seeds.",
        "",
        *markdown(figure_table(balancing).rename_axis("method").reset_index()),
        "",
        "Differences from no balancing, in percentage points:",
        "",
        *markdown(difference_table(balancing).rename_axis("method").reset_index()),
        "",
        "Methods that are better or worse with 95% confidence:",
        "",
        *markdown(verdict_table(balancing).rename_axis("method").reset_index()),
    ]
    return "\n".join(lines) + "\n"


def inflation_sentence(results: Results, name: str) -> str:
    """Return a list item that compares a published accuracy with an honest one."""
    published, honest = PAIRS[name]
    leak = results.methods[published]["runs"][0]["leaks"][TEST]
    return (
        f"- **Network {name}** claims {CLAIMS[published][TEST]:.1%}. With the same protocol we "
        f"measure {mean_accuracy(results.methods[published], TEST):.1%}: the network has learned "
        f"from {leak['copies']:,} of its {leak['faces']:,} test faces. With an honest protocol, "
        f"it reaches {mean_accuracy(results.methods[honest], PRIVATE_CLEAN):.1%} on "
        f"{PRIVATE_CLEAN}, the faces of PrivateTest without a copy in Training."
    )


def epochs_sentence(results: Results) -> str:
    """Return how long the published networks were trained."""
    settings = results.values["settings"]
    epochs = [f"network {name.upper()} for up to {settings[name]['epochs']}" for name in ("a", "b")]
    return f"We trained {' and '.join(epochs)} epochs."


def copies_sentence(results: Results) -> str:
    """Return the effect of the copies in the official Training split."""
    gains = 100 * copies_table(results).loc["difference"]
    shown = ", ".join(f"{gain:+.1f} on {name}" for name, gain in gains.items())
    return (
        "Some images of the official Training split are exact copies of evaluation images. When "
        f"the network also learns from those, its accuracy changes by {shown} (percentage points)."
    )


def balancing_summary(results: Results) -> list[str]:
    """Return which balancing methods help, and which do not."""
    recipe, verdicts = results.values["settings"]["recipe"], verdict_table(results)
    figures = ("accuracy", "macro-F1", "disgust recall", "calibration error")
    return [
        f"The same network with {recipe['updates']:,} updates, trained with {len(verdicts)} "
        "balancing methods and compared with no balancing by a paired bootstrap over faces and "
        "seeds. Methods that are not listed show no clear difference.",
        "",
        "| figure | better | worse |",
        "| --- | --- | --- |",
        *(
            f"| {figure} | {names(verdicts[figure] == BETTER)} | "
            f"{names(verdicts[figure] == WORSE)} |"
            for figure in figures
        ),
    ]


def names(chosen: pd.Series) -> str:
    """Return the chosen methods, or a dash."""
    return ", ".join(f"`{name}`" for name in chosen.index[chosen]) or "-"


def shortcuts_block() -> str:
    """Return what two shortcuts add to a score as Markdown: how it was measured, and the table."""
    results = load(SHORTCUTS)
    runs, more = (results.methods[name]["runs"] for name in (TRAINING_ONLY, WITH_PUBLIC_TEST))
    recipe, leak = results.values["settings"]["recipe"], more[0]["leaks"][PRIVATE_WHOLE]
    (seeds,) = {len(gain["by_seed"]) for gain in results.values["gains"].values()}
    lines = [
        f"{seeds} seeds, {recipe['updates']:,} updates of {recipe['batch_size']} faces in "
        f"{recipe['epochs']} epochs, {runs[0]['parameters']:,} parameters. The networks learned\n"
        f"from {runs[0]['faces_learned']:,} faces of the cleaned Training split, with PublicTest "
        f"from {more[0]['faces_learned']:,}. {leak['copies']} of the {leak['faces']:,}\n"
        "faces of PrivateTest have an exact copy in PublicTest.",
        "",
        *markdown(results.table().rename_axis("shortcut").reset_index()),
    ]
    return "\n".join(lines)


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with percentages for fractions, and with commas in large counts."""

    def cell(value: object) -> str:
        if isinstance(value, float):
            return "" if pd.isna(value) else f"{value:.1%}"
        return f"{value:,}" if isinstance(value, int) else str(value)

    return table.map(cell)


def markdown(table: pd.DataFrame) -> list[str]:
    """Return the lines of a table in Markdown."""
    rows = [list(table.columns), ["---"] * len(table.columns), *table.to_numpy().tolist()]
    return [f"| {' | '.join(map(str, row))} |" for row in rows]


def write_page() -> None:
    """Write the figures and the page."""
    draw_figures(RESULTS)
    write_text(RESULTS / "README.md", studies_page())
