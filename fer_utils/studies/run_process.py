"""Perform one run: in this process, or in one of its own, whose memory is the run's alone.

The process is started with ``python -m``: a worker of Dask may be forbidden to have children of
`multiprocessing`.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path

from fer_utils.studies.study_folder import StudyFolder
from fer_utils.studies.study_plan import NEEDS, REPRODUCE, StudyError, StudyRun

_LOG = "log.txt"


def perform_run(path: Path, run: StudyRun) -> None:
    """Perform a run of a prepared study and write its metrics, unless they are there already.

    Parameters
    ----------
    path : Path
        The study's folder.
    run : StudyRun
        Of the study; the run that it needs is complete.
    """
    folder = StudyFolder(path)
    if folder.is_done(run):
        return
    own, settings, faces = folder.of_run(run), folder.settings, folder.faces()
    own.mkdir(parents=True, exist_ok=True)
    if settings.study == REPRODUCE:
        from fer_utils.studies import reproduction

        metrics = reproduction.perform(run, faces, settings, checkpoints=own / "checkpoints")
    else:
        from fer_utils.studies import balancing_study

        base = folder.of_run(StudyRun(method=NEEDS.get(run.method, run.method), seed=run.seed))
        metrics = balancing_study.perform(run, faces, settings, folder=own, base=base)
    folder.write_metrics(run, {"method": run.method, "seed": run.seed, **metrics})


def perform_apart(path: Path, run: StudyRun) -> None:
    """Perform a run in a process of its own; what it prints goes to ``log.txt`` in its folder.

    Raises
    ------
    StudyError
        If the process fails; the message has its last line.
    """
    own = StudyFolder(path).of_run(run)
    own.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "fer_utils.studies.run_process",
        str(path),
        run.method,
        str(run.seed),
    ]
    with (
        (own / _LOG).open("w") as log,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log) as child,
    ):
        try:
            code = child.wait()
        finally:
            child.kill()
    if code:
        lines = (own / _LOG).read_text(errors="replace").strip().splitlines()
        last = lines[-1] if lines else "it printed nothing; look at the machine's memory"
        raise StudyError(f"{run} failed with exit code {code}: {last} ({own / _LOG})")


def _end_with_parent() -> None:
    """Wait until the process that started this one ends, and end too."""
    # Not sys.stdin, whose lock would be held when this process ends by itself.
    while os.read(0, 1):
        pass
    os._exit(1)


def _main() -> None:
    path, method, seed = sys.argv[1:]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    perform_run(Path(path), StudyRun(method=method, seed=int(seed)))


if __name__ == "__main__":
    _main()
