"""The panels of the page that needs no server show what those of Python show."""

import json
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page
from servers import new_page, served_folder

from fer_utils import open_model
from fer_utils.emotions import EMOTIONS, emotion_table
from fer_utils.vision.observation import Observation, TrackedFace
from fer_utils.web.engine_files import WEB, page_model
from fer_utils.widgets.charts import LiveCharts
from fer_utils.widgets.practice import LOOKS, PAUSED, SIGNS, Practice
from fer_utils.widgets.practice_game import PracticeGame

SEED = 3
ORDER = random.Random(SEED).sample(EMOTIONS, len(EMOTIONS))
RUN = """async ([seen, emotions, texts, divisors, order]) => {
  const { Charts } = await import("/widgets/charts.js");
  const { Practice } = await import("/widgets/practice.js");
  const { PracticeGame } = await import("/widgets/practice_game.js");
  const charts = new Charts({ _emotions: emotions });
  const game = new PracticeGame(() => order);
  const practice = new Practice({ _emotions: emotions }, texts, divisors, game);
  const shown = [];
  practice.buttons().start();
  for (const { face, ...observation } of seen) {
    charts.set("face", face);
    charts.update(observation);
    practice.update(observation);
    if (observation.number % 9 === 0) shown.push([charts.shown(), practice.shown()]);
  }
  return JSON.stringify({ shown, charts: charts.toCsv(), practice: practice.toCsv() });
}"""


@pytest.fixture(scope="module")
def scripts(browser_without_camera: Browser) -> Iterator[Page]:
    with served_folder(WEB) as address, new_page(browser_without_camera) as page:
        page.goto(f"{address}/icon.svg")
        yield page


def observations(game: PracticeGame) -> Iterator[tuple[Observation, int]]:
    """Yield what a camera might see in two minutes, and the face that the charts show."""
    numbers = np.random.default_rng(1)
    time = 0.0
    for index in range(900):
        step = numbers.choice([0.125, 0.15, 0.7], p=[0.6, 0.395, 0.005])
        time = 0.0 if index == 600 else time + step  # once the camera is started again
        # The player holds every other emotion.
        acted = game.target if len(game.rounds) % 2 else None
        faces = [make_face(numbers, 1, acted), make_face(numbers, 2, None)]
        seen = tuple(face for face in faces if numbers.random() < 0.9)
        yield Observation(index + 1, time, 640, 480, seen), index // 100 % 3


def make_face(numbers: np.random.Generator, number: int, acted: str | None) -> TrackedFace:
    weights = numbers.random(len(EMOTIONS))
    if acted:
        weights[EMOTIONS.index(acted)] += 100
    probabilities = (weights / weights.sum()).astype(np.float32)
    emotion = EMOTIONS[probabilities.argmax()] if probabilities.max() > 0.4 else "uncertain"
    box = tuple(numbers.integers(0, 200, 4).astype(float).tolist())
    return TrackedFace(
        box=box, score=0.875, probabilities=probabilities, emotion=emotion, number=number
    )


def as_json(observation: Observation, face: int) -> dict[str, Any]:
    faces = [
        {**vars(one), "probabilities": one.probabilities.astype(float).tolist()}
        for one in observation.faces
    ]
    return {**vars(observation), "faces": faces, "face": face}


def test_charts_and_practice(scripts: Page) -> None:
    model = open_model()
    assert model.prior is not None
    charts = LiveCharts()
    practice = Practice(
        SEED, convert=lambda given: model.prior.convert(given, given="balanced", wanted="even")
    )
    practice.game.start()
    expected, seen = [], []
    for observation, face in observations(practice.game):
        charts.face = face
        charts.update(observation)
        practice.update(observation)
        if observation.number % 9 == 0:
            expected.append([charts.shown(), practice.shown()])
        seen.append(as_json(observation, face))
    texts = {"looks": LOOKS, "paused": PAUSED, "signs": SIGNS}
    divisors = page_model(model)["even_divisors"]
    given = json.loads(json.dumps([seen, emotion_table(), texts, divisors, ORDER]))
    found = json.loads(scripts.evaluate(RUN, given))
    outcomes = {one["outcome"] for one in expected[-1][1]["rounds"]}
    assert {"held", "missed"} <= outcomes
    for number, (one, other) in enumerate(zip(found["shown"], expected, strict=True)):
        same(one, json.loads(json.dumps(other)), f"step {number}")
    assert found["charts"].splitlines() == charts.to_csv().splitlines()
    assert found["practice"] == practice.to_csv()


def same(found: Any, expected: Any, where: str) -> None:
    """Compare JSON; numbers may differ in their last digit, which is rounded."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for name in expected:
            same(found[name], expected[name], f"{where}, {name}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for index, (one, other) in enumerate(zip(found, expected, strict=True)):
            same(one, other, f"{where}, {index}")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=1.01e-2 if "held" in where else 1.01e-3), where
    else:
        assert found == expected, where
