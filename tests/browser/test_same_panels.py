"""Tracking and the panels of the page that needs no server do what Python's do."""

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
from fer_utils.vision.observation import Observation, RecognizedFace, TrackedFace
from fer_utils.vision.tracker import Tracker
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


TRACK = """async ([seen, smoothing, least]) => {
  const { Tracker } = await import("/vision/tracker.js");
  const names = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];
  const tracker = new Tracker((probabilities, isSmall) => {
    const most = Math.max(...probabilities);
    return isSmall || most < least ? "uncertain" : names[probabilities.indexOf(most)];
  });
  tracker.smoothing = smoothing;
  return seen.map(({ faces, time }) => {
    const given = faces.map((face) =>
      ({ ...face, isSmall: false, probabilities: Float32Array.from(face.probabilities) }));
    return tracker.update(given, time).map(({ number, emotion, probabilities }) =>
      ({ number, emotion, probabilities: [...probabilities] }));
  });
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


@pytest.mark.parametrize("smoothing", [0.5, 0])
def test_tracking(scripts: Page, smoothing: float) -> None:
    tracker = Tracker(smoothing=smoothing, uncertain_below=0.4)
    numbers = np.random.default_rng(2)
    expected, seen = [], []
    for observation, _ in observations(PracticeGame()):
        # Faces drift, and now and then all of them jump, as after a cut, or one of them does.
        shift = observation.number * 2 + 300 * (observation.number // 100 % 2)
        faces = [
            RecognizedFace(
                box=(
                    200.0 * face.number + shift + numbers.choice([0, 120], p=[0.8, 0.2]),
                    50 + numbers.uniform(0, 9),
                    *numbers.uniform(70, 100, 2).tolist(),
                ),
                score=face.score,
                probabilities=face.probabilities,
                emotion=face.emotion,
            )
            for face in observation
        ]
        expected.append(tracker.update(faces, observation.time))
        given = [
            {**vars(face), "probabilities": face.probabilities.astype(float).tolist()}
            for face in faces
        ]
        seen.append({"faces": given, "time": observation.time})
    found = scripts.evaluate(TRACK, [seen, smoothing, 0.4])
    assert max(face.number for faces in expected for face in faces) > 10
    for ones, others in zip(found, expected, strict=True):
        assert [one["number"] for one in ones] == [other.number for other in others]
        assert [one["emotion"] for one in ones] == [other.emotion for other in others]
        for one, other in zip(ones, others, strict=True):
            np.testing.assert_allclose(one["probabilities"], other.probabilities, atol=1e-5)
