import numpy as np
import pytest
from axes_contents import tick_labels

from fer_utils.data.drawn_faces import draw_faces
from fer_utils.emotions import EMOTIONS
from fer_utils.evaluation.evaluation import evaluate
from fer_utils.evaluation.robustness import corrupt
from fer_utils.plots.slider_plots import plot_blend, plot_corrupted, plot_crop, plot_temperature
from fer_utils.vision.observation import DetectedFace


class HowBright:
    """Says happy with the share of white in a face, and sad otherwise."""

    def predict(self, images: np.ndarray) -> np.ndarray:
        probabilities = np.zeros((len(images), len(EMOTIONS)), dtype=np.float32)
        probabilities[:, EMOTIONS.index("happy")] = images.mean(axis=(1, 2)) / 255
        probabilities[:, EMOTIONS.index("sad")] = 1 - images.mean(axis=(1, 2)) / 255
        return probabilities


class Crops:
    """Keeps the faces to crop, and answers with the brightness of a white crop."""

    def crop(self, picture: object, faces: list[DetectedFace]) -> np.ndarray:
        self.faces = faces
        return np.full((len(faces), 48, 48), 255, dtype=np.uint8)

    def classify(self, crops: np.ndarray) -> np.ndarray:
        return HowBright().predict(crops)


def bars(ax: object) -> list[float]:
    return [round(bar.get_width()) for bar in ax.patches]


@pytest.mark.parametrize(("position", "gray"), [(0.0, 200), (0.25, 150), (1.0, 0)])
def test_a_blend_is_between_the_two_faces(position: float, gray: int) -> None:
    bright, dark = np.full((48, 48), 200, np.uint8), np.zeros((48, 48), np.uint8)
    ax = plot_blend(bright, dark, position)
    shown = ax.get_images()[0].get_array()
    row = shown.shape[0] - 20
    assert [shown[row, 52 * column + 20] for column in range(3)] == [200, gray, 0]
    assert ax.texts[1].get_text() == f"{position:.0%} of the way"


def test_the_temperature_moves_the_confidence_and_not_the_accuracy() -> None:
    evaluation = evaluate(HowBright(), draw_faces(162, seed=2))
    cold, warm = (plot_temperature(evaluation, temperature) for temperature in (0.1, 4.0))
    reach = [ax.collections[0].get_offsets()[:, 0].max() for ax in (cold, warm)]
    assert reach[0] > reach[1]
    errors = [float(ax.get_title().split()[-1].rstrip("%")) for ax in (cold, warm)]
    assert errors[0] > errors[1]
    accuracies = [
        np.average(
            ax.collections[0].get_offsets()[:, 1], weights=ax.collections[0].get_sizes() - 10
        )
        for ax in (cold, warm)
    ]
    assert accuracies[0] == pytest.approx(accuracies[1])


def test_a_corrupted_face_is_shown_with_the_answer_to_it() -> None:
    face = np.full((48, 48), 255, dtype=np.uint8)
    clean = plot_corrupted(HowBright(), face)
    assert clean[0].get_title() == "happy 100%"
    assert bars(clean[1]) == [0, 0, 0, 100, 0, 0, 0]
    assert tick_labels(clean[1], "y") == list(EMOTIONS)
    dark = plot_corrupted(HowBright(), face, "darker", 5)
    shown = dark[0].get_images()[0].get_array()
    assert shown[20, 20] == corrupt(face[None], "darker", strength=5)[0, 0, 0]
    assert dark[0].get_title() == "sad 88%"


def test_a_drawn_face_takes_the_place_of_none() -> None:
    shown = plot_corrupted(HowBright())[0].get_images()[0].get_array()
    assert len(np.unique(shown)) > 20


def test_a_crop_is_widened_around_its_center_and_shifted_by_its_own_width() -> None:
    face = DetectedFace(
        box=(10.0, 20.0, 40.0, 60.0), score=0.9, keypoints=np.zeros((6, 2), dtype=np.float32)
    )
    recognizer = Crops()
    axes = plot_crop(recognizer, "picture.jpg", face, width=2.0, shift=0.25)  # type: ignore[arg-type]
    assert [each.box for each in recognizer.faces] == [(0.0, -10.0, 80.0, 120.0)]
    assert recognizer.faces[0].keypoints is None
    assert axes[0].get_title() == "happy 100%"
