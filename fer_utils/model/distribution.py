"""Several devices and several hosts learn together; Keras does that on its JAX backend."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import keras

ADDRESSES, COUNT, INDEX = (
    f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")
)


@dataclass(frozen=True)
class Share:
    """The part of one process in a training.

    Attributes
    ----------
    index, count : int
        Which process this is, from 0, and how many there are.
    devices : int
        How many devices each of them has.
    """

    index: int = 0
    count: int = 1
    devices: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes the model."""
        return self.index == 0

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Spread what is built and trained inside over all devices of all processes."""
        if self.count * self.devices == 1:
            yield
            return
        # Each process brings its own part of a batch.
        with keras.distribution.DataParallel(auto_shard_dataset=False).scope():
            yield

    def of_batch(self, batch_size: int) -> slice:
        """Return which places of a batch this process brings.

        Raises
        ------
        ValueError
            If the batch cannot be spread evenly.
        """
        if batch_size % (self.count * self.devices):
            raise ValueError(
                f"a batch of {batch_size} faces cannot be spread over {self.count} processes with "
                f"{self.devices} devices each: choose a batch_size that divides evenly"
            )
        size = batch_size // self.count
        # In one piece, so that every face meets the same random changes as with one process.
        return slice(self.index * size, (self.index + 1) * size)


@cache
def join_processes() -> Share:
    """Join the processes that the environment names; count the devices.

    Start the same command on every host, with ``KERAS_BACKEND=jax`` and Keras's own variables:
    ``KERAS_DISTRIBUTION_JOB_ADDRESSES`` (``host:port`` of the first process),
    ``KERAS_DISTRIBUTION_NUM_PROCESSES`` and ``KERAS_DISTRIBUTION_PROCESS_ID``, from 0. Without
    them this process works alone, with all its devices.

    Returns
    -------
    Share
        This process's part; one process with one device on any other backend.
    """
    if keras.backend.backend() != "jax":
        return Share()
    count = 1
    if ADDRESSES in os.environ:
        keras.distribution.initialize()
        count = int(os.environ[COUNT])
    devices = len(keras.distribution.list_devices()) // count
    return Share(int(os.environ.get(INDEX, 0)), count, devices)
