"""Short forms of policies, and lotteries over where play begins."""

from __future__ import annotations

import pytest

from helpers.crises import small_crisis
from offramp.scenario.expressions import Compare, Const, Level


def clauses(south):
    return small_crisis("bound", policies={"bound": {"south": south}}).policy.clauses


def test_first_is_played_once():
    (clause,) = clauses({"first": "bear"})
    assert (clause.player, clause.play, clause.once) == ("south", "bear", True)


def test_always_is_played_whenever_it_can_be():
    (clause,) = clauses({"always": "bear"})
    assert (clause.play, clause.once) == ("bear", False)


def test_never_takes_acts_away_and_a_family_whole():
    (clause,) = clauses({"never": ["bear", "bid"]})
    assert clause.never == ("bear", "bid_0", "bid_0.25", "bid_0.5")


def test_clauses_keep_their_order_and_conditions():
    first, second = clauses([{"when": "rung >= shots", "play": "bear", "once": True},
                             {"never": "bid_0.5"}])  # fmt: skip
    assert first.when == Compare((Level("rung"), Const(1.0)), (">=",))
    assert first.once
    assert second.never == ("bid_0.5",)


def test_a_mix_holds_weights_and_spreads_a_familys_evenly():
    (clause,) = clauses({"mix": {"bear": "toll", "bid": 3}})
    assert clause.mix == (("bear", 2.0), ("bid_0", 1.0), ("bid_0.25", 1.0), ("bid_0.5", 1.0))


def test_playing_a_family_mixes_over_its_members():
    (clause,) = clauses({"always": "bid"})
    assert clause.play is None
    assert clause.mix == (("bid_0", 1.0), ("bid_0.25", 1.0), ("bid_0.5", 1.0))


def test_a_clause_may_bind_some_types():
    policies = {"bound": {"north": {"type": "bold", "always": "push"}}}
    (clause,) = small_crisis("bound", policies=policies).policy.clauses
    assert clause.types == ("bold",)


@pytest.mark.parametrize("secret", [True, False])
def test_a_policy_may_be_secret(secret):
    policies = {"bound": {"secret": secret, "label": "Hidden", "south": {"always": "bear"}}}
    assert small_crisis("bound", policies=policies).policy.secret is secret


@pytest.mark.parametrize(
    ("variable", "start", "lottery"),
    [
        ("rung", "war", ((2, 1.0),)),
        ("rung", {"calm": 1, "war": 3}, ((0, 0.25), (2, 0.75))),
        ("rung", {"calm": "slip", "shots": "1 - slip"}, ((0, 0.25), (1, 0.75))),
        ("rung", {"calm": 0, "shots": 2}, ((1, 1.0),)),
        ("rung", "toll - 1", ((1, 1.0),)),
        ("price", 0.3, ((3, 1.0),)),
        ("price", "2 * 0.2", ((4, 1.0),)),
        ("price", {"0.1": 1, "slip + 0.25": 1}, ((1, 0.5), (5, 0.5))),
    ],
)
def test_play_begins_at_levels_numbers_or_a_lottery(variable, start, lottery):
    crisis = small_crisis("other", cases={"other": {"start": {variable: start}}})
    assert crisis.start.levels[variable] == lottery
