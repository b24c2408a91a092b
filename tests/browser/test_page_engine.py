"""Recognition in the page, in notebooks and in Voilà."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from live_page import PAGE_ENGINE
from playwright.sync_api import Browser, Page, expect
from servers import new_page, open_in_lab

WITHOUT_SIMD = "WebAssembly.validate = () => false"


@contextmanager
def visit(browser: Browser, front: str, address: str, *, script: str = "") -> Iterator[Page]:
    with new_page(browser) as page:
        page.add_init_script(script)
        if front == "lab":
            open_in_lab(page, address, PAGE_ENGINE)
        else:
            page.goto(f"{address}/{PAGE_ENGINE}")
        page.locator(".fer-go").click()
        page.wait_for_function("window.answers.length >= 20")
        yield page


def learned(folder: Path) -> list[list[Any]]:
    """Return what the kernel learned: number, time, width, and faces of each frame."""
    path = folder / "learned.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("front", ["voila", "lab"])
def test_the_kernel_learns_what_the_page_recognizes(
    request: pytest.FixtureRequest,
    launch: Callable[[str], Browser],
    play: Callable[[str], Path],
    notebooks: Path,
    front: str,
) -> None:
    play("one")
    (notebooks / "learned.jsonl").unlink(missing_ok=True)
    address = request.getfixturevalue(f"{front}_server")
    with visit(launch("clip"), front, address) as page:
        expect(page.locator(".fer-privacy")).to_contain_text("nothing is sent")
        page.locator(".fer-stop").click()
        page.wait_for_timeout(500)
        answers = page.evaluate("window.answers")
    seen = learned(notebooks)
    assert {answer["engine"] for answer in answers} == {"page"}
    assert [entry[0] for entry in seen] == [answer["number"] for answer in answers]
    assert [entry[1] for entry in seen] == pytest.approx([answer["time"] for answer in answers])
    for (_, _, width, faces), answer in zip(seen, answers, strict=True):
        [[number, emotion, *box, points]] = faces
        [face] = answer["faces"]
        assert (width, points) == (640, 6)
        assert (number, emotion) == (face["number"], face["emotion"])
        assert box == pytest.approx(face["box"], abs=0.051)


def test_the_kernel_takes_over_where_the_browser_cannot(
    voila_server: str, launch: Callable[[str], Browser], play: Callable[[str], Path]
) -> None:
    play("one")
    with visit(launch("clip"), "voila", voila_server, script=WITHOUT_SIMD) as page:
        assert page.evaluate("window.answers.at(-1).engine") is None
        assert page.evaluate("window.answers.at(-1).width") == 320
        expect(page.locator(".fer-privacy")).to_contain_text("Pictures stay in memory")


def test_the_kernel_takes_over_if_a_worker_cannot_be_started(
    voila_server: str, launch: Callable[[str], Browser], play: Callable[[str], Path]
) -> None:
    play("one")
    broken = "window.Worker = class { constructor() { throw new Error('forbidden'); } }"
    with visit(launch("clip"), "voila", voila_server, script=broken) as page:
        assert page.evaluate("window.answers.at(-1).engine") is None
