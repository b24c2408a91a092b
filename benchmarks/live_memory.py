"""Watch the memory of the page: its scripts after garbage collection, and WebAssembly."""

import argparse
import json
import tempfile
from pathlib import Path

from live import FRONTS, NAMES, SETUP, browser_with, keep, serve, write_camera
from playwright.sync_api import Browser, Page
from servers import new_page, open_in_lab, write_notebook

# Makes each worker remember its WebAssembly memories.
WATCH = """
window.Worker = class extends Worker {
  constructor(address) {
    const script = `
      self.memories = [];
      const { instantiate } = WebAssembly;
      WebAssembly.instantiate = async (...given) => {
        const made = await instantiate(...given);
        const values = Object.values((made.instance ?? made).exports);
        memories.push(...values.filter((value) => value instanceof WebAssembly.Memory));
        return made;
      };
      importScripts("${address}");`;
    super(URL.createObjectURL(new Blob([script])));
  }
};
"""
WASM = "memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)"

Sample = dict[str, float]


class Heaps:
    """Measures the script memory of a page and of its worker, after garbage collection."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session = page.context.new_cdp_session(page)
        self.workers: list[str] = []
        self.told: list[str] = []
        attached, received = "Target.attachedToTarget", "Target.receivedMessageFromTarget"
        self.session.on(attached, lambda event: self.workers.append(event["sessionId"]))
        self.session.on(received, lambda event: self.told.append(event["message"]))
        how = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False}
        self.session.send("Target.setAutoAttach", how)

    def of_page(self) -> float:
        """Return bytes."""
        self.session.send("HeapProfiler.collectGarbage")
        return self.session.send("Runtime.getHeapUsage")["usedSize"]

    def of_worker(self) -> float:
        """Return bytes of the newest worker."""
        self._ask_worker("HeapProfiler.collectGarbage")
        return self._ask_worker("Runtime.getHeapUsage")["usedSize"]

    def _ask_worker(self, method: str) -> dict[str, float]:
        self.told.clear()
        message = json.dumps({"id": 1, "method": method})
        to = {"sessionId": self.workers[-1], "message": message}
        self.session.send("Target.sendMessageToTarget", to)
        while not (answers := [told for told in map(json.loads, self.told) if "id" in told]):
            self.page.wait_for_timeout(10)
        return answers[0]["result"]


def watch(browser: Browser, front: str, *, rate: int, seconds: int, every: int) -> list[Sample]:
    """Let a page recognize faces for a while; return its megabytes every few seconds."""
    with tempfile.TemporaryDirectory() as name:
        cells = [f"folder = {name!r}\n{SETUP}", NAMES["page"].format(rate=rate)]
        notebook = write_notebook(Path(name, "live.ipynb"), *cells)
        with serve(front, notebook, "page") as address, new_page(browser) as page:
            page.add_init_script(WATCH)
            if front == "lab":
                open_in_lab(page, address, notebook.name)
            else:
                page.goto(address)
            page.locator(".fer-go").first.click()
            heaps = Heaps(page)
            return [sample(heaps, second, every) for second in range(every, seconds + 1, every)]


def sample(heaps: Heaps, second: int, every: int) -> Sample:
    """Wait, and return the memory of a page in megabytes."""
    page = heaps.page
    page.wait_for_timeout(1000 * every)
    frames = page.evaluate("window.answers.length")
    page.evaluate("window.answers = []")  # the measurement's own
    wasm = page.workers[-1].evaluate(WASM)
    found = {"page": heaps.of_page(), "worker": heaps.of_worker(), "wasm": wasm}
    megabytes = {name: round(value / 1e6, 2) for name, value in found.items()}
    return {"second": second, "frames/s": round(frames / every, 1), **megabytes}


def main() -> None:
    """Watch each front end, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--every", type=int, default=15, help="seconds between two samples")
    parser.add_argument("--rate", type=int, default=60, help="frames per second of the fake camera")
    parser.add_argument("--front", choices=FRONTS, nargs="*", default=["static", "voila"])
    parser.add_argument("--write", type=Path, help="a JSON file to add the figures to")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        camera = write_camera(Path(name, "camera.y4m"), given.rate)
        with browser_with(camera) as browser:
            for front in given.front:
                samples = watch(
                    browser, front, rate=given.rate, seconds=given.seconds, every=given.every
                )
                rows.append({"front": front, "way": "page", "samples": samples})
                print(front, *samples, sep="\n", flush=True)
    if given.write:
        keep(given.write, "memory", rows)


if __name__ == "__main__":
    main()
