import re

import pytest
from playwright.sync_api import expect
from studio_page import StudioPage

from fer_utils.emotions import EMOTIONS
from fer_utils.widgets.practice import LOOKS, PAUSED


@pytest.fixture
def live(studio: StudioPage) -> StudioPage:
    """Give the studio at its tab Live, with an empty session."""
    studio.open_tab("Live")
    studio.press(studio.charts, "Reset")
    expect(studio.charts.locator(".fer-most")).to_have_text("no data")
    return studio


@pytest.fixture
def acting(studio: StudioPage) -> StudioPage:
    """Give the studio at its tab Practice, with the first target of a new game."""
    studio.open_tab("Practice")
    studio.practice.locator("[data-press=start]").click()
    expect(studio.practice.locator(".fer-title")).to_have_text("Get ready")
    studio.feed("neutral", 0.2, 2.125)
    return studio


def target(studio: StudioPage) -> str:
    """Wait for a target and return it."""
    expect(studio.practice).to_have_attribute("data-phase", "acting")
    return studio.practice.locator(".fer-title").text_content()


def test_the_timeline_shows_the_chosen_face(live: StudioPage) -> None:
    live.feed("happy", 0.75, 3)
    lane = live.charts.locator(".fer-lanes .fer-happy")
    expect(lane.locator(".fer-value")).to_have_text("75%")
    curve = re.compile(r"^M114,0.25L114.5,0.25L.*L119.5,0.25L120,0.25$")
    expect(lane.locator(".fer-curve")).to_have_attribute("d", curve)
    live.charts.get_by_label("Face").select_option("Face 2")
    expect(lane.locator(".fer-value")).to_have_text("7%")
    expect(live.charts.locator(".fer-lanes .fer-neutral .fer-value")).to_have_text("60%")
    words = re.compile("fear 7 percent, happy 7 percent, .* neutral 60 percent")
    expect(live.charts.get_by_role("img")).to_have_attribute("aria-label", words)


def test_bars_ring_and_table_show_the_time_of_each_emotion_until_reset(live: StudioPage) -> None:
    live.feed("happy", 0.75, 3)
    live.feed("sad", 0.75, 1)
    row = live.charts.get_by_role("row", name="happy")
    expect(row.get_by_role("cell").last).to_have_text("0:02")
    expect(row.locator(".fer-share")).to_have_text("41%")
    expect(live.charts.locator(".fer-most")).to_have_text("50%")
    live.shoot("studio_live")
    live.press(live.charts, "Reset")
    expect(row.get_by_role("cell").last).to_have_text("0:00")
    expect(live.charts.locator(".fer-most")).to_have_text("no data")


def test_save_csv_downloads_every_face_of_every_frame(live: StudioPage) -> None:
    save = live.charts.get_by_role("button", name="Save CSV")
    expect(save).to_have_attribute("aria-disabled", "true")
    first = round(100 * (live.time + 0.125))
    live.feed("happy", 0.75, 0.125)
    live.feed("none", 0, 0.5)
    expect(save).to_have_attribute("aria-disabled", "false")
    name, data = live.saved(live.charts, "Save CSV")
    assert name.startswith("emotions_20")
    assert name.endswith(".csv")
    assert data.decode().splitlines() == [
        "frame,time,face,x,y,width,height,score,"
        "angry,disgust,fear,happy,sad,surprise,neutral,emotion",
        f"{first},0.000,1,10.0,20.0,30.0,40.0,0.875,"
        "0.0417,0.0417,0.0417,0.7500,0.0417,0.0417,0.0417,happy",
        f"{first},0.000,2,20.0,20.0,30.0,40.0,0.875,"
        "0.0667,0.0667,0.0667,0.0667,0.0667,0.0667,0.6000,neutral",
    ]


def test_a_game_is_played_from_start_to_summary(acting: StudioPage) -> None:
    told = []
    for number in range(1, 8):
        emotion = target(acting)
        expect(acting.practice.locator(".fer-text")).to_have_text(LOOKS[emotion])
        expect(acting.practice.locator(".fer-now")).to_have_text(str(number))
        if number == 2:
            acting.press(acting.practice, "Skip")
            told.append(f"2,{emotion},skipped,,0.000,0.500")
        elif number == 3:
            acting.feed(emotion, 0.25, 15)
            told.append(f"3,{emotion},missed,,0.250,0.500")
        else:
            acting.feed(emotion, 0.25, 0.5)
            acting.feed(emotion, 0.75, 0.625)
            expect(acting.practice.get_by_role("meter")).to_have_attribute("aria-valuenow", "75")
            if number == 4:
                acting.shoot("studio_holding")
            acting.feed(emotion, 0.875, 0.5)
            told.append(f"{number},{emotion},held,0.625,0.875,0.500")
        if number < 7:
            expect(acting.practice).to_have_attribute("data-phase", "break")
            acting.feed("neutral", 0.2, 2)
    expect(acting.practice.locator(".fer-title")).to_have_text("5 of 7 held")
    rows = acting.practice.locator("tbody tr")
    expect(rows).to_have_count(7)
    assert rows.nth(1).inner_text().split()[-2:] == ["skipped", "0%"]
    acting.shoot("studio_summary")
    name, data = acting.saved(acting.practice, "Save CSV")
    assert name.startswith("practice_20")
    assert data.decode().splitlines() == [
        "round,emotion,outcome,reaction_time,peak,threshold",
        *told,
    ]


def test_practice_pauses_without_a_face(acting: StudioPage) -> None:
    acting.feed("neutral", 0.2, 1)
    left = acting.practice.locator(".fer-remaining")
    expect(left).to_have_text("14 s left")
    acting.feed("none", 0, 5)
    expect(acting.practice.locator(".fer-note")).to_have_text(PAUSED)
    acting.shoot("studio_paused")
    acting.feed("neutral", 0.2, 0.125)
    expect(acting.practice.locator(".fer-note")).to_be_empty()
    expect(left).to_have_text("14 s left")


def test_practice_is_played_with_the_keyboard(studio: StudioPage) -> None:
    studio.open_tab("Practice")
    studio.practice.locator("[data-press=start]").focus()
    studio.page.keyboard.press("Enter")
    expect(studio.practice.locator(".fer-title")).to_have_text("Get ready")
    studio.feed("neutral", 0.2, 2.125)
    target(studio)
    studio.practice.locator("[data-press=start]").focus()
    studio.page.keyboard.press("Tab")
    studio.page.keyboard.press("Space")
    expect(studio.practice).to_have_attribute("data-phase", "break")
    # The button does nothing now, and keeps the focus.
    expect(studio.practice.get_by_role("button", name="Skip")).to_be_focused()
    studio.page.keyboard.press("Tab")
    studio.page.keyboard.press("Tab")
    studio.page.keyboard.press("ArrowRight")
    expect(studio.practice.locator("output")).to_have_text("55%")
    studio.page.keyboard.press("ArrowLeft")
    expect(studio.practice.locator("output")).to_have_text("50%")


def test_the_chosen_player_is_followed(acting: StudioPage) -> None:
    emotion = target(acting)
    acting.feed(emotion, 0.75, 0.25)
    meter = acting.practice.get_by_role("meter")
    expect(meter).to_have_attribute("aria-valuenow", "75")
    acting.practice.get_by_label("Face").select_option("Face 2")
    acting.feed(emotion, 0.75, 0.25)
    expect(meter).to_have_attribute("aria-valuenow", "60" if emotion == "neutral" else "7")
    acting.practice.get_by_label("Face").select_option("Largest")


def test_an_error_in_the_kernel_is_shown(studio: StudioPage) -> None:
    studio.open_tab("Practice")
    button = studio.practice.get_by_role("button", name="Skip")
    button.evaluate("button => { button.dataset.press = 'jump'; button.ariaDisabled = 'false' }")
    button.click()
    expect(studio.practice.locator(".fer-error")).to_contain_text("KeyError: 'jump'")
    button.evaluate("button => button.dataset.press = 'skip'")


def test_it_can_be_looked_at_in_the_dark(dark_studio: StudioPage) -> None:
    dark_studio.open_tab("Live")
    for emotion in EMOTIONS:
        dark_studio.feed(emotion, 0.8, 4)
    dark_studio.shoot("studio_dark_live")
    dark_studio.open_tab("Practice")
    dark_studio.press(dark_studio.practice, "Start")
    dark_studio.feed("neutral", 0.2, 2.125)
    dark_studio.feed(target(dark_studio), 0.8, 0.75)
    dark_studio.shoot("studio_dark_practice")
