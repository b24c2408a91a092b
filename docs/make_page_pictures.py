"""Take screenshots of the page for the README in a real browser: stills and an animation.

The browser's camera plays a portrait of the astronaut Eileen Collins (NASA, public domain).
"""

import argparse
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize

from fer_utils.paths import PROJECT_ROOT
from fer_utils.widgets.frame_handler import write_sample_clip

sys.path.insert(0, str(PROJECT_ROOT / "benchmarks"))
sys.path.insert(0, str(PROJECT_ROOT / "tests" / "samples"))
from live import browser_with, write_camera
from servers import new_page, served_app

IMAGES = PROJECT_ROOT / "docs" / "images"
SIZE: ViewportSize = {"width": 1080, "height": 740}
ANIMATION_WIDTH = 720
# Seconds of the animation for each tab.
ON_LIVE, ON_PRACTICE = 5.0, 4.0
CAMERA_RATE = 30


def photograph(page: Page, seconds: float) -> list[tuple[float, Image.Image]]:
    """Return as many pictures of the page as possible, each with its duration in seconds."""
    taken = []
    until = time.monotonic() + seconds
    while (began := time.monotonic()) < until:
        picture = Image.open(BytesIO(page.screenshot()))
        height = round(ANIMATION_WIDTH * picture.height / picture.width)
        small = picture.convert("RGB").resize((ANIMATION_WIDTH, height), Image.Resampling.LANCZOS)
        taken.append((time.monotonic() - began, small))
    return taken


def write_animation(path: Path, taken: list[tuple[float, Image.Image]]) -> None:
    """Write pictures as an animated WebP that plays in real time and repeats forever."""
    durations = [round(1000 * seconds) for seconds, _ in taken]
    first, *others = (picture for _, picture in taken)
    first.save(
        path, save_all=True, append_images=others, duration=durations, loop=0, quality=60, method=6
    )


def photograph_once(page: Page, path: Path, *, height: int) -> None:
    """Write a picture of the page in a given height."""
    page.set_viewport_size({"width": SIZE["width"], "height": height})
    page.wait_for_timeout(1500)  # a video needs some time to settle
    page.screenshot(path=path)
    page.set_viewport_size(SIZE)


def photograph_video(page: Page, path: Path) -> None:
    """Write a picture of the tab Video with the results of a clip."""
    page.get_by_role("tab", name="Video").click()
    clip = write_sample_clip(path.with_suffix(".avi"))
    page.locator(".fer-video").get_by_label("Choose a video").set_input_files(clip)
    page.wait_for_function("document.querySelector('.fer-video video')?.readyState === 4")
    clip.unlink()
    page.wait_for_function("document.querySelector('.fer-video .fer-curve')?.getAttribute('d')")
    photograph_once(page, path, height=970)


def main() -> None:
    """Write ``live.png``, ``live.webp`` and ``video.png``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=IMAGES)
    folder = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as name:
        camera = write_camera(Path(name, "camera.y4m"), CAMERA_RATE)
        with (
            served_app(Path(name)) as address,
            browser_with(camera) as browser,
            new_page(browser, size=SIZE) as page,
        ):
            page.goto(address)
            page.locator(".fer-live-camera .fer-go").click()
            page.wait_for_function("window.answers.length > 60")
            photograph_once(page, folder / "live.png", height=860)
            taken = photograph(page, ON_LIVE)
            page.get_by_role("tab", name="Practice").click()
            page.locator(".fer-practice").get_by_role("button", name="Start").click()
            taken += photograph(page, ON_PRACTICE)
            photograph_video(page, folder / "video.png")
    write_animation(folder / "live.webp", taken)


if __name__ == "__main__":
    main()
