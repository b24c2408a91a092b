"""Distribute partitions to Dask workers, and survive workers that die."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from distributed import Client, Future, KilledWorker, as_completed

from fer_utils.scoring.cluster import CONNECTION_LOST, open_client
from fer_utils.scoring.job import Job, Partition, PartReport, ScoringError
from fer_utils.scoring.worker import score_part

# One being scored and one waiting, so that no worker is ever idle.
_IN_FLIGHT_PER_THREAD = 2


def score_on_cluster(
    job: Job,
    partitions: Iterable[Partition],
    *,
    workers: int,
    scheduler: str | None,
    on_part: Callable[[PartReport], None],
) -> None:
    """Score partitions on worker processes.

    If a worker dies, its partition goes to another one. A partition that keeps killing workers is
    scored in separate processes, so that only the file that causes the crash is lost.

    Parameters
    ----------
    job : Job
        The run's job.
    partitions : iterable of Partition
        Consumed one by one as workers become free.
    workers : int
        Processes to start on this machine if there is no scheduler.
    scheduler : str or None
        Address of a running scheduler, such as ``tcp://10.0.0.1:8786``.
    on_part : callable
        Called with the report of each part, in any order.

    Raises
    ------
    ConnectionError
        If no scheduler or worker responds, or the connection is lost.
    ScoringError
        If a worker cannot take part, or workers keep dying.
    """
    with open_client(workers, scheduler) as client:
        _score_with(client, job, iter(partitions), on_part)


def _score_with(
    client: Client,
    job: Job,
    partitions: Iterator[Partition],
    on_part: Callable[[PartReport], None],
) -> None:
    futures = as_completed()
    submitted: dict[Future, tuple[Partition, bool]] = {}

    def submit(partition: Partition, *, isolated: bool = False) -> None:
        future = client.submit(score_part, job, partition, isolated=isolated, pure=False)
        submitted[future] = partition, isolated
        futures.add(future)

    def fill() -> None:
        free = _most_in_flight(client) - len(submitted)
        for partition in islice(partitions, max(0, free)):
            submit(partition)

    fill()
    for future in futures:
        partition, isolated = submitted.pop(future)
        report = _report_of(future, last_try=isolated)
        if report is None:
            submit(partition, isolated=True)
        else:
            on_part(report)
        fill()


def _most_in_flight(client: Client) -> int:
    try:
        threads = sum(client.nthreads().values())
    except OSError as error:
        raise ConnectionError(CONNECTION_LOST) from error
    return _IN_FLIGHT_PER_THREAD * max(1, threads)


def _report_of(future: Future, *, last_try: bool) -> PartReport | None:
    """Return a worker's report, or None if the part must be scored in isolation."""
    error = None if future.cancelled() else future.exception()
    if error is None:
        report: PartReport = future.result()
        return report
    if not isinstance(error, KilledWorker):
        raise error
    if last_try:
        raise ScoringError(
            "workers keep dying, whichever file they score: check their memory and logs"
        ) from error
    return None
