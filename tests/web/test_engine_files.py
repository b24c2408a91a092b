import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from fer_utils import open_model
from fer_utils.paths import MODELS
from fer_utils.vision.face_network import NETWORKS_FOLDER
from fer_utils.web import engine_files
from fer_utils.web.engine_files import EngineError, engine_file, page_model, with_fixed_batch


def answer_of(network: bytes, faces: np.ndarray) -> np.ndarray:
    interpreter = Interpreter(model_content=network)
    [given], [found] = interpreter.get_input_details(), interpreter.get_output_details()
    if (given["shape_signature"] == -1).any():
        interpreter.resize_tensor_input(given["index"], faces.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], faces)
    interpreter.invoke()
    return interpreter.get_tensor(found["index"])


@pytest.mark.parametrize("name", ["model.tflite", "model_int8.tflite"])
def test_a_fixed_batch_changes_no_answer(name: str) -> None:
    network = (MODELS / "people" / name).read_bytes()
    fixed = with_fixed_batch(network)
    [given] = Interpreter(model_content=fixed).get_input_details()
    assert given["shape_signature"].tolist() == [1, 48, 48, 1]
    face = np.random.default_rng(0).uniform(0, 255, (1, 48, 48, 1)).astype(np.float32)
    assert answer_of(fixed, face).tolist() == answer_of(network, face).tolist()


def test_the_page_classifies_with_the_export_that_python_prefers() -> None:
    export = (MODELS / "people" / "model_int8.tflite").read_bytes()
    assert gzip.decompress(engine_file("classifier", open_model())) == with_fixed_batch(export)


def test_networks_are_the_ones_that_python_uses() -> None:
    near = (NETWORKS_FOLDER / "face_detection_short_range.tflite").read_bytes()
    assert gzip.decompress(engine_file("near", open_model())) == near
    assert engine_file("near", open_model()) == engine_file("near", open_model())


def test_a_file_that_the_engine_does_not_need_is_refused() -> None:
    with pytest.raises(KeyError):
        engine_file("../../card.json", open_model())


def test_without_the_built_scripts_it_says_how_to_build_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engine_files, "WEB", tmp_path)
    with pytest.raises(EngineError, match="run make page"):
        engine_file("worker", open_model())


def test_the_page_gets_prior_and_limits_of_a_model_that_learned_from_votes() -> None:
    model = open_model()
    assert model.prior is not None
    settings = json.loads(json.dumps(page_model(model)))
    power, shares = model.prior.balanced_power, np.array(model.prior.shares)
    np.testing.assert_allclose(settings["divisors"], shares**power)
    np.testing.assert_allclose(settings["even_divisors"], shares ** (1 - power))
    assert settings["uncertain_below"] == model.uncertain_below
    assert model.face_sizes is not None
    assert settings["smallest_face"] == model.face_sizes.smallest


def test_a_model_that_learned_from_labels_has_no_prior() -> None:
    settings = page_model(open_model(MODELS / "fer2013"))
    assert settings["divisors"] is None
    assert settings["even_divisors"] is None
    assert settings["smallest_face"] == 0
