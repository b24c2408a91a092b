"""How the seven emotions look, on pages and in pictures: one emoji and one colour each."""

from fer_utils.labels import EMOTIONS
from fer_utils.vision.records import UNCERTAIN

EMOJI = {
    "angry": "😠",
    "disgust": "🤢",
    "fear": "😨",
    "happy": "😊",
    "sad": "😢",
    "surprise": "😮",
    "neutral": "😐",
    UNCERTAIN: "🤔",
}

# Bright enough to stand on any picture, and apart for people with any kind of colour blindness.
COLORS = {
    "angry": "#d14960",
    "disgust": "#c2f7c5",
    "fear": "#7d6fcf",
    "happy": "#ffeb17",
    "sad": "#74c0ef",
    "surprise": "#dd8e2c",
    "neutral": "#b6a7a7",
    UNCERTAIN: "#b6a7a7",
}


def emotion_table() -> list[dict[str, str]]:
    """Return name, emoji and colour of each emotion in label order, `UNCERTAIN` last."""
    return [
        {"name": name, "emoji": EMOJI[name], "color": COLORS[name]}
        for name in (*EMOTIONS, UNCERTAIN)
    ]
