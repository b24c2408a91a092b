"""Describe each state of the live camera to the person in front of it."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class State:
    """A state of the live camera.

    Attributes
    ----------
    title : str
        What is going on; empty if there is nothing to say.
    advice : str
        What to do about it.
    action : str
        Label of the button that starts the camera from this state; empty if there is none.
    problem : bool
        Whether something went wrong; screen readers then announce it immediately.
    """

    title: str = ""
    advice: str = ""
    action: str = ""
    problem: bool = False


def _problem(title: str, advice: str) -> State:
    return State(title, advice, "Retry", problem=True)


STATES = {
    "ready": State(
        "The camera is off",
        "Press Start. Your browser asks for permission the first time.",
        "Start",
    ),
    "asking": State(
        "Waiting for permission",
        "Allow the camera in your browser's prompt, usually near the address bar.",
    ),
    "away": State(
        "The camera was switched off",
        "It stays off while you look at pictures and videos. Press Start to continue.",
        "Start",
    ),
    "loading": State("Loading the networks", "This takes a second or two the first time."),
    "live": State(),
    "paused": State("Paused", "The camera resumes when this page is visible again."),
    "denied": _problem(
        "Camera access is blocked",
        "Click the icon next to the page's address, allow the camera, then press Retry. VS Code "
        "gives notebooks no camera: there, open this notebook in JupyterLab or a browser.",
    ),
    "missing": _problem("No camera found", "Connect a camera, then press Retry."),
    "busy": _problem(
        "The camera is in use", "Close the program or page that is using it, then press Retry."
    ),
    "insecure": _problem(
        "This address cannot use a camera",
        "Browsers allow cameras only on localhost and over HTTPS. Open the page on this machine "
        "as http://localhost, or serve it through an HTTPS proxy.",
    ),
    "ended": _problem(
        "The camera stopped",
        "It was unplugged, another program took it, or its permission was revoked. "
        "Check these, then press Retry.",
    ),
    "silent": _problem(
        "The kernel is not responding",
        "It is busy with another cell, or it was stopped. Recognition resumes when it responds; "
        "if it does not, reload the page.",
    ),
    "gone": _problem(
        "The kernel is gone",
        "It was restarted or stopped, so the camera is off. Run the cell again, or reload the "
        "page.",
    ),
    "elsewhere": _problem(
        "The camera is running on another page",
        "It was started in another window. Press Retry to use it here.",
    ),
    "error": _problem(
        "Error in the kernel",
        "The camera is off. See the kernel's log for details, then press Retry.",
    ),
    "unsupported": _problem(
        "This browser is too old",
        "It lacks WebAssembly SIMD, which the networks need. Update it, or open the page in a "
        "current Chrome, Edge, Firefox, or Safari.",
    ),
    "damaged": _problem(
        "A file of this page is missing or damaged",
        "Check the connection, then press Retry. If that does not help, the page has to be "
        "written or installed again.",
    ),
    "crashed": _problem(
        "Recognition stopped unexpectedly",
        "It was restarted once and stopped again. Press Retry, or close other tabs first if "
        "memory is short.",
    ),
    "failed": _problem("The camera could not be started", "Press Retry, or try another browser."),
}

# The browser's names (of a DOMException) for why there is no picture; any other is "failed".
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
