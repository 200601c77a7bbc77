"""Export to Gambit: the unrolled tree as an extensive game (`.efg`).

Gambit's tree has one node per *full* history: types drawn by chance at the root, every act and
every chance result. What is public, and so one node of our tree, becomes information sets, one per
mover and type: they hide others' types, covert acts and the acts of a simultaneous stage alike.

Payoffs are totals discounted to the start, tail and frozen endings included, so that Gambit's one λ
is our precision with `precision_basis: present`, where all players have the same. What a policy
prescribes is written as chance (or left out, where it is certain).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

import numpy as np

from offramp.errors import GameError, Problem, TooLargeError
from offramp.game.branching import frozen_payoff, own_priors
from offramp.game.factored import FREE, Game
from offramp.game.tree import LARGEST_TREE, Tree, unroll
from offramp.game.tree_words import words_into

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = ["InformationSet", "export_gambit"]

SAME_PRIOR = 1e-12  # priors closer than this are one: rounding of declared weights
LARGEST_EXPORT = 5_000_000  # lines of the file, about; Gambit itself is slow far below


class InformationSet(NamedTuple):
    """Where an information set of the file stands in our tree (all numbers from 0).

    Attributes:
        node: Of `unroll(game, start)`. mover: position among the stage's movers.
        type: The mover's own; 0 where it has none.
        actions: Names, in the order of the file.
    """

    period: int
    stage: int
    node: int
    mover: int
    type: int
    actions: tuple[str, ...]


def export_gambit(
    game: Game, target: str | Path | TextIO, start: str | None = None, *, limit: int = LARGEST_TREE
) -> dict[str, InformationSet]:
    """Write the unrolled tree as `.efg`; return the information sets by label.

    Labels read `friend|steadfast|t2 reply|harass, resist; harass`: player, type, period and stage,
    and what was seen in the periods before, state named where acts alone do not tell it.

    Raises:
        GameError: Observers disagree, or payoffs read beliefs: no extensive game says that.
        TooLargeError: The tree is too large to be written.
    """
    _refuse_inexpressible(game)
    tree = unroll(game, start, limit=limit)
    _refuse_too_long(tree)
    writer = _Writer(tree)
    if isinstance(target, str | Path):
        with Path(target).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(writer.lines())
    else:
        target.writelines(writer.lines())
    return writer.information_sets


def _refuse_inexpressible(game: Game) -> None:
    movers = {
        options.player for period in game.stages for table in period for options in table.movers
    }
    for k in sorted(movers):
        for j, player in enumerate(game.typed):
            analyst = np.bincount(game.profiles[:, j], weights=game.prior)
            if np.abs(own_priors(game, j)[k] - analyst).max() > SAME_PRIOR:
                raise GameError(
                    Problem(
                        code="G562",
                        path=f"players.{game.players[player].name}.believed_by",
                        message=f"{game.players[k].name} believes otherwise of "
                        f"{game.players[player].name}'s types than the analyst does; the chance "
                        "moves of an extensive game have one probability for all.",
                        fix="export the game without `believed_by`.",
                    )
                )
    if game.payoff[0].shape[3] > 1:
        raise GameError(
            Problem(
                code="G563",
                path="payoffs",
                message="a payoff reads beliefs; the payoffs of an extensive game cannot.",
                fix="export the game without `belief(…)` in its payoffs.",
            )
        )


def _refuse_too_long(tree: Tree) -> None:
    n_lines = tree.n_nodes * len(tree.game.profiles)
    if n_lines > LARGEST_EXPORT:
        raise TooLargeError(
            Problem(
                code="G560",
                path="period.count",
                message=f"the file would have about {n_lines:,} lines ({tree.n_nodes:,} public "
                f"histories of {len(tree.game.profiles)} joint types); at most "
                f"{LARGEST_EXPORT:,} are written.",
                fix="export a game of fewer periods or types.",
            )
        )


@dataclass(frozen=True)
class _Path:
    """One full history on its way down the tree.

    Attributes:
        node: Public history. profile: everybody's types.
        paid: Payoffs so far, discounted to the start.
    """

    node: int
    profile: int
    paid: Float[np.ndarray, "account"]


class _Writer:
    """Writes the nodes of the file in its order, each line before those below it."""

    def __init__(self, tree: Tree) -> None:
        game = tree.game
        self.tree = tree
        self.game = game
        self.information_sets: dict[str, InformationSet] = {}
        self._numbers: dict[str, int] = {}
        self._n_by_player = [0] * len(game.players)
        self._n_chance = self._n_outcomes = 0
        self._shown = [i for i, player in enumerate(game.players) if not player.is_nature]
        self._account = {a.player: n for n, a in enumerate(game.accounts) if a.term is None}
        self._discount = np.array([game.players[a.player].discount for a in game.accounts])
        self._frozen = frozen_payoff(game)[..., 0]
        self._marginal = [
            np.bincount(game.profiles[:, j], weights=game.prior) for j in range(len(game.typed))
        ]
        self.words = lru_cache(maxsize=None)(partial(words_into, tree))

    def lines(self) -> Iterator[str]:
        """Yield the whole file, line by line."""
        players = " ".join(_quoted(self.game.players[i].name) for i in self._shown)
        yield f"EFG 2 R {_quoted(self.game.crisis.title)} {{ {players} }}\n"
        precisions = ", ".join(
            f"{self.game.players[i].name} {self.game.players[i].precision:g}" for i in self._shown
        )
        yield _quoted(f"Payoffs are discounted to the start. Precisions: {precisions}.") + "\n\n"
        roots = [str(self.words(root)) or "start" for root in range(len(self.tree.start_chance))]
        types = [
            ", ".join(
                self.game.players[i].types[theta]
                for i, theta in zip(self.game.typed, profile, strict=True)
            )
            for profile in self.game.profiles
        ]
        nothing = np.zeros(len(self.game.accounts))
        for root in self._chance("start", roots, self.tree.start_chance):
            if isinstance(root, str):
                yield root
                continue
            for profile in self._chance("types", types, self.game.prior):
                if isinstance(profile, str):
                    yield profile
                else:
                    yield from self._public(_Path(root, profile, nothing))

    def _chance(
        self, name: str, labels: Sequence[str], chances: Float[np.ndarray, "result"]
    ) -> Iterator[str | int]:
        """Yield a chance node's line, if more than one result is possible; then each result."""
        possible = [int(i) for i in np.flatnonzero(np.asarray(chances) > 0.0)]
        if len(possible) > 1:
            self._n_chance += 1
            shown = _distinct([labels[i] for i in possible])
            exact = _exact([chances[i] for i in possible])
            listed = " ".join(f"{_quoted(s)} {p}" for s, p in zip(shown, exact, strict=True))
            yield f'c "" {self._n_chance} {_quoted(f"{name} {self._n_chance}")} {{ {listed} }} 0\n'
        yield from possible

    def _public(self, path: _Path) -> Iterator[str]:
        """Write all that follows a public history."""
        t, m = self.tree.place(path.node)
        if self.tree.first_child[path.node] < 0:
            yield self._terminal(path)
            return
        rows = self.tree.branching(t, m).rows
        state = self.tree.state[path.node]
        every = np.arange(rows.start[state], rows.start[state + 1])
        yield from self._movers(path, t, m, 0, every)

    def _movers(self, path: _Path, t: int, m: int, mover: int, rows: np.ndarray) -> Iterator[str]:
        """Write the choices of a stage's movers in turn; `rows` are still possible."""
        branching = self.tree.branching(t, m)
        if mover == len(branching.table.movers):
            yield from self._results(path, t, m, int(rows[0]))
            return
        option_of = branching.rows.option[rows, mover]
        if option_of[0] < 0:
            yield from self._movers(path, t, m, mover + 1, rows)
            return
        options = branching.table.movers[mover]
        player = self.game.players[options.player]
        theta = self.game.profiles[path.profile, player.typed] if player.typed >= 0 else 0
        listed = np.unique(option_of)
        bound = options.bound[listed, theta]
        names = [options.names[options.action[o]] for o in listed]
        if np.any(bound >= 0.0):
            chosen = list(self._chance(player.name, names, np.maximum(bound, 0.0)))
        else:
            free = np.flatnonzero(bound == FREE)
            chosen = [int(i) for i in free]
            if len(free) > 1:
                acts = tuple(names[i] for i in free)
                where = InformationSet(t, m, path.node, mover, int(theta), acts)
                chosen.insert(0, self._choice(where, options.player))
        for one in chosen:
            if isinstance(one, str):
                yield one
            else:
                yield from self._movers(path, t, m, mover + 1, rows[option_of == listed[one]])

    def _choice(self, where: InformationSet, player: int) -> str:
        """Return a personal node's line, numbering its information set when first met."""
        label = self._label(where, player)
        if label not in self._numbers:
            self._n_by_player[player] += 1
            self._numbers[label] = self._n_by_player[player]
            self.information_sets[label] = where
        acts = " ".join(_quoted(act) for act in where.actions)
        number, seat = self._numbers[label], self._shown.index(player) + 1
        return f'p "" {seat} {number} {_quoted(label)} {{ {acts} }} 0\n'

    def _results(self, path: _Path, t: int, m: int, row: int) -> Iterator[str]:
        """Write the chance results of a joint act, then what follows each."""
        branching = self.tree.branching(t, m)
        rows, table = branching.rows, branching.table
        entries = np.arange(rows.entry_start[row], rows.entry_start[row + 1])
        column = self.game.profiles[path.profile, table.reader] if table.reader >= 0 else 0
        paid = path.paid + self._discount**t * rows.pay[row, path.profile]
        first = int(self.tree.first_child[path.node])
        children = first + branching.signals.of_entry[entries]
        labels = [str(self.words(int(child))) for child in children]
        name = self.game.stage_names[m]
        for result in self._chance(name, labels, rows.chance[entries, column]):
            if isinstance(result, str):
                yield result
            else:
                child, mask = int(children[result]), int(rows.redraw[entries[result]])
                yield from self._drawn(_Path(child, path.profile, paid), t, mask)

    def _drawn(self, path: _Path, t: int, mask: int) -> Iterator[str]:
        """Write the types that are drawn afresh, one player after the other, then go on."""
        if mask:
            j = (mask & -mask).bit_length() - 1
            player = self.game.players[self.game.typed[j]]
            for theta in self._chance(f"{player.name} redrawn", player.types, self._marginal[j]):
                if isinstance(theta, str):
                    yield theta
                    continue
                types = self.game.profiles[path.profile].copy()
                types[j] = theta
                profile = int(np.flatnonzero((self.game.profiles == types).all(axis=1))[0])
                yield from self._drawn(_Path(path.node, profile, path.paid), t, mask & (mask - 1))
            return
        paid = path.paid
        closing = int(self.tree.closing[path.node])
        if closing >= 0:
            last = t == self.game.n_periods - 1
            payoff = self.game.payoff[t if len(self.game.payoff) > 1 else 0]
            scale = 1.0 + self.game.tail if last else 1.0
            paid = paid + self._discount**t * scale * payoff[closing, path.profile, :, 0]
        elif self.tree.state[path.node] < 0:
            ended = -1 - int(self.tree.state[path.node])
            paid = paid + self._discount**t * self._frozen[t, ended, path.profile]
        yield from self._public(_Path(path.node, path.profile, paid))

    def _terminal(self, path: _Path) -> str:
        self._n_outcomes += 1
        payoffs = ", ".join(repr(float(path.paid[self._account[i]])) for i in self._shown)
        return f't "" {self._n_outcomes} "" {{ {payoffs} }}\n'

    # --- names ------------------------------------------------------------------------------------

    def _label(self, where: InformationSet, player: int) -> str:
        one = self.game.players[player]
        who = [one.name, one.types[where.type]] if one.typed >= 0 else [one.name]
        told, period = "", 0
        for node in self.tree.history(where.node):
            if self.tree.parent[node] < 0:
                continue
            before = self.tree.place(int(self.tree.parent[node]))[0]
            words = self.words(node)
            if words:
                told += ("" if not told else "; " if before > period else ", ") + words
                period = before
        stage = f"t{where.period + 1} {self.game.stage_names[where.stage]}"
        label = "|".join([*who, stage, *([told] if told else [])])
        known = self.information_sets.get(label)
        return label if known in (None, where) else f"{label} #{where.node}"


def _quoted(text: str) -> str:
    """Return text as a string of the file; what could end or escape it is replaced."""
    plain = text.replace("\\", "/").replace('"', "'")
    return '"' + "".join(c if c.isprintable() else " " for c in plain) + '"'


def _distinct(labels: list[str]) -> list[str]:
    """Return labels, numbered where two are the same or one is empty."""
    if len(set(labels)) == len(labels) and all(labels):
        return labels
    return [f"{label} {i + 1}".strip() for i, label in enumerate(labels)]


def _exact(chances: Sequence[float]) -> list[str]:
    """Return chances as fractions that sum to one exactly, as Gambit requires."""
    exact = [Fraction(float(p)) for p in chances]
    largest = max(range(len(exact)), key=exact.__getitem__)
    exact[largest] += 1 - sum(exact)
    return [f"{p.numerator}/{p.denominator}" for p in exact]
