"""Describe a model for people, and for Hugging Face."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fer_utils.data.balancing import STRATEGIES
from fer_utils.model.metrics import Metrics, f1_by_emotion, summary_row

# Headline figures, with Hugging Face's identifiers and names.
_HUB_METRICS = (
    ("accuracy", "accuracy", "accuracy"),
    ("macro_f1", "f1", "macro-F1"),
    ("balanced_accuracy", "balanced_accuracy", "balanced accuracy"),
)


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
    data, calibration, training = card["data"], card["calibration"], card["training"]
    originals = sum(data["counts"]["Training"].values())
    left_out = "".join(f"- left out: {n} ({why})\n" for why, n in data["left_out"].items())
    recipe = "".join(f"- {name}: {value}\n" for name, value in training["recipe"].items())
    versions = ", ".join(f"{name} {number}" for name, number in card["versions"].items())
    return f"""\
---
license: mit
library_name: keras
pipeline_tag: image-classification
tags:
- facial-expression-recognition
- emotion-recognition
- litert
metrics:
- accuracy
- f1
{_hub_results(card, metrics)}---

# Facial expressions, trained on {data["source"]}

Input: a gray 48x48 face. Output: the probabilities of {", ".join(card["labels"])}.

- {card["parameters"]:,} parameters
{_exports(card)}
## Use and limits
For learning, research, and demonstrations: the model guesses which of seven expressions a face
shows. An expression is not a feeling: do not use it to judge people, their honesty, health, or
fitness for anything. The labels are guesses of volunteers, and people agree with them about 65% of
the time (Goodfellow et al. 2013). The model has not been tested for fairness across age, gender,
or skin color.

## Data
{data["source"]} ({data["kind"]}): {originals:,} Training faces, \
{card["balancing"]["images"]:,} after balancing with
`{card["balancing"]["strategy"]}`.
{left_out}
## Results
{_results(metrics, private_test_scored)}
## Calibration
Fitted on PublicTest and built into all files: logits are divided by a temperature of
{calibration["temperature"]:.2f} (Guo et al. 2017). This changed the expected calibration error on
PublicTest from {calibration["error_before"]:.1%} to {calibration["error_after"]:.1%} (15 bins).
Faces with a top probability below {calibration["uncertain_below"]:.2f} count as `uncertain`;
{calibration["certain_share"]:.0%} of PublicTest are above it.

## Training
{training["seconds"] / 60:.0f} minutes on {training["processor_cores"]} processor cores, on the
{training["backend"]} backend in {training["precision"]}, with seed {training["seed"]}. Of
{training["epochs"]} epochs, number {training["best_epoch"]} had the best PublicTest accuracy.
{_command(card)}
{recipe}
Created {card["created"]} with {versions}.

## License
MIT for the code and the weights. The training faces have terms of their own; see the project's
`data/README.md`.
"""


def _hub_results(card: Mapping[str, Any], metrics: Mapping[str, Metrics]) -> str:
    """Return the part of the header with the final scores, if there are any."""
    source, text = card["data"]["source"], ""
    for split in [name for name in ("PrivateTest", "PrivateTest-clean") if name in metrics]:
        text += f"""\
  - task:
      type: image-classification
      name: Facial expression recognition
    dataset:
      type: {json.dumps(Path(source).stem)}
      name: {json.dumps(source)}
      split: {split}
    metrics:
"""
        for figure, kind, name in _HUB_METRICS:
            value = round(getattr(metrics[split], figure).value, 4)
            text += f"    - type: {kind}\n      name: {name}\n      value: {value}\n"
    profile = card["training"]["profile"] or "custom"
    return f"model-index:\n- name: fer-utils-{profile}\n  results:\n{text}" if text else ""


def _exports(card: Mapping[str, Any]) -> str:
    """Return a line for each export, with its size and its speed."""
    text = ""
    if "inference" in card:
        float32 = card["inference"]
        text += (
            f"- `model.tflite`, float32 weights: {float32['kilobytes']:,} kB, "
            f"{float32['milliseconds']} ms per face on one thread of the machine that exported it\n"
        )
    if "int8" in card:
        int8 = card["int8"]
        use = "used for pictures, videos, and the camera" if int8["kept"] else "not kept"
        text += (
            f"- `model_int8.tflite`, 8-bit weights ({use}): {int8['kilobytes']:,} kB, "
            f"{int8['milliseconds']} ms per face (float32 in the same measurement: "
            f"{int8['float32_milliseconds']} ms); accuracy on PublicTest "
            f"{int8['public_test_accuracy']:.1%} (float32: "
            f"{int8['float32_public_test_accuracy']:.1%}), the same prediction for "
            f"{int8['same_answers']:.1%} of the faces\n\n"
            "The results below are those of the float32 export.\n"
        )
    return text


def _results(metrics: Mapping[str, Metrics], private_test_scored: int) -> str:
    if not metrics:
        return "Not evaluated yet.\n"
    times = "once" if private_test_scored == 1 else f"{private_test_scored} times"
    rows = {name: summary_row(scores) for name, scores in metrics.items()}
    columns = ["set", *next(iter(rows.values()))]
    header = [column.replace("_", " ").replace("macro f1", "macro-F1") for column in columns]
    text = f"""\
Figures with their bootstrap 95% intervals, from a single pass without test-time
augmentation, except for "flip-averaged": the mean of a face and its mirror image.
PrivateTest-clean leaves out faces with an exact copy in the original Training split.
PrivateTest was scored {times} with this model.

{_table(header, ([name, *row.values()] for name, row in rows.items()))}"""
    if "PrivateTest" in metrics:
        support = metrics["PrivateTest"].per_class()["support"]
        by_emotion = f1_by_emotion(metrics["PrivateTest"].confusion)
        body = ([emotion, str(support[emotion]), str(f1)] for emotion, f1 in by_emotion.items())
        text += "\n" + _table(["emotion", "faces in PrivateTest", "F1"], body)
    return text


def _table(header: list[str], rows: Iterable[list[str]]) -> str:
    lines = (header, ["---"] * len(header), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _command(card: Mapping[str, Any]) -> str:
    """Return the command that makes a model of a profile again."""
    profile, strategy = card["training"]["profile"], card["balancing"]["strategy"]
    if profile is None or strategy not in STRATEGIES:
        return ""
    return (
        f"\n```sh\nfer-utils run --profile {profile} --strategy {strategy} "
        f"--seed {card['training']['seed']} --source PATH_TO_THE_DATA\n```\n"
    )
