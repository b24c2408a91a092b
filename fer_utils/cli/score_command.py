"""Define ``fer-utils score``."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from tqdm import tqdm

from fer_utils.cli.options import Scheduler, Workers, find_model
from fer_utils.paths import SHIPPED_MODEL, display_path
from fer_utils.scoring.scoring_run import PARTITION, score
from fer_utils.vision.detector import FACES


def score_command(
    inputs: Path,
    /,
    *,
    out: Path,
    model: Path = SHIPPED_MODEL,
    faces: Annotated[str, Parameter(choices=FACES)] = "all",
    fps: float | None = None,
    partition: int = PARTITION,
    workers: Workers = None,
    scheduler: Scheduler = None,
    restart: bool = False,
) -> None:
    """Score many pictures and videos on many processes or machines.

    For example:

        fer-utils score photos --out results.parquet
        fer-utils score list.txt --out results.parquet --fps 5
        fer-utils score photos --out results.parquet --scheduler tcp://10.0.0.1:8786

    Parameters
    ----------
    inputs : Path
        A folder, or a UTF-8 text file with one path per line, relative to the current folder.
    out : Path
        Folder of the Parquet table; after an interruption, the same command continues there.
    model : Path
        Model folder.
    faces : str
        Which faces to find: of all sizes, or faster, near or also far ones, or by a Haar cascade.
    fps : float, optional
        Frames to analyze per second of a video. [default: all]
    partition : int
        Pictures that a worker takes at a time.
    workers : int, optional
        Processes on this machine; 0 uses no other process. [default: one per core]
    scheduler : str, optional
        A Dask scheduler whose workers score.
    restart : bool
        Delete what an earlier run wrote to --out.
    """
    from dask.system import CPU_COUNT

    with tqdm(unit=" files", disable=None) as bar:

        def show(done: int, files: int) -> None:
            if bar.total is None:
                bar.reset(total=files)
                bar.initial = bar.n = bar.last_print_n = done
            bar.update(done - bar.n)

        try:
            summary = score(
                inputs,
                out,
                model=find_model(model),
                faces=faces,
                rate=fps,
                partition=partition,
                workers=CPU_COUNT if workers is None else workers,
                scheduler=scheduler,
                restart=restart,
                on_progress=show,
            )
        except (KeyboardInterrupt, ConnectionError):
            kept = f"{display_path(out)} keeps what is done: run the same command to continue"
            bar.write(kept, file=sys.stderr)
            raise
    print(f"{summary.files:,} files in {summary.seconds:,.0f} s: pandas.read_parquet({str(out)!r})")
    if summary.parts_before:
        print(f"{summary.parts_before:,} of {summary.parts:,} parts were already done")
    if summary.errors:
        errors = str(out / "_errors")
        print(f"{summary.errors:,} could not be scored: see pandas.read_parquet({errors!r})")
