"""Screenshots of the page in three widths."""

from pathlib import Path

from playwright.sync_api import Page, ViewportSize

WIDE: ViewportSize = {"width": 1280, "height": 760}
MEDIUM: ViewportSize = {"width": 960, "height": 760}
NARROW: ViewportSize = {"width": 375, "height": 1400}

STICKING_OUT = """panel => [...panel.querySelectorAll("*")].filter(
    part => part.getBoundingClientRect().right > panel.getBoundingClientRect().right + 1
).map(part => part.className)"""


def shoot(page: Page, folder: Path, name: str) -> None:
    """Save screenshots in three widths, and check that nothing sticks out."""
    for width, size in (("narrow", NARROW), ("medium", MEDIUM), ("wide", WIDE)):
        page.set_viewport_size(size)
        page.wait_for_timeout(200)
        page.screenshot(path=folder / f"{name}_{width}.png")
        panels = page.locator(".fer-panel:visible, .fer-live-camera:visible")
        for box in (panel.bounding_box() for panel in panels.all()):
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= size["width"]
        sticking_out = page.locator(".fer-panel:visible").evaluate(STICKING_OUT)
        assert sticking_out == [], width
