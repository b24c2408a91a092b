"""The page gives the answers of Python: the same faces, boxes, and probabilities."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from playwright.sync_api import Browser
from servers import new_page

from fer_utils import Recognizer, open_model
from fer_utils.paths import SHIPPED_MODEL
from fer_utils.vision.picture import SAMPLE_PICTURE, as_picture
from fer_utils.web.engine_files import page_model, with_fixed_batch

COUNT = 200
SIZES = ((640, 480), (320, 240), (360, 480), (401, 263), (480, 270))
MOST_FACES = 5
RECOGNIZE = """async ([model, classifier, count, distant]) => {
  const bytes = async (address) => {
    const packed = (await fetch(address)).body.pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(packed).arrayBuffer());
  };
  const engine = (name) => bytes(`files/${name}.bin`);
  const worker = new Worker(URL.createObjectURL(new Blob([await engine("worker")])));
  const ask = (content) => new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) =>
      data.kind === "failed" ? reject(new Error(data.detail)) : resolve(data);
    worker.postMessage(content);
  });
  const networks = { classifier: await bytes(classifier) };
  for (const name of ["near", "far"]) networks[name] = await engine(name);
  await ask({ kind: "load", wasm: await engine("litert"), model, networks });
  worker.postMessage({ kind: "settings", settings: { distant } });
  const seen = [];
  for (let number = 0; number < count; number++) {
    const bitmap = await createImageBitmap(await (await fetch(`frames/${number}.png`)).blob());
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const image = { data, width, height, channels: 4 };
    const { faces } = await ask({ kind: "picture", id: number, image });
    seen.push(faces.map(({ box, emotion, probabilities }) =>
      ({ box, emotion, probabilities: [...probabilities] })));
  }
  worker.terminate();
  return JSON.stringify(seen);
}"""


def make_frame(number: int, portraits: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return a frame with up to five faces of any size and roll, bright or dark, with noise."""
    random = np.random.default_rng(number)
    width, height = SIZES[number % len(SIZES)]
    frame = np.full((height, width, 3), random.integers(256), dtype=np.uint8)
    count = number % (MOST_FACES + 1)
    for place in range(count):
        portrait = portraits[place % len(portraits)]
        scale = height / len(portrait) * random.uniform(0.2, 1.5 / max(1, count / 2))
        middle = len(portrait) / 2
        matrix = cv2.getRotationMatrix2D((middle, middle), random.uniform(-40, 40), scale)
        target = (width * (place + 0.5) / count, height * random.uniform(0.3, 0.7))
        matrix[:, 2] += np.subtract(target, middle)
        border = cv2.BORDER_TRANSPARENT
        cv2.warpAffine(portrait, matrix, (width, height), dst=frame, borderMode=border)
    dark = cv2.convertScaleAbs(frame, alpha=random.uniform(0.15, 1))
    return cv2.add(dark, random.integers(12, size=frame.shape, dtype=np.uint8))


@pytest.fixture(scope="module")
def frames(static_folder: Path) -> list[NDArray[np.uint8]]:
    """Give frames, which the page finds as files."""
    astronaut = np.ascontiguousarray(skimage.data.astronaut()[:300, 80:380])
    portraits = [astronaut, as_picture(SAMPLE_PICTURE), astronaut[:, ::-1].copy()]
    made = [make_frame(number, portraits) for number in range(COUNT)]
    folder = static_folder / "frames"
    folder.mkdir()
    for number, frame in enumerate(made):
        png = [cv2.IMWRITE_PNG_COMPRESSION, 1]
        cv2.imwrite(str(folder / f"{number}.png"), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), png)
    return made


@pytest.fixture(scope="module")
def float32(tmp_path_factory: pytest.TempPathFactory, static_folder: Path) -> Path:
    """Give the model without its 8-bit export; the page finds the other one as a file."""
    folder = tmp_path_factory.mktemp("float32")
    for name in ("card.json", "model.tflite"):
        shutil.copy(SHIPPED_MODEL / name, folder)
    fixed = with_fixed_batch((folder / "model.tflite").read_bytes())
    (static_folder / "files" / "float32.bin").write_bytes(gzip.compress(fixed, 1))
    return folder


def seen_by_the_page(
    browser: Browser, address: str, classifier: str, *, count: int, distant: bool = False
) -> list[list[dict[str, Any]]]:
    with new_page(browser) as page:
        page.goto(address)
        found = page.evaluate(RECOGNIZE, [page_model(open_model()), classifier, count, distant])
        return json.loads(found)


def differences(
    seen: list[list[dict[str, Any]]], frames: list[NDArray[np.uint8]], recognizer: Recognizer
) -> NDArray[np.float64]:
    """Compare what the page saw with Python; return each face's largest difference."""
    found = []
    for frame, faces in zip(frames, seen, strict=False):
        expected = recognizer.recognize(frame)
        assert len(faces) == len(expected)
        for one, other in zip(faces, expected, strict=True):
            np.testing.assert_allclose(one["box"], other.box, rtol=0, atol=0.5)
            difference = np.abs(one["probabilities"] - other.probabilities).max()
            # Nearer to the threshold than the two differ, either answer is right.
            if abs(other.probability - recognizer.uncertain_below) > difference:
                assert one["emotion"] == other.emotion
            assert np.argmax(one["probabilities"]) == other.probabilities.argmax()
            found.append(difference)
    return np.array(found)


def test_eight_bits(
    browser_without_camera: Browser, static_server: str, frames: list[NDArray[np.uint8]]
) -> None:
    seen = seen_by_the_page(
        browser_without_camera, static_server, "files/classifier.bin", count=COUNT
    )
    found = differences(seen, frames, Recognizer(faces="near"))
    assert len(found) > COUNT
    assert found.max() < 1e-2


def test_float32(
    browser_without_camera: Browser,
    static_server: str,
    frames: list[NDArray[np.uint8]],
    float32: Path,
) -> None:
    seen = seen_by_the_page(browser_without_camera, static_server, "files/float32.bin", count=COUNT)
    found = differences(seen, frames, Recognizer(float32, faces="near"))
    assert len(found) > COUNT
    assert found.max() < 1e-3


def test_distant_faces(
    browser_without_camera: Browser, static_server: str, frames: list[NDArray[np.uint8]]
) -> None:
    seen = seen_by_the_page(
        browser_without_camera, static_server, "files/classifier.bin", count=40, distant=True
    )
    found = differences(seen, frames, Recognizer(faces="far"))
    assert len(found) > 50
    assert found.max() < 1e-2
