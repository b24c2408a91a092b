"""Write the live page as a folder of files that needs no kernel and no server of its own."""

import hashlib
import html
import json
from pathlib import Path
from typing import Any

from fer_utils.emotions import emotion_table
from fer_utils.model.model_folder import ModelFolder, open_model
from fer_utils.paths import SHIPPED_MODEL, atomic_folder, display_path
from fer_utils.runs.page import AppError
from fer_utils.vision.face_network import NETWORKS_FOLDER
from fer_utils.web.engine_files import (
    FIRST_FILES,
    LATER_FILES,
    WEB,
    built_file,
    engine_file,
    page_model,
)
from fer_utils.widgets.camera import LiveCamera
from fer_utils.widgets.camera_states import CAUSES, state_table
from fer_utils.widgets.charts import LiveCharts
from fer_utils.widgets.panel import Panel
from fer_utils.widgets.pictures import Pictures
from fer_utils.widgets.practice import LOOKS, PAUSED, SIGNS, Practice

# The widgets whose scripts and styles the page shares, by the name of their place in page.html.
_WIDGETS: dict[str, type[LiveCamera] | type[Panel]] = {
    "camera": LiveCamera,
    "charts": LiveCharts,
    "practice": Practice,
    "pictures": Pictures,
}
# Tells the folder of a page from any other.
_MARK = "page.json"


def write_static_page(folder: str | Path, model: str | Path = SHIPPED_MODEL) -> Path:
    """Write the live page as a folder that any web server can serve.

    The page recognizes faces in the browser, with the same answers as `fer_utils.Recognizer`. It
    has the tabs Live, Practice, and Picture, and works without a network after the first visit.

    Parameters
    ----------
    folder : str or Path
        Where to write it. An existing folder must be empty or hold an earlier page, which is
        replaced.
    model : str or Path
        The model folder; its 8-bit export is used if it has one.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    AppError
        If the folder holds something else.
    EngineError
        If the scripts of the page were not built.
    FileNotFoundError, ModelError
        If the model folder is missing or damaged.
    """
    target = Path(folder)
    if (
        target.exists()
        and not (target / _MARK).is_file()
        and (not target.is_dir() or any(target.iterdir()))
    ):
        raise AppError(
            f"{target} exists and does not hold an earlier page: name a new or an empty folder"
        )
    files = _page_files(open_model(model))
    files["service_worker.js"] = _service_worker(files)
    with atomic_folder(target) as temporary:
        for name, data in files.items():
            path = temporary / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
    return target


def _page_files(model: ModelFolder) -> dict[str, bytes]:
    """Return all files but the service worker, by their names below the folder."""
    scripts = {f"{name}.js": widget._esm.encode() for name, widget in _WIDGETS.items()}
    # Several widgets share a style.
    styles = dict.fromkeys(widget._css for widget in _WIDGETS.values())
    page = (WEB / "page.html").read_text(encoding="utf-8")
    licenses = [WEB / "licenses.txt", NETWORKS_FOLDER / "LICENSE"]
    engine = {f"files/{name}.bin": engine_file(name, model) for name in FIRST_FILES + LATER_FILES}
    return {
        "index.html": page.replace("{model}", f"Model: {html.escape(model.path.name)}").encode(),
        "page.css": "\n".join([*styles, (WEB / "page.css").read_text(encoding="utf-8")]).encode(),
        "page.js": built_file("page.js"),
        "page.json": json.dumps(_page_data(model)).encode(),
        "licenses.txt": b"\n".join(path.read_bytes() for path in licenses),
        **{name: (WEB / name).read_bytes() for name in ("manifest.webmanifest", "icon.svg")},
        **scripts,
        **engine,
    }


def _page_data(model: ModelFolder) -> dict[str, Any]:
    """Return what the page shares with the widgets: texts, colors, and the model's settings."""
    return {
        "emotions": emotion_table(),
        "states": state_table(),
        "causes": CAUSES,
        "practice": {"looks": LOOKS, "paused": PAUSED, "signs": SIGNS},
        "model": page_model(model),
    }


def _service_worker(files: dict[str, bytes]) -> bytes:
    """Return the script that keeps these files in the browser; any change renews all of them."""
    script = (WEB / "service_worker.js").read_text(encoding="utf-8")
    digest = hashlib.sha256(script.encode())
    for name in sorted(files):
        digest.update(name.encode() + files[name])
    names = " ".join(["./", *sorted(files)])
    return script.replace("{version}", digest.hexdigest()[:16]).replace("{files}", names).encode()


def announce_page(folder: Path) -> str:
    """Return what to do with the folder of a page, for the terminal."""
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return (
        f"written: {display_path(folder)} ({size / 1e6:.1f} MB). Any web server can serve it; "
        "browsers allow cameras on localhost and over HTTPS only. To try it:\n"
        f"python -m http.server --bind 127.0.0.1 --directory {folder}"
    )
