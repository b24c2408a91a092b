"""Show the tab Video: one uploaded video at a time, processed in a process of its own."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from fer_utils.paths import ScratchFolder
from fer_utils.video.own_process import process_apart
from fer_utils.video.processing import VideoProgress, VideoSummary
from fer_utils.vision.recognizer import FaceRecognizer
from fer_utils.widgets.background import to_this_thread
from fer_utils.widgets.figures import (
    count_of,
    time_left,
    timeline_as_json,
    times_as_json,
    video_time,
)
from fer_utils.widgets.file_panel import FilesPanel, Upload
from fer_utils.widgets.panel import explain_error, join_files
from fer_utils.widgets.video_job import VideoFindings, VideoJob, spoken_timeline

_MOST_BYTES = 200_000_000
_HINT = (
    f"At most {_MOST_BYTES / 1e6:.0f} MB. The video is in a temporary folder only during "
    "processing and is deleted right afterwards. The results are deleted when you press Clear, "
    "choose another video, or stop the kernel; after a crash, at the next start."
)


class Videos(FilesPanel):
    """Recognizes the faces of an uploaded video over its whole length.

    The video is in a temporary folder only during processing. The results, a CSV and an annotated
    copy, are deleted when they are cleared, when another video is uploaded, and when the kernel
    ends, or, if it was killed, when the next panel is made. A video in progress must finish or be
    stopped before another one is accepted.

    Parameters
    ----------
    recognizer : FaceRecognizer
        Finds faces and their emotions; sent to another process with pickle.
    **traits
        Initial values of the traits.

    Attributes
    ----------
    recognizer : FaceRecognizer
        See the parameters.
    process : callable
        Processes a video, by default `fer_utils.video.own_process.process_apart`; may be replaced.
    clock : callable
        Returns the time in seconds; may be replaced.
    face : int
        Number of the face in the timeline; 0 is the largest face of each frame.

    Examples
    --------
    >>> Videos(Recognizer())  # doctest: +SKIP
    """

    _esm = join_files("shared.js", "panel.js", "figures.js", "file_panel.js", "videos.js")
    _css = join_files("panel.css", "figures.css", "file_panel.css", "videos.css")

    def __init__(self, recognizer: FaceRecognizer, **traits: Any) -> None:
        self.recognizer = recognizer
        self.process: Callable[..., VideoSummary] = process_apart
        self.clock: Callable[[], float] = time.monotonic
        self._number = 0
        self._job: VideoJob | None = None
        self._phase = "ready"
        self._note = ""
        self._key = ""  # of the upload
        ScratchFolder.remove_orphans()
        super().__init__(**traits)

    def stop(self) -> None:
        """End the upload or the processing; keep the results so far."""
        if self._phase == "uploading":
            self.clear()
            self._note = "The upload was stopped."
        elif self._phase == "working" and self._job is not None:
            self._phase = "stopping"
            self._job.stopping.set()

    def clear(self) -> None:
        """Delete the video and its results."""
        self._uploads.clear()
        if self._job is not None:
            self._job.remove()
        self._job, self._phase, self._note = None, "ready", ""
        self.face = 0

    def close(self) -> None:
        """Delete the video, and remove the panel from the page."""
        self.clear()
        super().close()

    def buttons(self) -> dict[str, Callable[[], object]]:
        """Return what each button on the page does."""
        return {"stop": self.stop, "clear": self.clear}

    def accept(self, key: str, name: str, size: int) -> BinaryIO | None:
        """Accept a video into a new folder, unless it is too large or another is in progress."""
        self._note = self._refusal(name, size)
        if self._note:
            return None
        self.clear()
        self._number += 1
        self._job = VideoJob(self._number, name)
        self._phase, self._key = "uploading", key
        return self._job.source.open("wb")

    def arrived(self, key: str, upload: Upload) -> None:
        """Start to process the video."""
        upload.stream.close()
        job = self._job
        if job is None:
            return
        self._phase = "working"
        deliver = to_this_thread()

        def report(progress: VideoProgress) -> None:
            deliver(lambda: self._advance(job, progress))

        process = partial(self.process, recognizer=self.recognizer, on_progress=report)
        self.work(self.worker, lambda: job.run(process), lambda result: self._finish(job, result))

    def lost(self, key: str) -> None:
        """Report that the browser could not read the video to the end."""
        self.clear()
        self._note = "The browser could not read the whole video: was it moved or changed?"

    def open_file(self, name: str) -> BinaryIO | None:
        """Open a result: ``annotated 1`` or ``table 1``."""
        job = self._job
        if job is None or job.findings is None:
            return None
        files = {f"annotated {job.number}": job.annotated, f"table {job.number}": job.table}
        return files[name].open("rb") if name in files else None

    def shown(self) -> dict[str, Any]:
        """Return what the page shows, as JSON."""
        job, phase = self._job, self._phase
        found = None if job is None else job.findings
        share = self.received(self._key) if phase == "uploading" else job and job.share()
        left = None if job is None or phase != "working" else job.seconds_left(self.clock())
        return {
            "hint": _HINT,
            "phase": phase,
            "status": self._status(),
            "note": self._note,
            "share": share,
            "left": "" if left is None else time_left(left),
            "can_stop": phase in ("uploading", "working"),
            "can_clear": job is not None,
            "faces": [] if found is None else found.faces(),
            "results": None if job is None or found is None else self._results(job, found),
        }

    def _refusal(self, name: str, size: int) -> str:
        if self._phase in ("uploading", "working", "stopping") and self._job is not None:
            reason = f"wait until {self._job.name} is done, or press Stop first."
        elif size > _MOST_BYTES:
            reason = (
                f"it has {size / 1e6:.1f} MB, and the limit is {_MOST_BYTES / 1e6:.0f} MB. "
                "Cut it or save it smaller."
            )
        elif size == 0:
            reason = "it is empty."
        else:
            return ""
        return f"{name} was not accepted: {reason}"

    def _advance(self, job: VideoJob, progress: VideoProgress) -> None:
        now = self.clock()
        job.advance(progress, now)
        if job is self._job:
            self.publish_every(0.25, now)

    def _finish(self, job: VideoJob, result: VideoFindings | Exception) -> None:
        if job is not self._job:
            job.remove()  # it was cleared, but may have written files since
        elif isinstance(result, Exception):
            self.clear()
            self._note = job.reword(explain_error(result))
        else:
            job.findings = result
            self._phase = "done"

    def _status(self) -> str:
        job = self._job
        if job is None:
            return ""
        if job.findings is not None:
            return _summary(job.name, job.findings)
        doing = {"uploading": "Uploading", "working": "Looking for faces in"}
        return f"{doing.get(self._phase, 'Stopping')} {job.name}."

    def _results(self, job: VideoJob, found: VideoFindings) -> dict[str, Any]:
        timeline = found.timeline(self.face or None)
        quarters = (found.length * quarter / 4 for quarter in range(5))
        return {
            "annotated": f"annotated {job.number}",
            "table": f"table {job.number}",
            "save_as": f"{PurePosixPath(job.name).stem}_faces",
            "length": found.length,
            "timeline": timeline_as_json(timeline),
            "spoken": spoken_timeline(timeline, found.length),
            "marks": [video_time(quarter, found.length) for quarter in quarters],
            **times_as_json(found.seconds(), lambda time: video_time(time, found.length)),
        }


def _summary(name: str, found: VideoFindings) -> str:
    """Return the findings in one sentence, for screen readers too."""
    summary = found.summary
    parts = [
        f"{name}: {video_time(found.length, found.length)}, {count_of(summary.frames, 'frame')}, "
        f"{count_of(summary.faces, 'face')}"
    ]
    if summary.stopped:
        parts.append("stopped before the end")
    if summary.damaged:
        parts.append(f"{count_of(summary.damaged, 'frame')} damaged")
    return f"{'; '.join(parts)}."
