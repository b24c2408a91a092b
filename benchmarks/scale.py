"""What scoring costs on many machines: a simulation of what was measured on one, as a page."""

import heapq
from dataclasses import dataclass

from fer_utils.scoring.scoring_run import PARTITION

WIDTH, HEIGHT, RATE = 640, 480, 25
CORES = 2
MACHINES = (1, 10, 100)
HOUR, DAY = 3600, 86_400
SECONDS_OF_A_YEAR = 365 * DAY
# Of a shared file system, in bytes a second: a network of 1 Gbit/s, and one of 10.
BANDWIDTHS = {"1 Gbit/s": 0.11e9, "10 Gbit/s": 1.1e9}


@dataclass(frozen=True, kw_only=True)
class Load:
    """Work that is to be done on many machines.

    Attributes
    ----------
    name : str
        What it is.
    partitions : int
        How many pieces of work there are.
    seconds : list of float
        How long pieces take on one of two busy cores, as measured; taken in turn.
    megabytes : float
        What is read for each of them.
    before : float
        Seconds until the first worker starts: listing the files and starting processes.
    """

    name: str
    partitions: int
    seconds: list[float]
    megabytes: float
    before: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a simulated run takes: its seconds, and how they divide for an average worker."""

    total: float
    before: float
    computing: float
    reading: float
    idle: float

    @property
    def bottleneck(self) -> str:
        """What beside computing takes the most time."""
        others = {
            "listing and start": self.before,
            "reading": self.reading,
            "waiting for the last partitions": self.idle,
        }
        name = max(others, key=lambda key: others[key])
        share = others[name] / self.total
        return f"{name}, {share:.0%} of the time" if share >= 0.01 else "computing alone"


def simulate(load: Load, workers: int, bandwidth: float) -> Outcome:
    """Give each piece of work to the worker that is free first; files are read one at a time.

    Parameters
    ----------
    load : Load
        The work.
    workers : int
        Cores that compute.
    bandwidth : float
        Of the shared file system, in bytes a second, for all workers together.
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
    """Return the work to reckon with: a million pictures, and a year of video in hours."""
    # A core is slower while the other one works too.
    slower = measured["worker seconds 2"] / measured["worker seconds 0"]
    hours = SECONDS_OF_A_YEAR // HOUR
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
            name=f"a year of video, {RATE} frames/s, in {hours:,} files of an hour",
            partitions=hours,
            seconds=[HOUR * RATE * measured["frame"]],
            megabytes=HOUR * measured["video megabytes"],
            before=measured["overhead 2"],
        ),
    ]


def duration(seconds: float) -> str:
    """Return a time for people."""
    for unit, size in (("days", DAY), ("hours", HOUR), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} seconds"


def table(measured: dict) -> str:
    """Return the simulated runs as rows of Markdown."""
    lines = [
        "| work | machines | file system | time | what holds it up beside computing |",
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

`fer-utils score` turns pictures and videos into one Parquet table, on the cores of one machine or,
with `--scheduler`, on as many machines as a Dask scheduler has workers. This page says how fast
that is and what limits it. `python benchmarks/scoring.py --write docs/scale.md` measures and
writes it.

## Measured

{pictures:,} pictures of {width}x{height} ({kilobytes:.0f} kB each, one face) on a machine with
{cores} cores, whose load was {load:.1f} when it began:

| workers | pictures/s | seconds beside scoring |
|---|---|---|
| none, in the same process | {rate_0:.0f} | {overhead_0:.1f} |
| 1 | {rate_1:.0f} | {overhead_1:.1f} |
| 2 | {rate_2:.0f} | {overhead_2:.1f} |

Two workers are {ratio:.2f} times as fast as one. The seconds beside scoring are for listing the
files and for starting and ending the processes; they are spent once, however many pictures there
are. Listing takes {listing:.0f} µs a file on a local disk. A video of {width}x{height} goes at
{frames:.0f} frames/s on each core while both are busy, decoding included.

## Reckoned

More machines of {cores} cores were not there to measure on. The figures below are from a
simulation: every partition ({partition} pictures, or one video) goes to the worker that is free
first, takes as long as it was measured to take, and has its files read before it begins. All
machines share one file system, which reads for one worker at a time at its full speed. What the
simulation leaves out: machines that differ, machines that fail, and the time a message takes.

{table}

## What to do about it

- **Computing** is what takes the time on few machines: add machines, or look at fewer frames of a
  video (`--fps 5` looks at 5 a second; all of them are still decoded).
- **Reading**: give the inputs a faster file system, or bring them nearer; more machines do not
  help. A million such pictures are {total_gigabytes:.0f} GB.
- **Listing and start** are for one process, and count once hundreds of cores do the rest in
  seconds. A network file system answers more slowly than the local disk of the measurement. One
  run for each of several folders lists them side by side.
- **Waiting for the last partitions**: a video is never divided, because faces are followed through
  it. Cut videos that are much longer than the others, and take a smaller `--partition` for few
  pictures on many cores.

## What to count on

- A part of the table is there as a whole or not at all, and is never scored again. The same
  command goes on with a run after anything that ended it; a changed input or another model is an
  error that says what differs.
- The table is the same, bit for bit, on one process and on many workers, with or without
  interruptions. Machines with other processors or other versions of the libraries may differ in
  the last digits.
- A file that cannot be read, or that ends the process which reads it, costs itself only and is a
  row of `_errors` in the folder of results.
- All workers need the package, the model folder and the file system under the same paths. Give
  workers one thread each, and leave them their memory, which Dask would take back after each
  picture at the cost of two fifths more time:
  `MALLOC_TRIM_THRESHOLD_=67108864 MALLOC_MMAP_THRESHOLD_=33554432 dask worker tcp://HOST:8786
  --nthreads 1 --nworkers 2`.
"""


def page(measured: dict) -> str:
    """Return the page on scale with what was measured."""
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
