from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from fer_utils.model import learner
from fer_utils.model.learner import best_precision
from fer_utils.model.recipes import Recipe


@pytest.mark.parametrize(
    ("flags", "precision"),
    [
        ("flags : fpu avx512_bf16 sse", "mixed_bfloat16"),
        ("flags : fpu amx_bf16 sse", "mixed_bfloat16"),
        ("flags : fpu avx512f sse", "float32"),
        ("flags : fpu not_avx512_bf16 sse", "float32"),
    ],
)
def test_the_best_precision_depends_on_the_processor(
    monkeypatch: pytest.MonkeyPatch, flags: str, precision: str
) -> None:
    monkeypatch.setattr(
        Path, "read_text", lambda path, encoding: {"/proc/cpuinfo": flags}[str(path)]
    )
    assert best_precision() == precision


def test_the_best_precision_is_float32_if_the_processor_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read_text(path: Path, encoding: str) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "read_text", read_text)
    assert best_precision() == "float32"


@pytest.mark.parametrize(
    ("name", "kind"), [("adamw", keras.optimizers.AdamW), ("sgd", keras.optimizers.SGD)]
)
def test_a_recipe_names_its_optimizer(recipe: Recipe, name: str, kind: type) -> None:
    optimizer = learner._optimizer(replace(recipe, optimizer=name, weight_decay=0.25), 100)
    assert isinstance(optimizer, kind)
    assert optimizer.weight_decay == 0.25


def test_a_recipe_adjusts_the_loss_by_the_class_frequencies(recipe: Recipe) -> None:
    labels = np.arange(8, dtype=np.uint8) % 7
    adjusted = learner._loss(replace(recipe, logit_adjustment=1.0), labels)
    even = np.full((1, 7), 1 / 7)
    assert float(adjusted(np.eye(7)[:1], even)) == pytest.approx(-np.log(2 / 8), rel=1e-5)
    plain = learner._loss(recipe, labels)
    assert float(plain(np.eye(7)[:1], even)) == pytest.approx(np.log(7), rel=1e-5)


def test_adjusting_smoothed_labels_is_refused(recipe: Recipe) -> None:
    both = replace(recipe, logit_adjustment=1.0, label_smoothing=0.1)
    with pytest.raises(ValueError, match=r"expected label_smoothing 0, got 0\.1"):
        learner._loss(both, np.arange(7, dtype=np.uint8))


def test_an_unknown_optimizer_is_refused(recipe: Recipe) -> None:
    with pytest.raises(ValueError, match="unknown optimizer 'adam': expected adamw or sgd"):
        learner._optimizer(replace(recipe, optimizer="adam"), 100)


def test_the_learning_rate_rises_and_then_falls_to_nothing(recipe: Recipe) -> None:
    schedule = learner._optimizer(replace(recipe, learning_rate=0.5), 100)._learning_rate
    rates = [float(schedule(step)) for step in (0, 5, 52, 100)]
    assert rates[1] == pytest.approx(0.5)
    assert rates[0] < rates[2] < rates[1]
    assert rates[3] == pytest.approx(0, abs=1e-6)
