"""Other users of the machine reach the port of the scheduler, but do not get in."""

import pytest
from distributed import Client
from distributed.security import Security

from fer_utils.scoring.cluster import open_client


def test_only_those_with_the_keys_of_the_run_reach_its_scheduler() -> None:
    with open_client(1, None) as client:
        address = client.scheduler.address
        assert address.startswith("tls://")
        with pytest.raises(OSError, match=r"Timed out|refused|closed"):
            Client(address.replace("tls://", "tcp://"), timeout=2)
        with pytest.raises(OSError, match=r"Timed out|refused|closed|certificate|TLS"):
            Client(address, security=Security.temporary(), timeout=2)
        assert client.submit(sum, [1, 2]).result() == 3
