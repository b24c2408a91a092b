"""A client of Dask: of a cluster on this machine, or of a scheduler at an address."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import dask.config
from distributed import Client, LocalCluster, Worker, WorkerPlugin
from distributed.client import FutureCancelledError
from distributed.comm import CommClosedError
from distributed.utils import silence_logging_cmgr

# Dask has its workers give memory back after each task, which costs scoring two fifths more time:
# they keep as much as other programs do by themselves.
_ENVIRONMENT = "distributed.nanny.pre-spawn-environ"
_KEEP_MEMORY = {
    f"{_ENVIRONMENT}.MALLOC_TRIM_THRESHOLD_": 2**26,
    f"{_ENVIRONMENT}.MALLOC_MMAP_THRESHOLD_": 2**25,
}
LOST = "the connection to the scheduler is lost"
_SECONDS_TO_ANSWER = 10
_SECONDS_TO_JOIN = 60


class _IgnoreInterrupts(WorkerPlugin):
    """Let Ctrl-C, which reaches all processes of a terminal, end the main process only.

    That one then ends its workers in good order.
    """

    name = "ignore-interrupts"

    def setup(self, worker: Worker) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def open_client(workers: int, scheduler: str | None) -> Iterator[Client]:
    """Give a client, and end what was started for it afterwards.

    Parameters
    ----------
    workers : int
        Processes to start on this machine, of one thread each, where no scheduler is given.
    scheduler : str or None
        Address of a running scheduler, such as ``tcp://10.0.0.1:8786``.

    Yields
    ------
    distributed.Client
        With at least one worker.

    Raises
    ------
    ConnectionError
        If no scheduler or no worker answers, or the scheduler is lost.
    """
    try:
        with _local(workers) if scheduler is None else _remote(scheduler) as client:
            yield client
    except (CommClosedError, FutureCancelledError) as error:
        raise ConnectionError(LOST) from error


@contextmanager
def _remote(scheduler: str) -> Iterator[Client]:
    # It tells of a lost connection in many lines; the error does in one.
    with silence_logging_cmgr(logging.CRITICAL), _connect(scheduler) as client:
        yield client


@contextmanager
def _local(workers: int) -> Iterator[Client]:
    with (
        dask.config.set(_KEEP_MEMORY),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            # Any free port: Dask warns where its usual one is taken, even without a dashboard.
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        client.register_plugin(_IgnoreInterrupts())
        yield client


def _connect(scheduler: str) -> Client:
    try:
        client = Client(scheduler, timeout=_SECONDS_TO_ANSWER)
    except (OSError, ValueError) as error:
        raise ConnectionError(
            f"no scheduler answers at {scheduler} ({error}): start one with dask scheduler"
        ) from error
    try:
        client.wait_for_workers(1, timeout=_SECONDS_TO_JOIN)
    except TimeoutError as error:
        client.close()
        raise ConnectionError(
            f"no worker joined {scheduler} within {_SECONDS_TO_JOIN} s: start some with "
            f"dask worker {scheduler} --nthreads 1"
        ) from error
    return client
