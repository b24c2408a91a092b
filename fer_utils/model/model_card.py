"""Describe a model for people, and for Hugging Face."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fer_utils.data.balancing import STRATEGIES
from fer_utils.model.face_size import FaceSizes
from fer_utils.model.metrics import (
    HEADLINES,
    Estimate,
    Metrics,
    f1_by_emotion,
    summary_row,
    votes_note,
)

_TEMPLATE = Path(__file__).with_suffix(".md")

_LABELS_NOTE = """\
The labels are guesses of volunteers, and people agree with them about 65% of
the time (Goodfellow et al. 2013). The model has not been tested for fairness across age, gender,
or skin color.
"""
_VOTES_NOTE = """\
The model has learned what ten annotators
saw in each face (FER+, Barsoum et al. 2016), who often disagree. It has not been tested for
fairness across age, gender, or skin color.
"""
_FIGURES = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "balanced_accuracy": "balanced accuracy",
    "accuracy_more_than_half": "accuracy, more than half agree",
    "accuracy_paper": "accuracy, FER+ protocol",
    "shared_with_one": "shared with a random annotator",
    "distance": "distance to the votes",
}


def describe_model(
    card: Mapping[str, Any],
    metrics: Mapping[str, Metrics],
    people: Sequence[Mapping[str, Any]] = (),
    *,
    private_test_scored: int,
) -> str:
    """Return the text of ``MODEL_CARD.md``.

    Parameters
    ----------
    card : mapping
        Content of ``card.json``.
    metrics : mapping of str to Metrics
        The scores by set of faces; empty before an evaluation.
    people : sequence of mapping
        Rows of `fer_utils.evaluation.agreement.measure_agreement` with their ``set``.
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
        results=_results(card, metrics, private_test_scored),
        labels_note=_VOTES_NOTE if "prior" in card else _LABELS_NOTE,
        people=_people(people),
        prior_note=_prior_note(card),
        command=_command(card),
    )


def _hub_results(card: Mapping[str, Any], metrics: Mapping[str, Metrics]) -> str:
    """Return the part of the header with the final scores, if there are any."""
    source, text = card["data"]["source"], ""
    splits = ("PrivateTest, votes", "PrivateTest", "PrivateTest-clean")
    for split in [name for name in splits if name in metrics]:
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
    if not text:
        return ""
    learned = "votes" if _learned_votes(card) else "labels"
    name = f"fer-utils-{card['training']['profile'] or 'custom'}-{learned}"
    return f"model-index:\n- name: {name}\n  results:\n{text}"


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


def _results(
    card: Mapping[str, Any], metrics: Mapping[str, Metrics], private_test_scored: int
) -> str:
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
    # A model that learned from votes is judged by them.
    name = "PrivateTest, votes" if "prior" in card else "PrivateTest"
    if name in metrics:
        support = metrics[name].per_class()["support"]
        by_emotion = f1_by_emotion(metrics[name].confusion)
        body = ([emotion, str(support[emotion]), str(f1)] for emotion, f1 in by_emotion.items())
        text += "\n" + _table(["emotion", f"faces in {name}", "F1"], body)
    return text


def _people(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return tables of the agreement with people on PrivateTest, if it was measured."""
    text = ""
    for split in ("PrivateTest", "PrivateTest-clean"):
        by_who: dict[str, list[str]] = {}
        for row in rows:
            if row["set"] == split:
                estimate = Estimate(row["value"], row["low"], row["high"])
                by_who.setdefault(row["who"], []).append(str(estimate))
        if by_who:
            header = [split, *_FIGURES.values()]
            text += "\n" + _table(header, ([who, *values] for who, values in by_who.items()))
    return (
        text
        and f"""
### Agreement with people
Against the votes of FER+'s ten annotators (Barsoum et al. 2016): on the faces where one emotion
has the most votes; where it has more than half; and by the protocol of FER+ (single votes dropped,
eight emotions). The distance is the total variation between probabilities and shares of votes.
One person is each annotator, compared with the others.
{text}"""
    )


def _prior_note(card: Mapping[str, Any]) -> str:
    """Return a paragraph about the prior, if there is one."""
    if "prior" not in card:
        return ""
    prior = card["prior"]
    shares = ", ".join(
        f"{name} {share:.0%}" for name, share in zip(card["labels"], prior["shares"], strict=True)
    )
    return f"""
The files predict what people would say about photographs as in FER-2013 (prior `crowd`: {shares}),
calibrated to the shares of their votes. By default, these probabilities are divided by the prior to
the power of {prior["balanced_power"]:g} (`balanced`, chosen for macro-F1 on PublicTest), so that
rare emotions are found; acting practice divides by the prior itself (`even`). The threshold belongs
to `balanced`: of the faces above it, 90% are as most people see them.
{_smallest_face(card)}"""


def _smallest_face(card: Mapping[str, Any]) -> str:
    """Return a sentence about the smallest face that is named, if there is one."""
    sizes = FaceSizes.from_dict(card["face_sizes"]) if "face_sizes" in card else None
    if sizes is None or not sizes.smallest:
        return ""
    return f"""\
Faces of fewer than {sizes.smallest} pixels, framed as in FER-2013, count as `uncertain`, too:
the model agrees with people less often than one person does who sees the same faces at full size
({sizes.one_person:.1%} on the faces of PublicTest with a single winner).
"""


def _title(figure: str) -> str:
    return figure.replace("_", " ").replace("macro f1", "macro-F1")


def _table(header: list[str], rows: Iterable[list[str]]) -> str:
    first, *others = (f"| {' | '.join(line)} |\n" for line in (header, *rows))
    return "".join([first, "|", "---|" * len(header), "\n", *others])


def _learned_votes(card: Mapping[str, Any]) -> bool:
    return card["training"]["recipe"].get("target") == "votes"


def _command(card: Mapping[str, Any]) -> str:
    """Return the command that reproduces a model trained with a profile."""
    profile, strategy = card["training"]["profile"], card["balancing"]["strategy"]
    if profile is None or strategy not in STRATEGIES:
        return ""
    target = " --target votes" if _learned_votes(card) else ""
    options = f"--profile {profile}{target} --strategy {strategy}"
    return (
        f"\n```sh\nfer-utils run {options} "
        f"--seed {card['training']['seed']} --source PATH_TO_THE_DATA\n```\n"
    )
