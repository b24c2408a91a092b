"""What the live camera can be doing, in words for the person in front of it."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class State:
    """A state of the live camera.

    Attributes
    ----------
    title : str
        What is the case; empty while nothing needs saying.
    advice : str
        What to do about it.
    action : str
        The text of the button that starts the camera from here; empty where there is none.
    problem : bool
        Whether something went wrong, so that screen readers say it at once.
    """

    title: str = ""
    advice: str = ""
    action: str = ""
    problem: bool = False


STATES = {
    "ready": State(
        "The camera is off",
        "Press Start. Your browser asks for permission the first time.",
        "Start",
    ),
    "asking": State(
        "Asking for the camera",
        "Allow it in the question that your browser shows, usually near the address bar.",
    ),
    "away": State(
        "The camera was switched off",
        "It is off while you look at pictures and videos. Press Start to go on.",
        "Start",
    ),
    "live": State(),
    "paused": State("Paused", "It goes on when this page is in front again."),
    "denied": State(
        "The camera is not allowed",
        "Click the icon beside the page's address, allow the camera, then press Retry.",
        "Retry",
        problem=True,
    ),
    "missing": State(
        "No camera found",
        "Connect a camera, then press Retry.",
        "Retry",
        problem=True,
    ),
    "busy": State(
        "The camera is in use",
        "Close the program or page that uses it, then press Retry.",
        "Retry",
        problem=True,
    ),
    "insecure": State(
        "This address may not use a camera",
        "Browsers allow it on localhost and over HTTPS only. Open the page on this machine as "
        "http://localhost, or serve it through an HTTPS proxy.",
        "Retry",
        problem=True,
    ),
    "ended": State(
        "The camera stopped",
        "It was unplugged, taken by another program, or its permission was withdrawn. "
        "Check that, then press Retry.",
        "Retry",
        problem=True,
    ),
    "silent": State(
        "The kernel does not answer",
        "It is busy with another cell, or it was stopped. The picture goes on when it answers.",
        "Retry",
        problem=True,
    ),
    "gone": State(
        "The kernel is gone",
        "It was restarted or stopped, so the camera is off. Run the cell again, or reload the "
        "page.",
        "Retry",
        problem=True,
    ),
    "elsewhere": State(
        "The camera runs on another page",
        "This widget was started in another window. Press Retry to use it here.",
        "Retry",
        problem=True,
    ),
    "error": State(
        "An error in the kernel",
        "The camera is off. The kernel's log has the details; press Retry to go on.",
        "Retry",
        problem=True,
    ),
    "failed": State(
        "The camera could not be started",
        "Press Retry, or try another browser.",
        "Retry",
        problem=True,
    ),
}

# What the browser calls the reasons why there is no picture (names of DOMException); all others
# are "failed".
CAUSES = {
    "NotAllowedError": "denied",
    "SecurityError": "denied",
    "NotFoundError": "missing",
    "OverconstrainedError": "missing",
    "NotReadableError": "busy",
    "AbortError": "busy",
}


def state_table() -> dict[str, dict[str, str | bool]]:
    """Return `STATES` as JSON for the page."""
    return {name: asdict(state) for name, state in STATES.items()}
