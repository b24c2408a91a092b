"""The seven emotions, in FER-2013's own order, and the names other data sets give them."""

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")

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
    """A name or an index that is none of the seven emotions."""


def emotion_index(name: str) -> int:
    """Return the label of an emotion's name.

    Parameters
    ----------
    name : str
        A name of `EMOTIONS` or a usual alias ("anger", "happiness", "sadness", "fearful",
        "surprised" and their like), in any case.

    Returns
    -------
    int
        The label, 0 to 6.

    Raises
    ------
    UnknownEmotionError
        If the name is neither.

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
