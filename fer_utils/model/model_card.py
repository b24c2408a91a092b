"""Describe a model for people, and for Hugging Face."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fer_utils.data.balancing import STRATEGIES
from fer_utils.model.metrics import HEADLINES, Metrics, f1_by_emotion, summary_row, votes_note

_TEMPLATE = Path(__file__).with_suffix(".md")


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
    training, left_out = card["training"], card["data"]["left_out"]
    return _TEMPLATE.read_text(encoding="utf-8").format(
        **card,
        label_names=", ".join(card["labels"]),
        originals=sum(card["data"]["counts"]["Training"].values()),
        left_out="".join(f"- left out: {n} ({why})\n" for why, n in left_out.items()),
        recipe="".join(f"- {name}: {value}\n" for name, value in training["recipe"].items()),
        minutes=training["seconds"] / 60,
        packages=", ".join(f"{name} {number}" for name, number in card["versions"].items()),
        hub_results=_hub_results(card, metrics),
        exports=_exports(card),
        results=_results(metrics, private_test_scored),
        command=_command(card),
    )


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
        for figure in HEADLINES:
            kind = "f1" if figure == "macro_f1" else figure
            value = round(getattr(metrics[split], figure).value, 4)
            text += f"    - type: {kind}\n      name: {_title(figure)}\n      value: {value}\n"
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
    header = ["set", *map(_title, next(iter(rows.values())))]
    text = f"""\
Figures with their bootstrap 95% intervals, from a single pass without test-time
augmentation, except for "flip-averaged": the mean of a face and its mirror image.
PrivateTest-clean leaves out faces with an exact copy in the original Training split.
{votes_note(metrics)}PrivateTest was scored {times} with this model.

{_table(header, ([name, *row.values()] for name, row in rows.items()))}"""
    if "PrivateTest" in metrics:
        support = metrics["PrivateTest"].per_class()["support"]
        by_emotion = f1_by_emotion(metrics["PrivateTest"].confusion)
        body = ([emotion, str(support[emotion]), str(f1)] for emotion, f1 in by_emotion.items())
        text += "\n" + _table(["emotion", "faces in PrivateTest", "F1"], body)
    return text


def _title(figure: str) -> str:
    return figure.replace("_", " ").replace("macro f1", "macro-F1")


def _table(header: list[str], rows: Iterable[list[str]]) -> str:
    first, *others = (f"| {' | '.join(line)} |\n" for line in (header, *rows))
    return "".join([first, "|", "---|" * len(header), "\n", *others])


def _command(card: Mapping[str, Any]) -> str:
    """Return the command that reproduces a model trained with a profile."""
    profile, strategy = card["training"]["profile"], card["balancing"]["strategy"]
    if profile is None or strategy not in STRATEGIES:
        return ""
    return (
        f"\n```sh\nfer-utils run --profile {profile} --strategy {strategy} "
        f"--seed {card['training']['seed']} --source PATH_TO_THE_DATA\n```\n"
    )
