"""What the command line does once its options are read."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fer_utils.data.audit import audit, clean
from fer_utils.data.balancing import balance
from fer_utils.data.faces import SPLITS, Faces
from fer_utils.data.sources import load_faces
from fer_utils.model.recipes import PROFILES
from fer_utils.paths import display_path


def run(options: argparse.Namespace) -> None:
    """Execute the notebooks and print the scores."""
    from fer_utils.runs import pipeline

    if options.start is None:
        folder = options.output or pipeline.new_run_folder()
        settings = pipeline.RunSettings()
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
    from fer_utils.model.model_folder import open_model

    model = open_model(run.model)
    notebooks = sorted(run.folder.glob("*.ipynb"))
    print(f"\nTrained on {model.card['data']['source']}, scored on faces kept out of training:\n")
    _print_scores(model.evaluations())
    print(
        f"\nReport        {display_path(run.report)}"
        f"\nNotebooks     {display_path(run.folder)}: {', '.join(path.name for path in notebooks)}"
        f"\nModel         {display_path(run.model)}"
        f"\nMetrics       {display_path(run.model / 'metrics.json')}"
    )


def _print_scores(evaluations: Any) -> None:
    from fer_utils.model.metrics import summary_table

    print(summary_table(evaluations).to_string())
    print("Intervals are bootstrap 95%. PrivateTest-clean leaves out copies of Training images.")


def show_data(options: argparse.Namespace) -> None:
    """Print counts and audit of the faces."""
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


def train(options: argparse.Namespace) -> None:
    """Train a model without the notebooks."""
    from fer_utils.model import training
    from fer_utils.model.calibration import calibrate
    from fer_utils.model.distillation import ask_teachers
    from fer_utils.model.distribution import join_processes
    from fer_utils.model.export import add_int8_export
    from fer_utils.model.model_folder import open_model
    from fer_utils.model.saving import save_model

    teachers = [open_model(path) for path in options.teachers]
    faces = _cleaned(options)
    recipe, seed, output = PROFILES[options.profile], options.seed, options.output
    part, validation = faces.of_split("Training"), faces.of_split("PublicTest")
    strategy = options.strategy or recipe.balancing
    balanced = balance(part.images, part.labels, strategy=strategy, seed=seed)
    opinions = None
    if teachers:
        cores = os.cpu_count() or 1
        classifiers = [teacher.open_classifier(threads=cores) for teacher in teachers]
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
    model = save_model(
        output,
        trained,
        calibration=calibrate(trained.probabilities(validation.images), validation.labels),
        recipe=recipe,
        balanced=balanced,
        faces=faces,
        seed=seed,
        teachers=teachers,
    )
    add_int8_export(output, faces)
    print(f"{display_path(model.path)}: {trained.history['val_accuracy'].max():.1%} on PublicTest")


def export(options: argparse.Namespace) -> None:
    """Add the LiteRT export to a model folder."""
    from fer_utils.model.export import add_int8_export
    from fer_utils.model.saving import add_export

    model = add_export(options.model)
    if options.source is not None:
        add_int8_export(options.model, _cleaned(options))
    print(f"exported: {display_path(model.path)}")


def evaluate(options: argparse.Namespace) -> None:
    """Evaluate a model folder on any faces, and write a report."""
    from fer_utils.model.model_folder import load_evaluations
    from fer_utils.runs.evaluation_report import evaluate_model
    from fer_utils.runs.pipeline import new_run_folder

    report = evaluate_model(
        options.model,
        options.source,
        options.output or new_run_folder(),
        on_error=options.on_error,
        find_faces=options.find_faces,
        show_faces=options.show_faces,
    )
    print(f"\n{report.faces.provenance.describe()}\n")
    _print_scores(load_evaluations(report.metrics))
    print(
        f"\nReport        {display_path(report.page)}\nMetrics       {display_path(report.metrics)}"
    )
    own = report.model.was_chosen_on(report.faces)
    if own:
        print(f"Model card    {display_path(report.model.path / 'MODEL_CARD.md')}")
    else:
        chosen_on = report.model.card["data"]["source"]
        print(f"The model keeps its own scores, which are on {chosen_on}.")


def predict(options: argparse.Namespace) -> None:
    """Recognize the faces of pictures and videos, and print them as a table."""
    from fer_utils.cli.inputs import check_output, list_sources, plan_copies
    from fer_utils.cli.prediction import Predictor
    from fer_utils.cli.printing import FaceTable
    from fer_utils.video.result_files import check_folder, result_files
    from fer_utils.vision.recognizer import Recognizer

    sources, others = list_sources(options.paths, leave_out=options.annotate)
    for path in (options.csv, options.json):
        check_output(path, sources)
    copies: Mapping[str, Path] = {}
    if options.annotate is not None:
        copies = plan_copies(sources, options.annotate)
        check_folder(options.annotate)
    table, interrupted = FaceTable(sources), False
    with result_files(table=options.csv, listing=options.json) as files:
        predictor = Predictor(
            recognizer=Recognizer(options.model, detector=options.detector),
            files=files,
            copies=copies,
            every=options.every,
            rate=options.fps,
        )
        try:
            for source in sources:
                table.show(source, predictor.predict(source))
        except KeyboardInterrupt:
            # What was done until here is kept.
            interrupted = True
    table.end(others)
    if interrupted:
        raise KeyboardInterrupt
    if table.failed:
        raise ValueError(f"{table.failed} of {len(sources)} files could not be used")


def app(options: argparse.Namespace) -> None:
    """Serve the live webcam."""
    from fer_utils.runs.page import serve

    serve(
        host=options.host,
        port=options.port,
        theme=options.theme,
        open_browser=not options.no_browser,
    )


def score(options: argparse.Namespace) -> None:
    """Score many pictures and videos into one table."""
    from dask.system import CPU_COUNT
    from tqdm import tqdm

    from fer_utils.scoring.scoring_run import score

    if options.workers is not None and options.scheduler is not None:
        raise ValueError("give --workers or --scheduler: a scheduler has workers of its own")
    chosen = ("model", "detector", "partition", "scheduler", "restart")
    with tqdm(unit=" files", disable=None) as bar:

        def show(done: int, files: int) -> None:
            if bar.total is None:
                bar.reset(total=files)
                bar.initial = bar.n = bar.last_print_n = done
            bar.update(done - bar.n)

        try:
            summary = score(
                options.inputs,
                options.out,
                **{name: getattr(options, name) for name in chosen},
                rate=options.fps,
                workers=CPU_COUNT if options.workers is None else options.workers,
                on_progress=show,
            )
        except (KeyboardInterrupt, ConnectionError):
            bar.write(
                f"{display_path(options.out)} keeps what is done: the same command goes on with it",
                file=sys.stderr,
            )
            raise
    _print_scoring(summary, options.out)


def _print_scoring(summary: Any, out: Path) -> None:
    print(f"{summary.files:,} files in {summary.seconds:,.0f} s: pandas.read_parquet({str(out)!r})")
    if summary.parts_before:
        print(f"{summary.parts_before:,} of {summary.parts:,} parts were there already")
    if summary.errors:
        errors = str(out / "_errors")
        print(f"{summary.errors:,} could not be scored: pandas.read_parquet({errors!r}) says why")


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
