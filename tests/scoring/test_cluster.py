"""Missing schedulers and workers are reported with a remedy."""

import pytest
from distributed import LocalCluster

from fer_utils.scoring import cluster
from fer_utils.scoring.cluster import open_client


def test_a_missing_scheduler_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_SECONDS_TO_ANSWER", 1)
    with (
        pytest.raises(ConnectionError, match="no scheduler responds at tcp"),
        open_client(1, "tcp://127.0.0.1:9"),
    ):
        pass


def test_a_scheduler_without_workers_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_SECONDS_TO_JOIN", 0.2)
    with (
        LocalCluster(n_workers=0, dashboard_address=None) as empty,
        pytest.raises(ConnectionError, match=r"no worker joined .* dask worker tcp://\S+ --nth"),
        open_client(1, empty.scheduler_address),
    ):
        pass


def test_local_workers_are_started_and_stopped() -> None:
    with open_client(1, None) as client:
        assert client.submit(sum, [1, 2]).result() == 3
        assert list(client.nthreads().values()) == [1]
    assert client.status == "closed"
