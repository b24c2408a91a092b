"""The page that tells people what a model is, what it is for, and how good it is."""

from typing import Any

from fer_utils.model.metrics import Metrics, f1_by_emotion, summary_row

_USE = """\
For learning, research and demonstrations: it guesses which of seven expressions a face shows.
An expression is not a feeling: do not use it to judge people, their honesty, health or fitness
for anything. The labels are crowd-sourced guesses; people agree with them in about 65% of cases
(Goodfellow et al. 2013). It has not been tested for fairness across age, gender or skin colour.
"""
_LICENCE = """\
MIT for the code and the weights. The faces it learned from have their own terms; see the project's
`data/README.md`.
"""


def describe_model(
    card: dict[str, Any], evaluations: dict[str, Metrics], *, private_test_scored: int
) -> str:
    """Return the text of ``MODEL_CARD.md``.

    Parameters
    ----------
    card : dict
        The content of ``card.json``.
    evaluations : dict of str to Metrics
        The scores by set of faces; empty before the evaluation.
    private_test_scored : int
        How often PrivateTest was scored with this model.

    Returns
    -------
    str
        Markdown.
    """
    return f"""\
# Facial expressions, learned from {card["data"]["source"]}

A gray 48x48 face in, probabilities of {", ".join(card["labels"])} out.
{card["parameters"]:,} parameters{_inference(card)}.{_int8(card)}

## Use and limits
{_USE}
## Data
{_data(card)}
## Results
{_results(evaluations, private_test_scored)}
## Calibration
{_calibration(card["calibration"])}
## Training
{_training(card)}
## Licence
{_LICENCE}"""


def _inference(card: dict[str, Any]) -> str:
    if "inference" not in card:
        return ""
    figures = card["inference"]
    return (
        f", {figures['kilobytes']:,} kB as LiteRT, {figures['milliseconds']} ms a face on one "
        "thread of the machine that exported it"
    )


def _int8(card: dict[str, Any]) -> str:
    if "int8" not in card:
        return ""
    figures = card["int8"]
    use = "pictures, videos and the camera use it" if figures["kept"] else "it is not kept"
    return (
        f"\nWith weights of 8 bits: {figures['kilobytes']:,} kB, {figures['milliseconds']} ms "
        f"where the float32 export takes {figures['float32_milliseconds']};\n"
        f"{figures['public_test_accuracy']:.1%} of PublicTest are named rightly instead of "
        f"{figures['float32_public_test_accuracy']:.1%}, {figures['same_answers']:.1%} of it named "
        f"the same; {use}.\n"
        "The results below are those of the float32 export."
    )


def _data(card: dict[str, Any]) -> str:
    data, balancing = card["data"], card["balancing"]
    kept = sum(data["counts"]["Training"].values())
    left_out = "".join(f"- left out: {n} ({why})\n" for why, n in data["left_out"].items())
    return (
        f"{data['source']} ({data['kind']}), {kept:,} Training faces, balanced with\n"
        f"`{balancing['strategy']}` to {balancing['images']:,}.\n{left_out}"
    )


def _results(evaluations: dict[str, Metrics], private_test_scored: int) -> str:
    if not evaluations:
        return "Not evaluated yet.\n"
    lines = [
        "Single pass, no test-time augmentation but in the column that says so. Each figure with",
        "its bootstrap 95% interval. PrivateTest-clean is PrivateTest without the faces that have",
        "an exact copy in the original Training split.",
        f"PrivateTest was scored {times(private_test_scored)} with this model.",
        "",
        *table_lines(evaluations),
    ]
    if "PrivateTest" in evaluations:
        private = evaluations["PrivateTest"]
        support = private.per_class()["support"]
        lines += ["", "| emotion | faces of PrivateTest | F1 |", "|---|---|---|"]
        lines += [
            f"| {emotion} | {support[emotion]} | {f1} |"
            for emotion, f1 in f1_by_emotion(private.confusion).items()
        ]
    return "\n".join(lines) + "\n"


def table_lines(evaluations: dict[str, Metrics]) -> list[str]:
    """Return the lines of a Markdown table with one row for each set of faces.

    Parameters
    ----------
    evaluations : dict of str to Metrics
        The scores, not empty.

    Returns
    -------
    list of str
        Two lines of head and one for each set.
    """
    rows = {name: summary_row(evaluation) for name, evaluation in evaluations.items()}
    columns = list(next(iter(rows.values())))
    head = [
        "set",
        *(column.replace("_", " ").replace("macro f1", "macro-F1") for column in columns),
    ]
    body = [" | ".join([name, *row.values()]) for name, row in rows.items()]
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {line} |" for line in body)]


def times(count: int) -> str:
    """Return a count in words."""
    return "once" if count == 1 else f"{count} times"


def _calibration(calibration: dict[str, float]) -> str:
    return f"""\
Fitted on PublicTest and built into all files: scores are divided by a temperature of
{calibration["temperature"]:.2f} (Guo et al. 2017). The expected calibration error there fell from
{calibration["error_before"]:.1%} to {calibration["error_after"]:.1%} (15 bins). A face counts as
`uncertain` below a top probability of {calibration["uncertain_below"]:.2f}, which leaves
{calibration["certain_share"]:.0%} of PublicTest faces certain.
"""


def _training(card: dict[str, Any]) -> str:
    training = card["training"]
    recipe = "".join(f"- {name}: {value}\n" for name, value in training["recipe"].items())
    versions = ", ".join(f"{name} {number}" for name, number in card["versions"].items())
    return f"""\
{training["seconds"] / 60:.0f} minutes on {training["processor_cores"]} processor cores, on the
{training["backend"]} backend in {training["precision"]}, seed {training["seed"]}. Epoch
{training["best_epoch"]} of {training["epochs"]} was kept for its PublicTest accuracy.
{_command(card)}
{recipe}
Made {card["created"]} with {versions}.
"""


def _command(card: dict[str, Any]) -> str:
    profile, seed = card["training"]["profile"], card["training"]["seed"]
    if profile is None:
        return ""
    return (
        f"\n```sh\nfer-utils run --profile {profile} --strategy {card['balancing']['strategy']} "
        f"--seed {seed} --source PATH_TO_THE_DATA\n```\n"
    )
