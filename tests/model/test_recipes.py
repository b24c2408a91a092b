from dataclasses import replace

import pytest

from fer_utils.model.network import build_network
from fer_utils.model.recipes import PROFILES, profile_of


def test_each_profile_takes_longer_than_the_one_before() -> None:
    assert list(PROFILES) == ["quick", "full", "gpu"]
    updates = [recipe.updates for recipe in PROFILES.values()]
    assert updates == sorted(updates)


@pytest.mark.parametrize("name", PROFILES)
def test_the_network_of_a_profile_stays_compact(name: str) -> None:
    network = build_network(PROFILES[name])
    assert network.count_params() <= 4_000_000
    assert network.layers[-3].rate == PROFILES[name].dropout


def test_a_recipe_knows_its_profile() -> None:
    assert profile_of(PROFILES["full"]) == "full"
    assert profile_of(replace(PROFILES["full"], updates=1)) is None
