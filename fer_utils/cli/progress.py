"""Show the progress of a video in the terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from fer_utils.video.processing import VideoProgress


@contextmanager
def video_progress_bar(path: str | Path) -> Iterator[Callable[[VideoProgress], None]]:
    """Show a bar with the remaining time on stderr.

    Parameters
    ----------
    path : str or Path
        The video; its name is shown next to the bar.

    Yields
    ------
    callable
        The `on_progress` of `fer_utils.video.processing.process_video`.

    Examples
    --------
    >>> with video_progress_bar("party.mp4") as show:  # doctest: +SKIP
    ...     process_video("party.mp4", table="party.csv", on_progress=show)
    """
    layout = "{desc}{postfix}: {percentage:3.0f}%|{bar}| {remaining} left"
    with tqdm(desc=Path(path).name, total=1.0, bar_format=layout) as bar:

        def show(progress: VideoProgress) -> None:
            if progress.total_seconds is None:
                bar.total, bar.bar_format = None, "{desc}{postfix}, {elapsed} so far"
            else:
                bar.total = progress.total_seconds
            speed = progress.frames / max(bar.format_dict["elapsed"], 1e-6)
            bar.set_postfix_str(
                f"{progress.seconds:.1f} s, {progress.frames} frames, {speed:.0f} frames/s",
                refresh=False,
            )
            bar.update(progress.seconds - bar.n)

        yield show
