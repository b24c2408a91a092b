"""The command line: ``fer-utils run``, ``data``, ``train``, ``export`` and ``evaluate``."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from fer_utils.data.audit import audit, clean
from fer_utils.data.balancing import STRATEGIES, balance
from fer_utils.data.records import SPLITS, Faces
from fer_utils.data.sources import load_faces
from fer_utils.model.recipes import PROFILES
from fer_utils.paths import MODELS, display

_DESCRIPTION = "Facial expression recognition: load faces, balance, train, evaluate."
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
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands)
    _add_data(commands)
    _add_train(commands)
    _add_export(commands)
    _add_evaluate(commands)
    return parser


def _add_run(commands: Any) -> None:
    run = _add_command(
        commands,
        "run",
        _run,
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
    run.add_argument(
        "--show-faces",
        action="store_true",
        default=None,
        help="let the notebooks show faces of real people",
    )
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


def _add_data(commands: Any) -> None:
    data = _add_command(
        commands,
        "data",
        _data,
        "show what would be loaded: counts and audit",
        "fer-utils data\nfer-utils data --source data/raw/fer2013.csv",
    )
    _add_source(data)


def _add_train(commands: Any) -> None:
    train = _add_command(
        commands,
        "train",
        _train,
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


def _add_export(commands: Any) -> None:
    export = _add_command(
        commands,
        "export",
        _export,
        "add the LiteRT export to a model trained where TensorFlow was missing",
        "fer-utils export models/my_model",
    )
    export.add_argument("model", type=Path, help="the model folder")


def _add_evaluate(commands: Any) -> None:
    evaluate = _add_command(
        commands,
        "evaluate",
        _evaluate,
        "score a model on PublicTest and PrivateTest",
        "fer-utils evaluate models/my_model --source data/raw/fer2013.zip",
    )
    evaluate.add_argument("model", type=Path, help="the model folder")
    _add_source(evaluate)


def _add_command(
    commands: Any, name: str, function: Any, purpose: str, examples: str
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=purpose,
        description=purpose[0].upper() + purpose[1:] + ".",
        epilog=f"examples:\n  {examples.replace(chr(10), chr(10) + '  ')}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(command=function)
    return command


def _add_source(command: argparse.ArgumentParser) -> None:
    command.add_argument("--source", default="auto", help=f"{_SOURCES} (default: auto)")
    command.add_argument(
        "--on-error",
        choices=("raise", "skip"),
        default="raise",
        help="stop at a bad row or file, or leave it out and say so (default: raise)",
    )


def _run(options: argparse.Namespace) -> None:
    from fer_utils import pipeline

    if options.start is None:
        folder = options.output or pipeline.new_run_folder()
        settings = pipeline.Settings()
    else:
        folder = options.output or pipeline.latest_run_folder()
        settings = pipeline.load_settings(folder)
    names = ("source", "strategy", "profile", "seed", "show_faces")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    parameters = settings.parameters | dict(map(_parameter, options.parameters))
    settings = replace(settings, **given, parameters=parameters)
    run = pipeline.run_notebooks(folder, settings, start=options.start or "01")
    _print_summary(run)
    if options.promote:
        print(pipeline.promote(run.model))


def _print_summary(run: Any) -> None:
    from fer_utils.model.artifacts import load_run

    model = load_run(run.model)
    notebooks = sorted(run.folder.glob("*.ipynb"))
    print(f"\nTrained on {model.card['data']['source']}, scored on faces kept out of training:\n")
    _print_scores(model.evaluations())
    print(
        f"\nReport        {display(run.report)}"
        f"\nNotebooks     {display(run.folder)}: {', '.join(path.name for path in notebooks)}"
        f"\nModel         {display(run.model)}"
        f"\nMetrics       {display(run.model / 'metrics.json')}"
    )


def _print_scores(evaluations: Any) -> None:
    from fer_utils.model.evaluation import summary_table

    print(summary_table(evaluations).to_string())
    print("Intervals are bootstrap 95%. PrivateTest-clean leaves out copies of Training images.")


def _data(options: argparse.Namespace) -> None:
    faces = _loaded(options)
    findings = audit(faces)
    print(faces.provenance.describe())
    print(f"\n{faces.counts().to_string()}\n\n{findings.table().to_string()}\n")
    print(
        f"{findings.duplicate_groups} images occur more than once ({findings.surplus_copies} "
        f"surplus copies), {findings.conflicting_groups} of them with conflicting labels"
    )
    for warning in findings.warnings:
        print(f"warning: {warning}")
    kept = clean(faces, findings)
    print("after cleaning: " + ", ".join(f"{kept.counts()[s].sum()} {s}" for s in SPLITS))


def _train(options: argparse.Namespace) -> None:
    from fer_utils.model import training
    from fer_utils.model.artifacts import load_run
    from fer_utils.model.calibration import calibrate
    from fer_utils.model.distillation import ask_teachers
    from fer_utils.model.distribution import join_processes
    from fer_utils.model.saving import save_run

    teachers = [load_run(path) for path in options.teachers]
    faces = _cleaned(options)
    recipe, seed, output = PROFILES[options.profile], options.seed, options.output
    part, validation = faces.of_split("Training"), faces.of_split("PublicTest")
    strategy = options.strategy or recipe.balancing
    balanced = balance(part.images, part.labels, strategy=strategy, seed=seed)
    opinions = None
    if teachers:
        classifiers = [teacher.classifier for teacher in teachers]
        temperature = recipe.teacher_temperature
        opinions = ask_teachers(classifiers, balanced.images, temperature=temperature)
    trained = training.train(
        balanced,
        validation,
        recipe,
        checkpoints=output.with_name(f"{output.name}.checkpoints"),
        seed=seed,
        opinions=opinions,
    )
    if not join_processes().leads:
        return
    model = save_run(
        output,
        trained,
        calibration=calibrate(trained.probabilities(validation.images), validation.labels),
        recipe=recipe,
        balanced=balanced,
        faces=faces,
        seed=seed,
        teachers=teachers,
    )
    print(f"{display(model.path)}: {trained.history['val_accuracy'].max():.1%} on PublicTest")


def _export(options: argparse.Namespace) -> None:
    from fer_utils.model.saving import add_export

    print(f"exported: {display(add_export(options.model).path)}")


def _evaluate(options: argparse.Namespace) -> None:
    from fer_utils.model.artifacts import load_run, save_metrics
    from fer_utils.model.evaluation import evaluate_splits

    model = load_run(options.model)
    faces = _cleaned(options)
    evaluations = evaluate_splits(model.classifier, faces)
    _print_scores(evaluations)
    if faces.of_split("PublicTest").fingerprint() == model.card["data"]["public_test_fingerprint"]:
        save_metrics(model, evaluations)
        print(f"written to {display(model.path / 'metrics.json')}")
    else:
        print(f"not written: the model's own scores are on {model.card['data']['source']}")


def _loaded(options: argparse.Namespace) -> Faces:
    return load_faces(options.source, on_error=options.on_error)


def _cleaned(options: argparse.Namespace) -> Faces:
    loaded = _loaded(options)
    return clean(loaded, audit(loaded))


def _parameter(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator:
        raise ValueError(f"--parameter {text!r}: expected NAME=VALUE")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
