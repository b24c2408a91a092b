"""The page that tells people what a model is, what it is for, and how good it is."""

from typing import Any

from fer_utils.model.evaluation import HEADLINES, Evaluation

_USE = """\
For learning, research and demonstrations: it guesses which of seven expressions a face shows.
An expression is not a feeling: do not use it to judge people, their honesty, health or fitness
for anything. The labels are crowd-sourced guesses; people agree with them in about 65% of cases
(Goodfellow et al. 2013). It has not been tested for fairness across age, gender or skin colour.
"""


def describe_model(card: dict[str, Any], evaluations: dict[str, Evaluation]) -> str:
    """Return the text of ``MODEL_CARD.md``.

    Parameters
    ----------
    card : dict
        The content of ``card.json``.
    evaluations : dict of str to Evaluation
        The scores by set of faces; empty before the evaluation.

    Returns
    -------
    str
        Markdown.
    """
    data, training = card["data"], card["training"]
    kept = sum(data["counts"]["Training"].values())
    left_out = "".join(f"- left out: {n} ({why})\n" for why, n in data["left_out"].items())
    recipe = "".join(f"- {name}: {value}\n" for name, value in training["recipe"].items())
    versions = ", ".join(f"{name} {number}" for name, number in card["versions"].items())
    return f"""\
# Facial expressions, learned from {data["source"]}

A gray 48x48 face in, probabilities of {", ".join(card["labels"])} out.
{card["parameters"]:,} parameters.

## Use and limits
{_USE}
## Data
{data["source"]} ({data["kind"]}), {kept:,} Training faces, balanced with
`{card["balancing"]["strategy"]}` to {card["balancing"]["images"]:,}.
{left_out}
## Results
{_results(evaluations)}
## Training
{training["seconds"]:.0f} s on the {training["backend"]} backend in {training["precision"]}, seed
{training["seed"]}, epoch {training["best_epoch"]} kept for its PublicTest accuracy.

{recipe}
Made {card["created"]} with {versions}.
"""


def _results(evaluations: dict[str, Evaluation]) -> str:
    if not evaluations:
        return "Not evaluated yet.\n"
    lines = [
        "Each figure with its bootstrap 95% interval. PrivateTest-clean is PrivateTest without the",
        "faces that have an exact copy in the original Training split.",
        "",
        "| faces | count | " + " | ".join(HEADLINES) + " |",
        "|---" * (2 + len(HEADLINES)) + "|",
    ]
    for name, evaluation in evaluations.items():
        figures = " | ".join(str(getattr(evaluation, headline)) for headline in HEADLINES)
        lines.append(f"| {name} | {evaluation.count:,} | {figures} |")
    return "\n".join(lines) + "\n"
