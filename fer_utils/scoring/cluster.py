"""Open a Dask client for local worker processes or for a remote scheduler."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import dask.config
from distributed import Client, LocalCluster, Worker, WorkerPlugin
from distributed.client import FutureCancelledError
from distributed.comm import CommClosedError
from distributed.utils import silence_logging_cmgr

# By default, Dask workers return memory to the system after each task, which makes scoring 40%
# slower. These are the usual limits of other programs.
_ENVIRONMENT = "distributed.nanny.pre-spawn-environ"
_KEEP_MEMORY = {
    f"{_ENVIRONMENT}.MALLOC_TRIM_THRESHOLD_": 2**26,
    f"{_ENVIRONMENT}.MALLOC_MMAP_THRESHOLD_": 2**25,
}
# A file that ends its worker, or blocks it for as long as it may, does so every time.
_TRIES = {"distributed.scheduler.allowed-failures": 0}
CONNECTION_LOST = "lost the connection to the scheduler"
_SECONDS_TO_ANSWER = 10
_SECONDS_TO_JOIN = 60


class _IgnoreInterrupts(WorkerPlugin):
    """Make workers ignore Ctrl-C, which reaches every process of a terminal.

    Only the main process handles it, and shuts the workers down cleanly.
    """

    name = "ignore-interrupts"

    def setup(self, worker: Worker) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def open_client(workers: int, scheduler: str | None) -> Iterator[Client]:
    """Open a client, and stop everything that was started for it on exit.

    Parameters
    ----------
    workers : int
        Single-threaded processes to start on this machine if there is no scheduler.
    scheduler : str or None
        Address of a running scheduler, such as ``tcp://10.0.0.1:8786``.

    Yields
    ------
    distributed.Client
        A client with at least one worker.

    Raises
    ------
    ConnectionError
        If no scheduler or worker responds, or the connection is lost.
    """
    try:
        with _local(workers) if scheduler is None else _remote(scheduler) as client:
            yield client
    except (CommClosedError, FutureCancelledError) as error:
        raise ConnectionError(CONNECTION_LOST) from error


@contextmanager
def _remote(scheduler: str) -> Iterator[Client]:
    # Dask logs many lines about a lost connection; our error needs only one.
    with silence_logging_cmgr(logging.CRITICAL):
        try:
            client = Client(scheduler, timeout=_SECONDS_TO_ANSWER)
        except (OSError, ValueError) as error:
            raise ConnectionError(
                f"no scheduler responds at {scheduler} ({error}): start one with dask scheduler"
            ) from error
        with client:
            try:
                client.wait_for_workers(1, timeout=_SECONDS_TO_JOIN)
            except TimeoutError as error:
                raise ConnectionError(
                    f"no worker joined {scheduler} within {_SECONDS_TO_JOIN} s: start some with "
                    f"dask worker {scheduler} --nthreads 1"
                ) from error
            yield client


@contextmanager
def _local(workers: int) -> Iterator[Client]:
    with (
        dask.config.set(_KEEP_MEMORY | _TRIES),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            # Any free port: Dask warns if its default is taken, even without a dashboard.
            dashboard_address="127.0.0.1:0",
            # Keys made for this cluster alone: other users of the machine reach its port, too.
            security=True,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        client.register_plugin(_IgnoreInterrupts())
        yield client
