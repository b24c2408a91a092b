"""Make the figures and the results table that README shows, from a model folder's own files."""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from fer_utils.data.synthetic import draw_faces
from fer_utils.model.artifacts import load_run
from fer_utils.model.model_card import table_lines, times
from fer_utils.paths import PROJECT_ROOT, atomic_file
from fer_utils.pipeline import SHIPPED_MODEL
from fer_utils.plotting import plot_confusion, plot_contact_sheet

IMAGES = PROJECT_ROOT / "docs" / "images"
README = PROJECT_ROOT / "README.md"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def results_table(model: Path) -> str:
    """Return the results of a model folder as Markdown.

    Parameters
    ----------
    model : Path
        A model folder with ``card.json`` and ``metrics.json``.

    Returns
    -------
    str
        One row for each set of faces, and how the model was made.
    """
    stored = load_run(model)
    training, balancing = stored.card["training"], stored.card["balancing"]
    lines = [
        *table_lines(stored.evaluations()),
        "",
        f"`{model.name}`: {stored.card['parameters']:,} parameters, "
        f"{balancing['images']:,} faces balanced with `{balancing['strategy']}`, "
        f"seed {training['seed']}, epoch {training['best_epoch']} of "
        f"{training['epochs']} kept, trained in {training['seconds'] / 60:.0f} minutes "
        f"in {training['precision']} on {training['processor_cores']} processor cores. "
        f"PrivateTest was scored {times(stored.private_test_scored)}.",
    ]
    return "\n".join(lines)


def readme_with(table: str) -> str:
    """Return README's text with `table` between its two markers."""
    before, _, rest = README.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main() -> None:
    """Write the figures and put the table into README."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, nargs="?", default=SHIPPED_MODEL)
    model = parser.parse_args().model
    IMAGES.mkdir(parents=True, exist_ok=True)
    plot_contact_sheet(draw_faces(1000), seed=2)
    plt.savefig(IMAGES / "drawn_faces.png", dpi=80)
    plot_confusion(load_run(model).evaluations()["PrivateTest"].confusion)
    plt.savefig(IMAGES / "confusion.png", dpi=80)
    text = readme_with(results_table(model))
    with atomic_file(README) as temporary:
        temporary.write_text(text)


if __name__ == "__main__":
    main()
