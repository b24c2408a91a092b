import base64
import csv
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from guesses import HAPPY, voted_faces
from playwright.sync_api import Browser, Locator, expect
from servers import new_page, open_in_lab
from studio_page import NAME, StudioPage

from fer_utils.data.votes import find_winners
from fer_utils.emotions import EMOTIONS

FACES = voted_faces().of_split("PublicTest")
TRUTH = find_winners(FACES.votes)[0]
RIGHT = 12


@pytest.fixture
def game(studio: StudioPage) -> Locator:
    """Give the tab Guess with the first face of a new game."""
    return start(studio)


def start(studio: StudioPage) -> Locator:
    studio.open_tab("Guess")
    studio.guessing.locator("[data-press=start]").click()
    expect(title(studio.guessing)).to_have_text("Face 1 of 20")
    return studio.guessing


def title(game: Locator) -> Locator:
    return game.locator(".fer-title")


def seen(game: Locator) -> int:
    """Return which face the page shows."""
    data = game.locator(".fer-picture-to-name").get_attribute("src").partition("base64,")[2]
    image = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_UNCHANGED)
    [face] = np.flatnonzero((FACES.images == image).all(axis=(1, 2)))
    return int(face)


def next_answer(game: Locator, number: int) -> int:
    """Wait for a face, and return the emotion to say: at first the right one, later another."""
    expect(title(game)).to_have_text(f"Face {number} of 20")
    truth = int(TRUTH[seen(game)])
    return truth if number <= RIGHT else (truth + 1) % len(EMOTIONS)


def test_a_game_is_played_with_clicks_to_its_scores_and_pictures(
    studio: StudioPage, game: Locator
) -> None:
    told = []
    for number in range(1, 21):
        answer = next_answer(game, number)
        told.append((str(number), EMOTIONS[int(TRUTH[seen(game)])], EMOTIONS[answer], "happy"))
        if number == 7:
            studio.shoot("guess_face")
        game.get_by_role("button", name=EMOTIONS[answer], exact=True).click()
    network = int((TRUTH == HAPPY).sum())
    expect(title(game)).to_have_text(f"You {RIGHT}, network {network}, of 20")
    scores = game.locator(".fer-scores tbody tr")
    expect(scores).to_have_count(3)
    assert scores.first.inner_text().split("\t")[:2] == ["You", "60%"]
    differ, agree = game.locator(".fer-groups section").all()
    same = sum(answer == "happy" for _, _, answer, _ in told)
    assert (differ.locator("article").count(), agree.locator("article").count()) == (
        20 - same,
        same,
    )
    expect(game.locator(".fer-counts").first).to_contain_text(re.compile(r"\w+ 6 · happy 3 · "))
    studio.shoot("guess_result")
    name, data = studio.saved(game, "Save CSV")
    assert name.startswith("guesses_20")
    rows = list(csv.DictReader(data.decode().splitlines()))
    assert [(row["face"], row["right"], row["you"], row["network"]) for row in rows] == told
    assert {row["votes_unknown"] for row in rows} == {"1"}


def test_a_game_is_played_with_the_keyboard(studio: StudioPage) -> None:
    studio.open_tab("Guess")
    keyboard = studio.page.keyboard
    game = studio.guessing
    game.locator("[data-press=start]").focus()
    keyboard.press("Enter")
    keyboard.press(str(next_answer(game, 1) + 1))
    expect(title(game)).to_have_text("Face 2 of 20")
    keyboard.press("Backspace")
    for number in range(1, 21):
        keyboard.press(str(next_answer(game, number) + 1))
    expect(title(game)).to_contain_text(f"You {RIGHT}, network")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(title(game)).to_have_text("Face 1 of 20")


@pytest.mark.parametrize(
    ("pressed", "is_taken"),
    [
        *[({"key": key}, True) for key in ("1", "7", "Backspace")],
        *[({"key": key}, False) for key in ("0", "8", "h", "Enter")],
        ({"key": "1", "ctrlKey": True}, False),
    ],
)
def test_only_keys_that_mean_something_here_are_taken_from_the_browser(
    game: Locator, pressed: dict[str, str | bool], is_taken: bool
) -> None:
    dispatched = """(panel, pressed) => panel.dispatchEvent(
        new KeyboardEvent("keydown", { ...pressed, bubbles: true, cancelable: true })
    )"""
    assert game.evaluate(dispatched, pressed) is not is_taken


def test_nothing_is_saved_before_the_game_is_over(studio: StudioPage, game: Locator) -> None:
    save = game.get_by_role("button", name="Save CSV")
    expect(save).to_have_attribute("aria-disabled", "true")
    expect(game.locator("article")).to_have_count(0)


def test_keys_do_not_reach_jupyterlab_while_a_game_is_played(
    browser_without_camera: Browser, lab_server: str, notebooks: Path, pictures: Path
) -> None:
    with new_page(browser_without_camera) as page:
        studio = StudioPage(page, notebooks, pictures)
        open_in_lab(page, lab_server, NAME)
        game = start(studio)
        page.keyboard.press("b")  # inserts a cell, in JupyterLab
        page.keyboard.press("4")
        expect(title(game)).to_have_text("Face 2 of 20")
        expect(page.locator(".jp-CodeCell")).to_have_count(1)


def test_it_can_be_looked_at_in_the_dark(dark_studio: StudioPage) -> None:
    game = start(dark_studio)
    dark_studio.shoot("guess_dark_face")
    for number in range(1, 21):
        dark_studio.page.keyboard.press(str(next_answer(game, number) + 1))
    expect(title(game)).to_contain_text("of 20")
    dark_studio.shoot("guess_dark_result")
