"""Process a video from somebody else in a process of its own, with limits on memory and time."""

import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from fer_utils.video.clip import VideoError
from fer_utils.video.processing import VideoProgress, VideoSummary, process_video
from fer_utils.vision.recognizer import FaceRecognizer

# Of the whole video; what was found until then is kept.
MOST_SECONDS = 3600.0
# Of the start, of one frame, and of the end.
MOST_SECONDS_PER_STEP = 60.0
MOST_SECONDS_TO_STOP = 10.0
MOST_BYTES_OF_MEMORY = 3_000_000_000

_SECONDS_BETWEEN_LOOKS = 0.1


def process_apart(
    path: Path,
    recognizer: FaceRecognizer,
    *,
    table: Path,
    annotated: Path,
    on_progress: Callable[[VideoProgress], object],
    should_stop: Callable[[], bool],
) -> VideoSummary:
    """Do what `process_video` does, but in another process, which is killed if it gets stuck.

    Once `should_stop` returns True, or after `MOST_SECONDS`, the process has
    `MOST_SECONDS_TO_STOP` to complete its files. Its memory is limited on Linux only.

    Parameters
    ----------
    recognizer : FaceRecognizer
        Sent to the process with pickle.
    path, table, annotated, on_progress, should_stop
        See `process_video`.

    Returns
    -------
    VideoSummary
        Counts, and the files that were written.

    Raises
    ------
    VideoError
        If the video cannot be read, takes too long or too much memory, or crashes the process.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(
        target=_work, args=(theirs, path, recognizer, table, annotated), daemon=True
    )
    child.start()
    theirs.close()
    try:
        end = time.monotonic() + MOST_SECONDS
        deadline, is_stopping = time.monotonic() + MOST_SECONDS_PER_STEP, False
        while True:
            if not is_stopping and (should_stop() or time.monotonic() > end):
                is_stopping, deadline = True, time.monotonic() + MOST_SECONDS_TO_STOP
                with suppress(OSError):  # It may just have ended.
                    ours.send("stop")
            if ours.poll(_SECONDS_BETWEEN_LOOKS):
                message = ours.recv()
                if isinstance(message, VideoSummary):
                    return message
                if isinstance(message, Exception):
                    raise message
                on_progress(message)
                if not is_stopping:
                    deadline = time.monotonic() + MOST_SECONDS_PER_STEP
            elif time.monotonic() > deadline:
                raise VideoError(f"{path} takes too long to read: it was stopped without results")
    except (EOFError, ConnectionError) as error:
        raise VideoError(
            f"{path} takes too much memory, or crashes the process that reads it: "
            "save it smaller, or convert it to MP4"
        ) from error
    finally:
        child.kill()
        child.join()
        ours.close()


def _work(
    connection: Connection,
    path: Path,
    recognizer: FaceRecognizer,
    table: Path,
    annotated: Path,
) -> None:
    """Process the video and send the progress, then the summary or the error."""
    _limit_memory()
    result: VideoSummary | Exception
    try:
        # Something to read is the word to stop, or the end of the other process.
        result = process_video(
            path,
            recognizer,
            table=table,
            annotated=annotated,
            on_progress=connection.send,
            should_stop=connection.poll,
        )
    except MemoryError:
        return  # The other process takes it for a crash.
    except Exception as error:  # The other process raises it again.
        result = error
    connection.send(result)


def _limit_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # on Windows and macOS
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES_OF_MEMORY, MOST_BYTES_OF_MEMORY))
