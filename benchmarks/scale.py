"""Simulate scoring on many machines from measurements on one, and describe it as a page."""

import heapq
from dataclasses import dataclass

from fer_utils.scoring.scoring_run import PARTITION

WIDTH, HEIGHT, RATE = 640, 480, 25
CORES = 2
MACHINES = (1, 10, 100)
HOUR, DAY = 3600, 86_400
YEAR = 365 * DAY
# Bytes per second of a shared file system, over networks of 1 and 10 Gbit/s.
BANDWIDTHS = {"1 Gbit/s": 0.11e9, "10 Gbit/s": 1.1e9}


@dataclass(frozen=True, kw_only=True)
class Load:
    """Work to distribute over many machines.

    Attributes
    ----------
    name : str
        Description of the work.
    partitions : int
        Number of partitions.
    seconds : list of float
        Measured durations of partitions on one of two busy cores, used in turn.
    megabytes : float
        Data to read per partition.
    before : float
        Seconds until the first worker starts, for listing files and starting processes.
    """

    name: str
    partitions: int
    seconds: list[float]
    megabytes: float
    before: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Seconds of a simulated run, in total and by activity of the average worker."""

    total: float
    before: float
    computing: float
    reading: float
    idle: float

    @property
    def bottleneck(self) -> str:
        """The activity other than computing that takes the most time."""
        others = {
            "listing and start": self.before,
            "reading": self.reading,
            "waiting for the last partitions": self.idle,
        }
        name = max(others, key=lambda key: others[key])
        share = others[name] / self.total
        return f"{name}, {share:.0%} of the time" if share >= 0.01 else "none"


def simulate(load: Load, workers: int, bandwidth: float) -> Outcome:
    """Give each partition to the first free worker; partitions are read one at a time.

    Parameters
    ----------
    load : Load
        The work to do.
    workers : int
        Number of cores that compute.
    bandwidth : float
        Bytes per second of the shared file system, for all workers together.
    """
    free = [load.before] * workers
    channel = computing = reading = 0.0
    for number in range(load.partitions):
        start = heapq.heappop(free)
        channel = max(start, channel) + load.megabytes * 1e6 / bandwidth
        seconds = load.seconds[number % len(load.seconds)]
        heapq.heappush(free, channel + seconds)
        computing += seconds
        reading += channel - start
    total = max(free)
    return Outcome(
        total=total,
        before=load.before,
        computing=computing / workers,
        reading=reading / workers,
        idle=sum(total - end for end in free) / workers,
    )


def loads(measured: dict) -> list[Load]:
    """Return two loads: a million pictures, and a year of video in files of an hour."""
    # A core is slower while the other one is busy, too.
    slower = measured["worker seconds 2"] / measured["worker seconds 0"]
    hours = YEAR // HOUR
    return [
        Load(
            name="a million pictures",
            partitions=1_000_000 // PARTITION,
            seconds=[
                seconds * slower * PARTITION / (measured["pictures"] / len(measured["partitions"]))
                for seconds in measured["partitions"]
            ],
            megabytes=PARTITION * measured["megabytes"],
            before=measured["overhead 2"] + 1_000_000 * measured["listing"],
        ),
        Load(
            name=f"a year of video, {RATE} frames/s, in {hours:,} files of one hour",
            partitions=hours,
            seconds=[HOUR * RATE * measured["frame"]],
            megabytes=HOUR * measured["video megabytes"],
            before=measured["overhead 2"],
        ),
    ]


def duration(seconds: float) -> str:
    """Return a readable duration."""
    for unit, size in (("days", DAY), ("hours", HOUR), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} seconds"


def table(measured: dict) -> str:
    """Return the simulated runs as a Markdown table."""
    lines = [
        "| work | machines | file system | time | bottleneck, other than computing |",
        "|---|---|---|---|---|",
    ]
    for load in loads(measured):
        for machines in MACHINES:
            for network, bandwidth in BANDWIDTHS.items():
                outcome = simulate(load, machines * CORES, bandwidth)
                lines.append(
                    f"| {load.name} | {machines} | {network} | {duration(outcome.total)} "
                    f"| {outcome.bottleneck} |"
                )
    return "\n".join(lines)


PAGE = """\
# Scoring at scale

`fer-utils score` turns pictures and videos into one Parquet table. It uses the cores of one machine
or, with `--scheduler`, all machines whose workers are connected to a Dask scheduler. This page
shows how fast that is and what limits it. `python benchmarks/scoring.py --write docs/scale.md`
measures and writes it.

## Measurements

{pictures:,} pictures of {width}x{height} ({kilobytes:.0f} kB each, one face), on a machine with
{cores} cores and a load of {load:.1f} at the start:

| workers | pictures/s | overhead in seconds |
|---|---|---|
| 0 (in the same process) | {rate_0:.0f} | {overhead_0:.1f} |
| 1 | {rate_1:.0f} | {overhead_1:.1f} |
| 2 | {rate_2:.0f} | {overhead_2:.1f} |

Two workers are {ratio:.2f} times as fast as one. The overhead is the time for listing the files and
for starting and stopping the processes; it does not grow with the number of pictures, apart from
{listing:.0f} µs per file for listing a local disk. A video of {width}x{height} is scored at
{frames:.0f} frames/s per core while both cores are busy, including decoding.

## Estimates

We had no more machines with {cores} cores to measure on, so the figures below come from a
simulation. Each partition ({partition} pictures, or one video) goes to the first free worker, takes
as long as measured, and has its files read before it starts. All machines share one file system,
which serves one worker at a time at full speed. The simulation ignores differences between
machines, failures, and the latency of messages.

{table}

## What you can do

- **Computing** dominates on few machines. Add machines, or analyze fewer frames of each video:
  `--fps 5` analyzes 5 per second, although all of them are still decoded.
- **Reading**: use a faster file system, or move the inputs closer to it. More machines do not help.
  A million such pictures are {total_gigabytes:.0f} GB.
- **Listing and start** happen in a single process, and matter once hundreds of cores finish the
  rest in seconds. Listing a network file system takes longer than the local disk that we measured.
  To list several folders in parallel, start one run for each.
- **Waiting for the last partitions**: a video is never split, because faces are tracked through
  it. Cut videos that are much longer than the others, and choose a smaller `--partition` for few
  pictures on many cores.

## Guarantees

- A part of the table is either complete or missing, and is never scored again. After any
  interruption, the same command resumes the run. If an input or the model has changed, you get an
  error that names the difference.
- The table is identical, bit for bit, for any number of workers, with or without interruptions.
  Machines with other processors or library versions may differ in the last digits.
- A file that cannot be read, or that crashes the process that reads it, does not affect other
  files. It gets a row in the `_errors` table in the results folder.
- All workers need the package, the model folder, and the file system under the same paths. Give
  each worker one thread, and let it keep its memory, which Dask would otherwise release after each
  task, making scoring 40% slower:
  `MALLOC_TRIM_THRESHOLD_=67108864 MALLOC_MMAP_THRESHOLD_=33554432 dask worker tcp://HOST:8786
  --nthreads 1 --nworkers 2`.
"""


def page(measured: dict) -> str:
    """Return the page with the measurements filled in."""
    numbered = {
        f"{name}_{workers}": measured[f"{name} {workers}"]
        for name in ("rate", "overhead")
        for workers in (0, 1, 2)
    }
    return PAGE.format(
        **numbered,
        pictures=measured["pictures"],
        width=WIDTH,
        height=HEIGHT,
        cores=CORES,
        load=measured["load"],
        kilobytes=1000 * measured["megabytes"],
        ratio=measured["rate 2"] / measured["rate 1"],
        listing=1e6 * measured["listing"],
        frames=1 / measured["frame"],
        partition=PARTITION,
        table=table(measured),
        total_gigabytes=1000 * measured["megabytes"],
    )
