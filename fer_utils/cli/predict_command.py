"""Define ``fer-utils predict``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter
from cyclopts.validators import mutually_exclusive

from fer_utils.cli.options import find_model
from fer_utils.cli.prediction import Predictor, TerminalTable
from fer_utils.cli.prediction_files import (
    check_folder,
    check_output,
    list_sources,
    open_results,
    plan_copies,
)
from fer_utils.paths import SHIPPED_MODEL
from fer_utils.vision.detector import FACES
from fer_utils.vision.recognizer import Recognizer

_FRAMES = Group("Frames of a video (one of them)", validator=mutually_exclusive, sort_key=1)


def predict_command(
    paths: Annotated[tuple[str, ...], Parameter(consume_multiple=1)],
    /,
    *,
    csv: Path | None = None,
    json: Path | None = None,
    annotate: Path | None = None,
    model: Path = SHIPPED_MODEL,
    faces: Annotated[str, Parameter(choices=FACES)] = "all",
    every: Annotated[int, Parameter(group=_FRAMES)] = 1,
    fps: Annotated[float | None, Parameter(group=_FRAMES)] = None,
) -> None:
    """Find the faces in pictures and videos and recognize their emotions.

    For example:

        fer-utils predict party.jpg
        fer-utils predict photos clip.mp4 --csv faces.csv --annotate annotated
        fer-utils predict https://example.org/party.jpg --json faces.json

    Parameters
    ----------
    paths : tuple of str
        Pictures, videos, folders of them, or web addresses of pictures.
    csv : Path, optional
        Write one row per face to this file.
    json : Path, optional
        Write a list of all files and their faces to this file.
    annotate : Path, optional
        Write copies with the faces drawn on them to this folder.
    model : Path
        Model folder.
    faces : str
        Which faces to find: of all sizes, or faster, near or also far ones, or by a Haar cascade.
    every : int
        Analyze every Nth frame.
    fps : float, optional
        Analyze this many frames per second.
    """
    sources, others = list_sources(paths, leave_out=annotate)
    for path in (csv, json):
        check_output(path, sources)
    copies: Mapping[str, Path] = {}
    if annotate is not None:
        copies = plan_copies(sources, annotate)
        check_folder(annotate)
    table, interrupt = TerminalTable(sources), None
    with open_results(csv=csv, json=json) as results:
        recognizer = Recognizer(find_model(model), faces=faces)
        predictor = Predictor(recognizer, results, copies=copies, every=every, rate=fps)
        try:
            for source in sources:
                table.show(source, predictor.predict(source))
        except KeyboardInterrupt as error:
            interrupt = error
    table.end(others)
    if interrupt is not None:
        raise interrupt
    if table.failed:
        raise ValueError(f"{table.failed} of {len(sources)} files could not be used")
