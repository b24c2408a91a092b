"""Describe a model for people, and for Hugging Face."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fer_utils.data.balancing import STRATEGIES
from fer_utils.model.metrics import HEADLINES, Metrics, f1_by_emotion, summary_row

_USE = """\
For learning, research, and demonstrations: the model guesses which of seven expressions a face
shows. An expression is not a feeling: do not use it to judge people, their honesty, health, or
fitness for anything. The labels are guesses of volunteers, and people agree with them about 65% of
the time (Goodfellow et al. 2013). The model has not been tested for fairness across age, gender,
or skin color.
"""
_LICENSE = """\
MIT for the code and the weights. The training faces have terms of their own; see the project's
`data/README.md`.
"""
# Hugging Face's identifier of each headline figure, and its name there.
_HUB_METRICS = {
    "accuracy": ("accuracy", "accuracy"),
    "macro_f1": ("f1", "macro-F1"),
    "balanced_accuracy": ("balanced_accuracy", "balanced accuracy"),
}
_FINAL_SETS = ("PrivateTest", "PrivateTest-clean")


def describe_model(
    card: Mapping[str, Any], metrics: Mapping[str, Metrics], *, private_test_scored: int
) -> str:
    """Return the text of ``MODEL_CARD.md``.

    Parameters
    ----------
    card : mapping
        Content of ``card.json``.
    metrics : mapping of str to Metrics
        The scores by set of faces; empty before an evaluation.
    private_test_scored : int
        Number of times PrivateTest was scored with this model.

    Returns
    -------
    str
        Markdown, after a YAML header for Hugging Face.
    """
    return f"""\
---
{_header(card, metrics)}---

# Facial expressions, trained on {card["data"]["source"]}

Input: a gray 48x48 face. Output: the probabilities of {", ".join(card["labels"])}.

- {card["parameters"]:,} parameters
{_float32(card)}{_int8(card)}
## Use and limits
{_USE}
## Data
{_data(card)}
## Results
{_results(metrics, private_test_scored)}
## Calibration
{_calibration(card["calibration"])}
## Training
{_training(card)}
## License
{_LICENSE}"""


def _header(card: Mapping[str, Any], metrics: Mapping[str, Metrics]) -> str:
    """Return the YAML that Hugging Face reads, without its delimiters."""
    lines = [
        "license: mit",
        "library_name: keras",
        "pipeline_tag: image-classification",
        "tags:",
        "- facial-expression-recognition",
        "- emotion-recognition",
        "- litert",
        "metrics:",
        "- accuracy",
        "- f1",
    ]
    results = [
        line
        for name in _FINAL_SETS
        if name in metrics
        for line in _hub_result(card["data"]["source"], name, metrics[name])
    ]
    if results:
        name = f"fer-utils-{card['training']['profile'] or 'custom'}"
        lines += ["model-index:", f"- name: {name}", "  results:", *results]
    return "\n".join(lines) + "\n"


def _hub_result(source: str, split: str, scores: Metrics) -> list[str]:
    """Return the lines of one result in the header."""
    lines = [
        "  - task:",
        "      type: image-classification",
        "      name: Facial expression recognition",
        "    dataset:",
        f"      type: {json.dumps(Path(source).stem)}",
        f"      name: {json.dumps(source)}",
        f"      split: {split}",
        "    metrics:",
    ]
    for headline in HEADLINES:
        kind, name = _HUB_METRICS[headline]
        value = round(getattr(scores, headline).value, 4)
        lines += [f"    - type: {kind}", f"      name: {name}", f"      value: {value}"]
    return lines


def _float32(card: Mapping[str, Any]) -> str:
    if "inference" not in card:
        return ""
    figures = card["inference"]
    return (
        f"- `model.tflite`, float32 weights: {figures['kilobytes']:,} kB, "
        f"{figures['milliseconds']} ms per face on one thread of the machine that exported it\n"
    )


def _int8(card: Mapping[str, Any]) -> str:
    if "int8" not in card:
        return ""
    figures = card["int8"]
    use = "used for pictures, videos, and the camera" if figures["kept"] else "not kept"
    return (
        f"- `model_int8.tflite`, 8-bit weights ({use}): {figures['kilobytes']:,} kB, "
        f"{figures['milliseconds']} ms per face (float32 in the same measurement: "
        f"{figures['float32_milliseconds']} ms); accuracy on PublicTest "
        f"{figures['public_test_accuracy']:.1%} "
        f"(float32: {figures['float32_public_test_accuracy']:.1%}), the same prediction for "
        f"{figures['same_answers']:.1%} of the faces\n\n"
        "The results below are those of the float32 export.\n"
    )


def _data(card: Mapping[str, Any]) -> str:
    data, balancing = card["data"], card["balancing"]
    originals = sum(data["counts"]["Training"].values())
    left_out = "".join(f"- left out: {n} ({why})\n" for why, n in data["left_out"].items())
    return (
        f"{data['source']} ({data['kind']}): {originals:,} Training faces, "
        f"{balancing['images']:,} after balancing with\n`{balancing['strategy']}`.\n{left_out}"
    )


def _results(metrics: Mapping[str, Metrics], private_test_scored: int) -> str:
    if not metrics:
        return "Not evaluated yet.\n"
    lines = [
        "Figures with their bootstrap 95% intervals, from a single pass without test-time",
        'augmentation, except for "flip-averaged": the mean of a face and its mirror image.',
        "PrivateTest-clean leaves out faces with an exact copy in the original Training split.",
        f"PrivateTest was scored {times(private_test_scored)} with this model.",
        "",
        *table_lines(metrics),
    ]
    if "PrivateTest" in metrics:
        private = metrics["PrivateTest"]
        support = private.per_class()["support"]
        lines += ["", "| emotion | faces in PrivateTest | F1 |", "|---|---|---|"]
        lines += [
            f"| {emotion} | {support[emotion]} | {f1} |"
            for emotion, f1 in f1_by_emotion(private.confusion).items()
        ]
    return "\n".join(lines) + "\n"


def table_lines(metrics: Mapping[str, Metrics]) -> list[str]:
    """Return the lines of a Markdown table with one row per set of faces.

    Parameters
    ----------
    metrics : mapping of str to Metrics
        The scores by set of faces; not empty.

    Returns
    -------
    list of str
        Two lines for the header, and one for each set.
    """
    rows = {name: summary_row(scores) for name, scores in metrics.items()}
    columns = list(next(iter(rows.values())))
    header = [
        "set",
        *(column.replace("_", " ").replace("macro f1", "macro-F1") for column in columns),
    ]
    body = [" | ".join([name, *row.values()]) for name, row in rows.items()]
    return [
        f"| {' | '.join(header)} |",
        "|---" * len(header) + "|",
        *(f"| {line} |" for line in body),
    ]


def times(count: int) -> str:
    """Return how often something happened: "once", "2 times"."""
    return "once" if count == 1 else f"{count} times"


def _calibration(calibration: Mapping[str, float]) -> str:
    return f"""\
Fitted on PublicTest and built into all files: logits are divided by a temperature of
{calibration["temperature"]:.2f} (Guo et al. 2017). This changed the expected calibration error on
PublicTest from {calibration["error_before"]:.1%} to {calibration["error_after"]:.1%} (15 bins).
Faces with a top probability below {calibration["uncertain_below"]:.2f} count as `uncertain`;
{calibration["certain_share"]:.0%} of PublicTest are above it.
"""


def _training(card: Mapping[str, Any]) -> str:
    training = card["training"]
    recipe = "".join(f"- {name}: {value}\n" for name, value in training["recipe"].items())
    versions = ", ".join(f"{name} {number}" for name, number in card["versions"].items())
    return f"""\
{training["seconds"] / 60:.0f} minutes on {training["processor_cores"]} processor cores, on the
{training["backend"]} backend in {training["precision"]}, with seed {training["seed"]}. Of
{training["epochs"]} epochs, number {training["best_epoch"]} had the best PublicTest accuracy.
{_command(card)}
{recipe}
Created {card["created"]} with {versions}.
"""


def _command(card: Mapping[str, Any]) -> str:
    profile, seed = card["training"]["profile"], card["training"]["seed"]
    strategy = card["balancing"]["strategy"]
    if profile is None or strategy not in STRATEGIES:
        return ""
    return (
        f"\n```sh\nfer-utils run --profile {profile} --strategy {strategy} "
        f"--seed {seed} --source PATH_TO_THE_DATA\n```\n"
    )
