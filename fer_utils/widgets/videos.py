"""The tab Video: one video at a time, worked through beside the page."""

import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import numpy as np

from fer_utils.video.processing import VideoProgress, process_video
from fer_utils.vision.recognizer import FaceRecognizer
from fer_utils.widgets.background import to_this_thread
from fer_utils.widgets.figures import timeline_as_json
from fer_utils.widgets.file_panel import FilesPanel, explain
from fer_utils.widgets.panel import page_script, page_style
from fer_utils.widgets.picture_findings import count_of
from fer_utils.widgets.transfer import Upload, megabytes
from fer_utils.widgets.video_findings import VideoFindings, marks, moment, spoken, time_left
from fer_utils.widgets.video_job import Process, VideoJob

MOST_BYTES = 200_000_000
# Seconds between two updates of the page.
UPDATE_EVERY = 0.25

HINT = (
    "At most {:.0f} MB. The video lies in a temporary folder while it is worked on, and is deleted "
    "right after. What is made of it is deleted when you press Clear or choose another one, at the "
    "latest when the kernel ends."
)


class Videos(FilesPanel):
    """Recognizes the faces of a video that a person uploads, over its whole length.

    The video lies in a temporary folder only while it is worked on. What is made of it, a CSV and
    an annotated copy, is deleted when it is cleared, when another video comes, and when the
    kernel ends. Another video is not taken while one is on its way.

    Parameters
    ----------
    recognizer : FaceRecognizer
        Finds faces and their emotions; it is called in another thread.
    process : callable
        What works through a video, with the signature of
        `fer_utils.video.processing.process_video`.
    most_bytes : int
        Most bytes of a video.
    clock : callable
        Returns seconds.
    **traits
        First values of the traits.

    Attributes
    ----------
    recognizer : FaceRecognizer
        As given.
    face : int
        The number of the face in the timeline; 0 is whichever face is the largest.

    Examples
    --------
    >>> Videos(Recognizer())  # doctest: +SKIP
    """

    _esm = page_script("figures.js", "file_panel.js", "videos.js")
    _css = page_style("figures.css", "file_panel.css", "videos.css")

    def __init__(
        self,
        recognizer: FaceRecognizer,
        *,
        process: Process = process_video,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
        **traits: Any,
    ) -> None:
        self.recognizer = recognizer
        self._process = process
        self._most_bytes = most_bytes
        self._clock = clock
        self._updated_at = -np.inf
        self._number = 0
        self._job: VideoJob | None = None
        self._phase = "ready"
        self._note = ""
        self._key = ""  # of the upload
        super().__init__(**traits)
        self.observe(lambda _: self.publish(), "face")

    def stop(self) -> None:
        """End what is on its way; what was worked out so far is kept."""
        if self._phase == "uploading":
            self.clear()
            self._note = "The upload was stopped."
        elif self._phase == "working" and self._job is not None:
            self._phase = "stopping"
            self._job.stopping.set()

    def clear(self) -> None:
        """Delete the video and all that was made of it."""
        self.drop_uploads()
        if self._job is not None:
            self._job.remove()
        self._job, self._phase, self._note = None, "ready", ""
        self.face = 0

    def close(self) -> None:
        """Delete the video, and remove the panel from the page."""
        self.clear()
        super().close()

    def buttons(self) -> dict[str, Callable[[], object]]:
        """Return what the buttons of the page do, by name."""
        return {"stop": self.stop, "clear": self.clear}

    def accept(self, key: str, name: str, size: int) -> BinaryIO | None:
        """Take a video into a new folder, unless it is too large or another is on its way."""
        self._note = self._refusal(name, size)
        if self._note:
            return None
        self.clear()
        self._number += 1
        self._job = VideoJob(self._number, name, clock=self._clock)
        self._phase, self._key = "uploading", key
        return self._job.source.open("wb")

    def arrived(self, key: str, upload: Upload) -> None:
        """Begin to work on the video."""
        upload.stream.close()
        job = self._job
        if job is None:
            return
        self._phase = "working"
        hand_over = to_this_thread()

        def tell(progress: VideoProgress) -> None:
            hand_over(lambda: self._advance(job, progress))

        self.work(
            lambda: job.run(self.recognizer, self._process, tell),
            lambda result: self._finish(job, result),
        )

    def lost(self, key: str) -> None:
        """Say that the video did not come."""
        self.clear()
        self._note = "The browser could not read the video to its end: was it moved or changed?"

    def file(self, name: str) -> Path | None:
        """Return a file that was made: ``annotated 1`` or ``table 1``."""
        job = self._job
        if job is None or job.findings is None:
            return None
        files = {f"annotated {job.number}": job.annotated, f"table {job.number}": job.table}
        return files.get(name)

    def shown(self) -> dict[str, Any]:
        """Return what the page shows, as JSON."""
        job, phase = self._job, self._phase
        share = self.received(self._key) if phase == "uploading" else job and job.share()
        left = None if job is None or phase != "working" else job.seconds_left()
        return {
            "hint": HINT.format(self._most_bytes / 1e6),
            "phase": phase,
            "status": self._status(),
            "note": self._note,
            "share": share,
            "left": "" if left is None else time_left(left),
            "can_stop": phase in ("uploading", "working"),
            "can_clear": job is not None,
            "faces": [] if job is None or job.findings is None else job.findings.faces(),
            "results": results(job, self.face or None),
        }

    def _refusal(self, name: str, size: int) -> str:
        if self._phase in ("uploading", "working", "stopping") and self._job is not None:
            return (
                f"{name} was not taken: wait until {self._job.name} is done, or press Stop first."
            )
        if size > self._most_bytes:
            return (
                f"{name} was not taken: it has {megabytes(size)}, at most "
                f"{self._most_bytes / 1e6:.0f} are taken. Cut it, or save it smaller."
            )
        return f"{name} was not taken: it is empty." if size == 0 else ""

    def _advance(self, job: VideoJob, progress: VideoProgress) -> None:
        job.advance(progress)
        now = self._clock()
        if job is self._job and not 0 <= now - self._updated_at < UPDATE_EVERY:
            self._updated_at = now
            self.publish()

    def _finish(self, job: VideoJob, result: VideoFindings | Exception) -> None:
        if job is not self._job:
            job.remove()  # it was cleared, but may have written files since
        elif isinstance(result, Exception):
            self.clear()
            self._note = job.reword(explain(result))
        else:
            job.findings = result
            self._phase = "done"

    def _status(self) -> str:
        job = self._job
        if job is None:
            return ""
        if job.findings is not None:
            return summarize(job.name, job.findings)
        words = {"uploading": "Uploading", "working": "Looking for faces in", "stopping": "Ending"}
        return f"{words[self._phase]} {job.name}."


def results(job: VideoJob | None, face: int | None) -> dict[str, Any] | None:
    """Return what was found in a video as JSON for the page; None before it is done."""
    if job is None or job.findings is None:
        return None
    found = job.findings
    timeline = found.timeline(face)
    return {
        "annotated": f"annotated {job.number}",
        "table": f"table {job.number}",
        "save_as": f"{PurePosixPath(job.name).stem}_faces",
        "length": found.length,
        "timeline": timeline_as_json(timeline),
        "spoken": spoken(timeline, found.length),
        "marks": marks(found.length),
        "times": found.times(),
        "most": found.most(),
    }


def summarize(name: str, found: VideoFindings) -> str:
    """Return what was found in a video in one sentence, such as what screen readers say."""
    summary = found.summary
    parts = [
        f"{name}: {moment(found.length, found.length)}, {count_of(summary.frames, 'frame')}, "
        f"{count_of(summary.faces, 'face')}"
    ]
    if summary.stopped:
        parts.append("stopped before its end")
    if summary.damaged:
        parts.append(f"{count_of(summary.damaged, 'frame')} damaged")
    return f"{'; '.join(parts)}."
