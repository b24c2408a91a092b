"""Probabilities for the page and for screen readers."""

import json

import numpy as np

from fer_utils.widgets.figures import spoken_probabilities, timeline_as_json


def test_a_timeline_is_json_without_nan() -> None:
    timeline = np.array([[0.12345, np.nan], [1, 0]], dtype=np.float32)
    assert json.dumps(timeline_as_json(timeline), allow_nan=False) == "[[0.123, null], [1.0, 0.0]]"


def test_probabilities_are_said_in_whole_percent() -> None:
    said = spoken_probabilities(np.array([0.004, 0.006, 0, 0.99, 0, 0, 0]))
    assert said == (
        "angry 0 percent, disgust 1 percent, fear 0 percent, happy 99 percent, "
        "sad 0 percent, surprise 0 percent, neutral 0 percent"
    )
