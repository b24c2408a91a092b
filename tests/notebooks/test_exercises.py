"""Every exercise is solved by its own solution, with what its notebook has defined by then."""

import ast
import builtins
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest

from fer_utils import PROFILES, balance, evaluate, open_model
from fer_utils.data.drawn_faces import draw_faces
from fer_utils.data.faces import Faces
from fer_utils.exercises import check
from fer_utils.exercises.verdict import Verdict
from fer_utils.runs.pipeline import notebooks_in_order


@dataclass(frozen=True)
class Exercise:
    """An exercise of a notebook: its cell, its solution, and the names defined before it."""

    name: str
    source: str
    text: str
    solution: str
    known: set[str]


def exercises_of(path: Path) -> list[Exercise]:
    cells, known, found = nbformat.read(path, as_version=4).cells, set(dir(builtins)), []
    for place, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        if "exercise" in cell.metadata.get("tags", []):
            before, after = cells[place - 1].source, cells[place + 1].source
            [name] = re.findall(r'check\("([\w-]+)"', cell.source)
            [solution] = re.findall(r"```python\n(.*?)```", after, re.DOTALL)
            found.append(Exercise(name, cell.source, before + after, solution, set(known)))
        known |= names(cell.source, ast.Store)
    return found


def names(source: str, use: type[ast.expr_context]) -> set[str]:
    """Return the names that code defines (ast.Store, or an import) or uses (ast.Load)."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, use):
            found.add(node.id)
        elif isinstance(node, ast.alias) and use is ast.Store:
            found.add(node.asname or node.name.partition(".")[0])
    return found


ORDERED = notebooks_in_order()
EXERCISES = [exercise for path in ORDERED for exercise in exercises_of(path)]
EACH = [pytest.param(exercise, id=exercise.name) for exercise in EXERCISES]


@pytest.fixture(scope="module")
def faces() -> Faces:
    return draw_faces(300, seed=5)


@pytest.fixture(scope="module")
def definitions(faces: Faces) -> dict[str, dict[str, Any]]:
    """Give what the notebooks have computed where their exercises come, but smaller."""
    history = {"epoch": [1, 2, 3, 4], "accuracy": [0.2, 0.4, 0.6, 0.8], "loss": [4, 3, 2, 1]}
    history |= {"val_accuracy": [0.2, 0.5, 0.4, 0.3], "val_loss": [4, 3, 2, 3]}
    emotions = ["happy", "happy", None, "sad", "uncertain", "happy"]
    table = pd.DataFrame({"frame": range(6), "time": np.arange(6) / 5, "emotion": emotions})
    evidence = np.full((48, 48), -0.5)
    evidence[30:34], evidence[4] = 0.3, 0.1
    accuracies = [[0.6, 0.5, 0.4, 0.3, 0.2], [0.7, 0.6, 0.1, 0.4, 0.3], [0.8, 0.8, 0.8, 0.8, 0.7]]
    worse = pd.DataFrame(accuracies, ["blur", "noise", "shift"], range(1, 6))
    return {
        "01": {"faces": faces},
        "02": {
            "faces": faces,
            "face": faces.images[0],
            "neighbor": faces.images[1],
            "balance": balance,
            "seed": 0,
        },
        "03": {
            "training": faces.of_split("Training"),
            "recipe": PROFILES["quick"],
            "model": SimpleNamespace(history=pd.DataFrame(history)),
        },
        "04": {"evaluation": evaluate(open_model(), faces)},
        "05": {"table": table.assign(face=table["emotion"].notna().map({True: 1.0}))},
        "06": {},
        "07": {"table": worse, "occlusion": SimpleNamespace(maps=evidence[None])},
    }


Defined = Callable[[Exercise], dict[str, Any]]


@pytest.fixture
def defined(definitions: dict[str, dict[str, Any]]) -> Defined:
    return lambda exercise: {"np": np, "check": check} | definitions[exercise.name[:2]]


def run(exercise: Exercise, namespace: dict[str, Any], *, solution: str = "") -> Verdict:
    """Run the cell of an exercise as it is, or with a solution in place of its dots."""
    *given, checking = exercise.source.splitlines()
    kept = [line for line in given if not (solution and " = ..." in line)]
    exec("\n".join([*kept, solution]), namespace)
    verdict = eval(checking, namespace)
    assert isinstance(verdict, Verdict)
    return verdict


# Two wrong answers for each exercise, and a part of what the learner is told.
WRONG = {
    "01-majority": [
        ("counts['Training'].max() / counts['Training'].sum()", "share of Training"),
        ("1 / 7", "equally frequent"),
    ],
    "01-copies": [("leaked + honest", "some of these faces"), ("(1 + honest) / 2", "as many")],
    "02-neighbors": [("counts.min()", "its own neighbor"), ("counts.max() - 1", "runs out")],
    "02-blend": [
        ("face + position * (neighbor - face)", "10 - 20"),
        ("neighbor + position * (face.astype(float) - neighbor)", "SMOTE start"),
    ],
    "02-leak": [
        ("mixed.is_synthetic[is_test].mean()", "added faces"),
        ("1 - leaked", "without a copy"),
    ],
    "03-shown": [
        ("recipe.updates / len(training)", "more than one face"),
        ("recipe.updates * recipe.batch_size", "in all updates"),
    ],
    "03-best": [
        ("history['val_accuracy'].argmax()", "counts from 0"),
        ("history['epoch'][history['accuracy'].argmax()]", "do not decide"),
    ],
    "03-temperature": [
        ("probabilities ** temperature / (probabilities ** temperature).sum()", "bolder"),
        ("probabilities ** (1 / temperature)", "sum to 1"),
    ],
    "04-interval": [("2 * count", "square root of 2"), ("count / 2", "make it wider")],
    "04-recall": [
        ("found / confusion.sum(axis=0)", "precision"),
        ("found / confusion.sum()", "shares of all faces"),
    ],
    "04-threshold": [("0", "Accepting fewer faces"), ("0.5", "Accepting fewer faces")],
    "05-share": [("1 / factor", "also as high"), ("100 / factor**2", "a percentage")],
    "05-seconds": [("(table['emotion'] == 'happy').sum()", "rows"), ("0.5", "share of the rows")],
    "06-rate": [("1 / seconds", "one at a time"), ("seconds / in_transit", "time per frame")],
    "06-smoothing": [("time_constant / 2", "constant speed"), ("time_constant", "more than half")],
    "07-corruption": [("'shift'", "costs the least"), ("table[5].idxmin()", "lower accuracy")],
    "07-evidence": [
        ("evidence[24:].sum() / evidence.sum()", "does not cancel"),
        ("1 - share", "upper half"),
    ],
    "07-rise": [("accuracy + left_out", "do not become more"), ("accuracy", "share of right")],
}


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in ORDERED])
def test_each_notebook_has_two_or_three_exercises(path: Path) -> None:
    assert len(exercises_of(path)) in (2, 3)


@pytest.mark.parametrize("exercise", EACH)
def test_an_exercise_asks_and_folds_its_hint_and_solution(exercise: Exercise) -> None:
    assert exercise.text.startswith("### Exercise: ")
    assert re.findall(r"<summary>(.*)</summary>", exercise.text) == ["Hint", "Solution"]
    assert exercise.source.splitlines()[-1].startswith("check(")


@pytest.mark.parametrize("exercise", EACH)
def test_an_exercise_needs_only_what_its_notebook_has_defined(exercise: Exercise) -> None:
    before_check = "\n".join(exercise.source.splitlines()[:-1])
    own = names(before_check, ast.Store) | names(exercise.solution, ast.Store)
    used = names(exercise.source, ast.Load) | names(exercise.solution, ast.Load)
    assert used - own <= exercise.known


@pytest.mark.parametrize("exercise", EACH)
def test_an_exercise_is_skipped_with_one_line_until_it_is_filled_in(
    exercise: Exercise, defined: Defined
) -> None:
    verdict = run(exercise, defined(exercise))
    assert verdict.is_right is None
    assert repr(verdict).splitlines() == [
        f"Exercise {exercise.name}: replace the dots (...) and run the cell again."
    ]


@pytest.mark.parametrize("exercise", EACH)
def test_the_solution_is_right(exercise: Exercise, defined: Defined) -> None:
    verdict = run(exercise, defined(exercise), solution=exercise.solution)
    assert verdict.is_right, verdict
    assert verdict.message.startswith("Right. ")


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("exercise", EACH)
def test_two_wrong_answers_are_told_what_is_off(exercise: Exercise, defined: Defined) -> None:
    known = defined(exercise)
    run(exercise, known, solution=exercise.solution)
    [answer] = re.findall(r'check\("[\w-]+", (\w+)', exercise.source)
    checking = exercise.source.splitlines()[-1]
    assert len(WRONG[exercise.name]) == 2
    for wrong, told in WRONG[exercise.name]:
        verdict = eval(checking, known | {answer: eval(wrong, known)})
        assert verdict.is_right is False, wrong
        assert told in verdict.message, (wrong, verdict.message)


def test_every_exercise_is_tried_with_wrong_answers() -> None:
    assert list(WRONG) == [exercise.name for exercise in EXERCISES]
