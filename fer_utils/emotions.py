"""Name the seven emotions: their order, aliases, emoji, colors, and "uncertain"."""

# The seven emotions in the order of FER-2013: a label is a position in it, 0 to 6.
EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
# Takes the place of an emotion if the network is not confident enough.
UNCERTAIN = "uncertain"
SHOWN_EMOTIONS = (*EMOTIONS, UNCERTAIN)

EMOJI = dict(zip(SHOWN_EMOTIONS, "😠🤢😨😊😢😮😐🤔", strict=True))

# Visible on any picture, and distinguishable with any kind of color blindness.
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

_ALIASES = {
    "anger": "angry",
    "disgusted": "disgust",
    "afraid": "fear",
    "fearful": "fear",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprised": "surprise",
}


class UnknownEmotionError(ValueError):
    """A name or index that is not one of the seven emotions."""


def emotion_index(name: str) -> int:
    """Return the label of an emotion.

    Parameters
    ----------
    name : str
        A name from `EMOTIONS` or an alias such as "anger", "happiness", or "surprised";
        case-insensitive.

    Returns
    -------
    int
        The label, 0 to 6.

    Raises
    ------
    UnknownEmotionError
        If it is neither.

    Examples
    --------
    >>> emotion_index("Happiness")
    3
    """
    key = name.strip().lower()
    key = _ALIASES.get(key, key)
    if key not in EMOTIONS:
        raise UnknownEmotionError(
            f"unknown emotion {name!r}: expected one of {', '.join(EMOTIONS)} "
            f"or an alias ({', '.join(_ALIASES)})"
        )
    return EMOTIONS.index(key)


def emotion_table() -> list[dict[str, str]]:
    """Return the name, emoji, and color of each emotion in label order, `UNCERTAIN` last."""
    return [{"name": name, "emoji": EMOJI[name], "color": COLORS[name]} for name in SHOWN_EMOTIONS]
