"""Give partitions to the workers of Dask, and outlive workers that die."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from distributed import Client, Future, KilledWorker, as_completed

from fer_utils.scoring.cluster import LOST, open_client
from fer_utils.scoring.job import Job, Partition, PartReport, ScoringError
from fer_utils.scoring.worker import score_part

# Waiting beside the one that is scored, so that no worker is ever idle.
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

    A partition whose worker dies is given to another one. One whose workers die again and again
    is scored file by file in processes of their own, so that only the file which they die of is
    lost.

    Parameters
    ----------
    job : Job
        Of the run.
    partitions : iterable of Partition
        Taken one by one as workers become free.
    workers : int
        Processes to start on this machine, where no scheduler is given.
    scheduler : str or None
        Address of a running scheduler, such as ``tcp://10.0.0.1:8786``.
    on_part : callable
        Called with each part's report, in whatever order they come.

    Raises
    ------
    ConnectionError
        If no scheduler or no worker answers, or the scheduler is lost.
    ScoringError
        If a worker cannot take part, or workers die in any case.
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
    partition_of: dict[Future, tuple[Partition, bool]] = {}

    def submit(partition: Partition, *, carefully: bool = False) -> None:
        future = client.submit(score_part, job, partition, carefully=carefully, pure=False)
        partition_of[future] = partition, carefully
        futures.add(future)

    def fill() -> None:
        free = _most_in_flight(client) - len(partition_of)
        for partition in islice(partitions, max(0, free)):
            submit(partition)

    fill()
    for future in futures:
        partition, carefully = partition_of.pop(future)
        report = _report_of(future, last_try=carefully)
        if report is None:
            submit(partition, carefully=True)
        else:
            on_part(report)
        fill()


def _most_in_flight(client: Client) -> int:
    try:
        threads = sum(client.nthreads().values())
    except OSError as error:
        raise ConnectionError(LOST) from error
    return _IN_FLIGHT_PER_THREAD * max(1, threads)


def _report_of(future: Future, *, last_try: bool) -> PartReport | None:
    """Return what a worker reports; None where its part is to be scored with care."""
    error = None if future.cancelled() else future.exception()
    if error is None:
        report: PartReport = future.result()
        return report
    if not isinstance(error, KilledWorker):
        raise error
    if last_try:
        raise ScoringError(
            "workers die again and again, whatever they score: look at their memory and logs"
        ) from error
    return None
