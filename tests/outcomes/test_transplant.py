"""One solution's strategies played in another game of the same scenario."""

from __future__ import annotations

import numpy as np
import pytest

from offramp.equilibrium.histories import solve_histories
from offramp.errors import GameError
from offramp.game import FREE
from offramp.outcomes import propagate
from outcomes.games import PROBE, Drawn, compiled
from outcomes.walker import Walker

ROUNDING = 1e-12
OPEN = "policies: {solved: {}}"
NEVER = "policies: {solved: {guard: {never: [fight]}}}"
ALWAYS = "policies: {solved: {prober: {always: probe}}}"
FIRST = "policies: {solved: {prober: {first: probe}}}"
QUIET = "policies: {solved: {prober: {never: [probe]}}}"
ASKED = ["ever(mood == tense)", "belief(prober, guard.firm)", "count(prober.probe)"]


def under(policy: str, **changes):
    return compiled(PROBE, replace={OPEN: policy}, measures=ASKED, **changes)


class Transcribed:
    """Strategies looked up by words: what the state says of itself, and the action's name."""

    def __init__(self, solution, game, *, plays: bool) -> None:
        self.game, self._solution, self._plays = game, solution, plays

    def _words(self, game, m, code):
        told = game.space.describe(int(code))
        return m, tuple(sorted((k, v) for k, v in told.items() if not k.startswith("clause")))

    def log_strategy(self, t, m, k):
        theirs = self._solution.game
        book = {}
        options = theirs.table(t, m).movers[k]
        log = self._solution.log_strategy(t, m, k)
        for s in range(theirs.n_reached[t, m]):
            for o in range(options.start[s], options.start[s + 1]):
                words = self._words(theirs, m, theirs.codes[m][s])
                book[words, options.names[options.action[o]]] = np.exp(log[o])
        mine = self.game.table(t, m).movers[k]
        shape = (mine.start[self.game.n_reached[t, m]], mine.bound.shape[1], log.shape[2])
        found = np.zeros(shape)
        for s in range(self.game.n_reached[t, m]):
            words = self._words(self.game, m, self.game.codes[m][s])
            own = range(mine.start[s], mine.start[s + 1])
            for o in own:
                found[o] = book.get((words, mine.names[mine.action[o]]), 0.0)
            if self._plays:
                self._restrict(found, mine, own)
        with np.errstate(divide="ignore"):
            return np.log(found)

    def _restrict(self, found, mine, own) -> None:
        for k in range(found.shape[1]):
            free = [o for o in own if mine.bound[o, k] == FREE]
            total = sum(found[o, k] for o in free)
            for o in own:
                if o not in free:
                    found[o, k] = max(mine.bound[o, k], 0.0)
                elif np.all(total > 0):
                    found[o, k] = found[o, k] / total


@pytest.mark.parametrize("policy", [NEVER, ALWAYS, FIRST])
def test_borrowed_strategies_are_played_under_the_other_policy(policy):
    solution, game = Drawn(under(OPEN), 3), under(policy)
    outcomes = propagate(solution, policy_game=game)
    walker = Walker(
        game,
        Transcribed(solution, game, plays=True),
        believed=Transcribed(solution, game, plays=False),
    )
    paths = walker.walk()
    for number, asked in enumerate(game.crisis.measures):
        expected = walker.measure(asked.is_)
        assert outcomes.measures[f"m{number}"] == pytest.approx(expected, abs=ROUNDING)
    value = sum(path.chance * path.pay for path in paths)
    np.testing.assert_allclose(outcomes.value, value, atol=ROUNDING)


def test_both_ways_of_asking_agree():
    solution, other = Drawn(under(OPEN), 3), Drawn(under(NEVER), 8)
    one = propagate(solution, policy_game=other.game)
    two = propagate(other, strategies_from=solution)
    assert one.measures == two.measures


def test_a_game_compiled_again_plays_as_the_first():
    solution = Drawn(under(OPEN), 3)
    again = propagate(solution, policy_game=under(OPEN))
    assert again.measures == pytest.approx(propagate(solution).measures, abs=ROUNDING)


def test_a_bound_act_that_the_strategies_never_take_teaches_nothing():
    solution = Drawn(under(NEVER), 3)
    late = "guard: [{when: period == 2, play: fight}, {never: [fight]}]"
    outcomes = propagate(solution, policy_game=under(f"policies: {{solved: {{{late}}}}}"))
    # the prober begins at one half, and nothing that it can see has any chance for any type
    assert outcomes.measures["m1"] == pytest.approx(0.5, abs=ROUNDING)


def test_silence_of_the_strategies_is_refused_where_play_comes_to_it():
    solution = Drawn(under(QUIET), 3)
    assert propagate(solution, policy_game=under(OPEN)).measures["m2"] == 0.0
    with pytest.raises(GameError, match="say nothing about guard at stage 'answer'"):
        propagate(solution, policy_game=under(ALWAYS))


def test_another_grid_is_refused():
    with pytest.raises(GameError, match="another belief grid"):
        propagate(Drawn(under(OPEN), 3), policy_game=under(NEVER, grid=5))


def test_strategies_that_end_before_the_game_are_refused():
    longer = compiled(PROBE.replace("count: 2}", "count: 3}"), replace={OPEN: NEVER})
    with pytest.raises(GameError, match="end after 2 periods"):
        propagate(Drawn(under(OPEN), 3), policy_game=longer)
    shorter = under(NEVER)
    propagate(Drawn(compiled(PROBE.replace("count: 2}", "count: 3}")), 3), policy_game=shorter)


def test_what_the_strategies_remember_must_be_remembered():
    policy = "policies: {solved: {prober: [{when: was(front) > front, play: wait}]}}"
    remembers = Drawn(under(policy), 3)
    with pytest.raises(GameError, match=r"depend on was\(front\)"):
        propagate(remembers, policy_game=under(OPEN))


# --- beliefs on histories -------------------------------------------------------------------------

PLAIN = {', fear: "-0.1 * belief(guard.firm)"': ""}


def on_histories(policy: str):
    return compiled(PROBE, replace={OPEN: policy, **PLAIN}, measures=ASKED, beliefs="history")


def test_histories_compiled_again_play_as_the_first():
    solution = solve_histories(on_histories(OPEN))
    again = propagate(solution, policy_game=on_histories(OPEN))
    own = propagate(solution)
    assert again.measures == pytest.approx(own.measures, abs=ROUNDING)
    np.testing.assert_allclose(again.beliefs, own.beliefs, atol=ROUNDING)


@pytest.mark.parametrize("policy", [NEVER, ALWAYS, FIRST])
def test_histories_and_a_fine_grid_agree_under_another_policy(policy):
    exact = solve_histories(on_histories(OPEN))
    fine = {"replace": {OPEN: policy, **PLAIN}, "measures": ASKED, "grid": 61}
    gridded = Drawn(compiled(PROBE, **{**fine, "replace": {OPEN: OPEN, **PLAIN}}), 0)
    from offramp.equilibrium import solve

    gridded = solve(gridded.game)
    found = propagate(exact, policy_game=on_histories(policy))
    close = propagate(gridded, policy_game=compiled(PROBE, **fine))
    for name, value in found.measures.items():
        assert value == pytest.approx(close.measures[name], abs=2e-3), name
