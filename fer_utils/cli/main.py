"""The command line: ``fer-utils run``, ``train``, ``predict``, ``app`` and more."""

import argparse
import sys
from pathlib import Path
from typing import Any

from fer_utils.cli import commands
from fer_utils.cli.study import add_options, study
from fer_utils.data.balancing import STRATEGIES
from fer_utils.model.recipes import PROFILES
from fer_utils.paths import MODELS, SHIPPED_MODEL
from fer_utils.studies.study_plan import BALANCING, REPRODUCE
from fer_utils.vision.detector import DETECTORS

_DESCRIPTION = "Facial expression recognition: load faces, balance, train, evaluate, live webcam."
_SOURCES = (
    "auto, synthetic, kaggle, fer2013, ckplus, a .csv, .zip or folder, or several joined by ' + '"
)
_STRATEGY = "how to balance (default: the profile's own way)"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        What to do; those of the process by default.

    Returns
    -------
    int
        The exit code: 0, 1 after an error that is explained on stderr, 130 after Ctrl-C.
    """
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except (ValueError, OSError, RuntimeError) as error:
        print(f"fer-utils: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fer-utils", description=_DESCRIPTION)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(subparsers)
    _add_data(subparsers)
    _add_train(subparsers)
    _add_export(subparsers)
    _add_evaluate(subparsers)
    _add_predict(subparsers)
    _add_app(subparsers)
    _add_score(subparsers)
    _add_study(subparsers)
    return parser


def _add_run(subparsers: Any) -> None:
    run = _add_command(
        subparsers,
        "run",
        commands.run,
        "execute the notebooks in order and write a report",
        "fer-utils run\n"
        "fer-utils run --source data/raw/fer2013.zip --profile full --promote\n"
        "fer-utils run --from 03 --output runs/my_run",
    )
    run.add_argument("--profile", choices=PROFILES, help="how long to train (default: quick)")
    run.add_argument("--source", help=f"where the faces come from: {_SOURCES} (default: auto)")
    run.add_argument("--strategy", choices=STRATEGIES, help=_STRATEGY)
    run.add_argument("--seed", type=int, help="what random choices start from (default: 0)")
    run.add_argument("--output", type=Path, help="the run's folder (default: runs/<time>)")
    run.add_argument(
        "--from",
        dest="start",
        metavar="NUMBER",
        help="go on with this notebook, such as 03, in --output or the latest run",
    )
    _add_show_faces(run, default=None)
    run.add_argument(
        "--parameter",
        "-p",
        dest="parameters",
        action="append",
        metavar="NAME=VALUE",
        default=[],
        help="set a notebook parameter; VALUE is JSON or text",
    )
    run.add_argument(
        "--promote",
        action="store_true",
        help="put the model under models/ if it beats the one there on PublicTest",
    )


def _add_data(subparsers: Any) -> None:
    data = _add_command(
        subparsers,
        "data",
        commands.show_data,
        "show what would be loaded: counts and audit",
        "fer-utils data\nfer-utils data --source data/raw/fer2013.csv",
    )
    _add_source(data)


def _add_train(subparsers: Any) -> None:
    train = _add_command(
        subparsers,
        "train",
        commands.train,
        "train a model without the notebooks",
        "fer-utils train --source data/raw/fer2013.zip --output models/my_model\n"
        "fer-utils train --teachers models/fer2013 --output models/student",
    )
    _add_source(train)
    train.add_argument("--profile", choices=PROFILES, default="quick", help="how long to train")
    train.add_argument("--strategy", choices=STRATEGIES, help=_STRATEGY)
    train.add_argument("--seed", type=int, default=0, help="what random choices start from")
    train.add_argument("--output", type=Path, default=MODELS / "my_model", help="the model folder")
    train.add_argument(
        "--teachers",
        type=Path,
        nargs="+",
        metavar="MODEL",
        default=[],
        help="model folders whose opinions the new model learns from, beside the labels",
    )


def _add_export(subparsers: Any) -> None:
    export = _add_command(
        subparsers,
        "export",
        commands.export,
        "add the LiteRT exports to a model trained where TensorFlow was missing",
        "fer-utils export models/my_model\n"
        "fer-utils export models/my_model --source data/raw/fer2013.zip",
    )
    export.add_argument("model", type=Path, help="the model folder")
    _add_source(export, default=None, purpose="the data it learned from, to make the int8 export")


def _add_evaluate(subparsers: Any) -> None:
    evaluate = _add_command(
        subparsers,
        "evaluate",
        commands.evaluate,
        "score a model on faces it did not learn from, and write a report",
        "fer-utils evaluate models/my_model --source data/raw/fer2013.zip\n"
        "fer-utils evaluate models/fer2013 --source my_pictures --find-faces\n"
        "fer-utils evaluate models/fer2013 --source data/raw/CK+48",
    )
    evaluate.add_argument("model", type=Path, help="the model folder")
    _add_source(evaluate)
    evaluate.add_argument("--output", type=Path, help="the report's folder (default: runs/<time>)")
    evaluate.add_argument(
        "--find-faces",
        action="store_true",
        help="the pictures are whole photographs: find the largest face of each first",
    )
    _add_show_faces(evaluate, default=False)


def _add_predict(subparsers: Any) -> None:
    predict = _add_command(
        subparsers,
        "predict",
        commands.predict,
        "find the faces of pictures and videos and say what they express",
        "fer-utils predict party.jpg\n"
        "fer-utils predict photos clip.mp4 --csv faces.csv --annotate annotated\n"
        "fer-utils predict https://example.org/party.jpg --json faces.json",
    )
    predict.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a picture, a video, a folder of them, or the web address of a picture",
    )
    predict.add_argument("--csv", type=Path, metavar="FILE", help="write a row for each face")
    predict.add_argument("--json", type=Path, metavar="FILE", help="write a list of all files")
    predict.add_argument(
        "--annotate", type=Path, metavar="FOLDER", help="write copies with the faces drawn on them"
    )
    predict.add_argument("--model", type=Path, default=SHIPPED_MODEL, help="a model folder")
    predict.add_argument("--detector", choices=DETECTORS, default="blazeface", help="finds faces")
    frames = predict.add_mutually_exclusive_group()
    frames.add_argument(
        "--every", type=int, default=1, metavar="N", help="look at each Nth frame of a video"
    )
    frames.add_argument(
        "--fps", type=float, metavar="N", help="look at N frames a second of a video"
    )


def _add_app(subparsers: Any) -> None:
    app = _add_command(
        subparsers,
        "app",
        commands.app,
        "serve the live webcam as a page of its own",
        "fer-utils app\nfer-utils app --port 8900 --theme dark",
    )
    app.add_argument("--host", default="127.0.0.1", help="address (default: this machine only)")
    app.add_argument("--port", type=int, default=8866, help="port (default: 8866)")
    app.add_argument("--theme", choices=("light", "dark"), default="light", help="(default: light)")
    app.add_argument("--no-browser", action="store_true", help="do not open the page in a browser")


def _add_score(subparsers: Any) -> None:
    score = _add_command(
        subparsers,
        "score",
        commands.score,
        "score many pictures and videos into one Parquet table, on many processes or machines",
        "fer-utils score photos --out results.parquet\n"
        "fer-utils score list.txt --out results.parquet --fps 5\n"
        "fer-utils score /shared/photos --out /shared/results.parquet "
        "--scheduler tcp://10.0.0.1:8786",
    )
    score.add_argument(
        "inputs",
        type=Path,
        metavar="FOLDER|LIST",
        help="a folder, or a text file in UTF-8 with one path per line; relative ones count from "
        "the current folder",
    )
    score.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="results.parquet",
        help="the folder of the table; the same command goes on with it after an interruption",
    )
    score.add_argument("--model", type=Path, default=SHIPPED_MODEL, help="a model folder")
    score.add_argument("--detector", choices=DETECTORS, default="blazeface", help="finds faces")
    score.add_argument(
        "--fps", type=float, metavar="N", help="look at N frames a second of a video"
    )
    score.add_argument(
        "--partition",
        type=int,
        default=500,
        metavar="N",
        help="pictures that a worker takes at a time (default: 500)",
    )
    score.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes on this machine (default: one for each core; 0: no other process)",
    )
    score.add_argument(
        "--scheduler", metavar="tcp://HOST:PORT", help="a Dask scheduler whose workers score"
    )
    score.add_argument(
        "--restart", action="store_true", help="delete what an earlier run wrote to --out"
    )


def _add_study(subparsers: Any) -> None:
    purpose = "run a longer experiment; a restart does only what is missing"
    parser = subparsers.add_parser("study", help=purpose, description=purpose.capitalize() + ".")
    studies = parser.add_subparsers(required=True, metavar="STUDY", dest="study")
    for name, purpose, trial in (
        (
            REPRODUCE,
            "redo two published results as published and honestly, and measure the leaks",
            "--epochs-a 1 --epochs-b 1 ",
        ),
        (BALANCING, "train the same network with every way of balancing and compare them", ""),
    ):
        command = _add_command(
            studies,
            name,
            study,
            purpose,
            f"fer-utils study {name} --source data/raw/fer2013.zip\n"
            f"fer-utils study {name} --source synthetic {trial}--updates 20 --output runs/trial\n"
            f"fer-utils study {name} --collect",
        )
        _add_source(command)
        add_options(command, name)


def _add_command(
    subparsers: Any, name: str, function: Any, purpose: str, examples: str
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=purpose,
        description=purpose[0].upper() + purpose[1:] + ".",
        epilog=f"examples:\n  {examples.replace(chr(10), chr(10) + '  ')}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(command=function)
    return command


def _add_source(
    command: argparse.ArgumentParser, *, default: str | None = "auto", purpose: str = _SOURCES
) -> None:
    command.add_argument(
        "--source", default=default, help=f"{purpose} (default: {default or 'none'})"
    )
    command.add_argument(
        "--on-error",
        choices=("raise", "skip"),
        default="raise",
        help="stop at a bad row or file, or leave it out and say so (default: raise)",
    )


def _add_show_faces(command: argparse.ArgumentParser, *, default: bool | None) -> None:
    command.add_argument(
        "--show-faces",
        action="store_true",
        default=default,
        help="let the notebooks show faces of real people",
    )
