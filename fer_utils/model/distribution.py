"""Train on several devices and machines together, which Keras supports on its JAX backend."""

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache

import keras

ADDRESSES, COUNT, INDEX = (
    f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")
)


@dataclass(frozen=True)
class Share:
    """One process's share of a training.

    Attributes
    ----------
    index, count : int
        Number of this process, starting at 0, and number of processes.
    devices : int
        Number of devices of each process.
    """

    index: int = 0
    count: int = 1
    devices: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes the model."""
        return self.index == 0

    def scope(self) -> AbstractContextManager[None]:
        """Spread what is built and trained inside over all devices of all processes."""
        if self.count * self.devices == 1:
            return nullcontext()
        # Each process provides its own part of every batch.
        return keras.distribution.DataParallel(auto_shard_dataset=False).scope()

    def of_batch(self, batch_size: int) -> slice:
        """Return the positions of a batch that this process provides.

        Raises
        ------
        ValueError
            If the batch cannot be divided evenly.
        """
        if batch_size % (self.count * self.devices):
            raise ValueError(
                f"a batch of {batch_size} faces cannot be divided among {self.count} processes "
                f"with {self.devices} devices each: choose a batch_size that is a multiple of "
                f"{self.count * self.devices}"
            )
        size = batch_size // self.count
        # A contiguous part, so that every face is augmented the same way as with one process.
        return slice(self.index * size, (self.index + 1) * size)

    def wait_for_others(self) -> None:
        """Block until every process has called this."""
        if self.count > 1:
            from jax.experimental.multihost_utils import sync_global_devices

            sync_global_devices("fer_utils")


@cache
def join_processes() -> Share:
    """Join the processes that the environment names, and count the devices.

    To train on several machines, start the same command on each with ``KERAS_BACKEND=jax`` and
    Keras's own variables: ``KERAS_DISTRIBUTION_JOB_ADDRESSES`` (``host:port`` of the first
    process), ``KERAS_DISTRIBUTION_NUM_PROCESSES``, and ``KERAS_DISTRIBUTION_PROCESS_ID``, starting
    at 0. Without them, this process trains alone on all its devices.

    Returns
    -------
    Share
        The share of this process; one process with one device on any other backend.
    """
    if keras.backend.backend() != "jax":
        return Share()
    count = 1
    if ADDRESSES in os.environ:
        keras.distribution.initialize()
        count = int(os.environ[COUNT])
    devices = len(keras.distribution.list_devices()) // count
    return Share(int(os.environ.get(INDEX, 0)), count, devices)
