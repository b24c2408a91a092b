from dataclasses import replace

import pytest

from fer_utils.model.network import build_network
from fer_utils.model.recipes import (
    PROFILES,
    VOTE_PROFILES,
    Augmentation,
    Recipe,
    Target,
    find_recipe,
    profile_of,
)


def test_each_profile_takes_longer_than_the_one_before() -> None:
    for profiles in (PROFILES, VOTE_PROFILES):
        assert list(profiles) == ["quick", "full", "gpu"]
        updates = [recipe.updates for recipe in profiles.values()]
        assert updates == sorted(updates)


@pytest.mark.parametrize("target", ["labels", "votes"])
@pytest.mark.parametrize("name", PROFILES)
def test_the_network_of_a_profile_stays_compact(name: str, target: Target) -> None:
    recipe = find_recipe(name, target)
    network = build_network(recipe)
    assert network.count_params() <= 4_000_000
    assert network.layers[-3].rate == recipe.dropout


def test_a_recipe_knows_its_profile() -> None:
    assert profile_of(PROFILES["full"]) == "full"
    assert profile_of(VOTE_PROFILES["gpu"]) == "gpu"
    assert profile_of(replace(PROFILES["full"], updates=1)) is None


def test_a_recipe_is_found_by_its_profile_and_what_it_learns_from() -> None:
    assert find_recipe("full") is PROFILES["full"]
    for name in PROFILES:
        assert find_recipe(name, "labels") is PROFILES[name]
        assert find_recipe(name, "votes") is VOTE_PROFILES[name]
        assert find_recipe(name, "votes").target == "votes"


def test_an_unknown_profile_or_target_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"^unknown profile 'slow': expected one of quick, full, "):
        find_recipe("slow", "votes")
    expected = r"^unknown target 'vote': expected one of labels, votes$"
    with pytest.raises(ValueError, match=expected):
        find_recipe("full", "vote")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=expected):
        replace(PROFILES["full"], updates=1).for_target("vote")  # type: ignore[arg-type]


def test_a_recipe_has_a_counterpart_for_each_target() -> None:
    assert PROFILES["gpu"].for_target("votes") is VOTE_PROFILES["gpu"]
    assert VOTE_PROFILES["gpu"].for_target("labels") is PROFILES["gpu"]
    assert PROFILES["gpu"].for_target("labels") is PROFILES["gpu"]
    custom = replace(PROFILES["gpu"], updates=1)
    assert custom.for_target("votes") == replace(custom, target="votes")


def test_the_recipes_for_votes_are_those_that_were_chosen() -> None:
    assert VOTE_PROFILES["quick"] == replace(PROFILES["quick"], target="votes")
    changes = Augmentation(shift=0.1, turn=12, zoom=0.15, light=0.25, erase=0.5, degrade=0.15)
    assert VOTE_PROFILES["full"] == Recipe(
        updates=14_000,
        passes=200,
        epochs=50,
        patience=50,
        batch_size=128,
        optimizer="sgd",
        learning_rate=0.1,
        weight_decay=5e-3,
        augmentation=changes,
        widths=(16, 48, 128, 256),
        blocks=(0, 1, 1, 1),
        first_stride=1,
        dropout=0.3,
        balancing="none",
        target="votes",
    )
    assert VOTE_PROFILES["gpu"] == replace(
        PROFILES["gpu"],
        label_smoothing=0.0,
        augmentation=changes,
        balancing="none",
        target="votes",
    )
