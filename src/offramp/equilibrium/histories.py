r"""The whole tree solved at once: exact beliefs on public histories, on the principal branch.

Each player's precision is multiplied by a share τ that goes from 0, where play is even, to 1; the
solution is followed along that curve (`branch.py`) for the whole tree together, as solvers of
extensive games do [McKelveyPalfrey1998; Turocy2010]. Beliefs follow Bayes' rule in logs from the
roots down, values are conditional on reaching a node from the ends up, and Newton's step uses that
a node meets the rest of the tree only through both (`kernels/histories.py`): no reach probability
is ever divided by.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.branch import MAX_STEPS, Branch, Linearised, Polished, follow, polish
from offramp.equilibrium.history_board import Layout, all_accounts, lay_out, new_scratch
from offramp.equilibrium.kernels.boards import Board
from offramp.equilibrium.kernels.compilation import prepare_kernels
from offramp.equilibrium.kernels.histories import (
    advance,
    compare_replies,
    evaluate_up,
    step_down,
    sweep_up,
)
from offramp.errors import Problem, TooLargeError
from offramp.game.factored import Game
from offramp.game.tree import LARGEST_TREE, Tree, unroll
from offramp.game.tree_game import tree_as_game

__all__ = ["HistoryEquilibrium", "HistorySystem", "solve_histories"]

TOLERANCE = 1e-12  # of a logit residual, at the end; what rounding leaves of it is reported
LARGEST_MEMORY = 4 << 30  # bytes of values, beliefs and linear answers
SAME_BRANCH = 1e-8  # of a logit residual: Newton's method has followed a change of exact choices
MAX_CHOICE_ROUNDS = 30  # of exact movers' choices, each with its own fixed point


@dataclass(frozen=True)
class HistoryEquilibrium:
    """A solution of the whole tree.

    Attributes:
        tree: The histories. precision: effective precision by period and player.
        basis: What precisions act on: `current` or `present` payoffs.
        strategy: Probabilities, and `log_strategy` their logs, by node, mover, option and type;
            `log_reply` reads them.
        belief: Reference belief at each node.
        residual: Largest |σ - logit(Q)|. logit_residual: the same in log-odds.
        loss: Largest KL(σ‖logit Q)/λ, in payoff.
        tau: Share of the precisions to which the branch was followed; 1 unless it broke off.
        turns: Where the branch turned in τ. crossings: where it crossed a bifurcation.
        settled: Whether all exact movers play best replies.
        n_steps: Steps along the branch. n_evaluations: linearisations of the tree.
    """

    tree: Tree
    layout: Layout = field(repr=False)
    precision: Float[np.ndarray, "period player"]
    basis: str
    strategy: Float[np.ndarray, "entry"] = field(repr=False)
    log_strategy_entries: Float[np.ndarray, "entry"] = field(repr=False)
    log_belief: Float[np.ndarray, "node typed type"] = field(repr=False)
    residual: float
    logit_residual: float
    loss: float
    tau: float
    turns: tuple[float, ...]
    crossings: tuple[float, ...]
    settled: bool
    n_steps: int
    n_evaluations: int

    @property
    def n_unconverged(self) -> int:
        """Number of solves that did not converge: there is one, of the whole tree."""
        return int(not self.converged)

    @property
    def converged(self) -> bool:
        """Whether the branch reached the full precisions and the equations hold there."""
        return self.tau == 1.0 and self.settled and self.residual <= 1e-8

    @cached_property
    def game(self) -> Game:
        """The tree as a game whose public states are histories, with nothing left to learn."""
        return tree_as_game(self.tree, self.belief)

    @cached_property
    def belief(self) -> Float[np.ndarray, "node typed type"]:
        """Reference belief at each node, normalised."""
        weight = np.exp(self.log_belief)
        return np.asarray(weight / weight.sum(axis=2, keepdims=True))

    @cached_property
    def values(self) -> Float[np.ndarray, "node profile account"]:
        """What each node is worth before play there, in its period's units; zero at its end."""
        return evaluate(self, self.tree.game)[0]

    def reply(self, node: int, mover: int) -> Float[np.ndarray, "option type"]:
        """Return one mover's probabilities at a node; options in the order of its state's."""
        return np.asarray(self.strategy[self._entries(node, mover)])

    def log_reply(self, node: int, mover: int) -> Float[np.ndarray, "option type"]:
        """Return the logs of one mover's probabilities at a node."""
        return np.asarray(self.log_strategy_entries[self._entries(node, mover)])

    def _entries(self, node: int, mover: int) -> Int[np.ndarray, "option type"]:
        board = self.layout.board
        slot = board.slots[board.nodes.place[node], mover]
        options = slice(slot.first_option, slot.first_option + slot.n_options)
        local = board.options.strategy[options, : slot.own_types]
        return np.asarray(board.nodes.strategy[node] + local)

    def log_strategy(self, t: int, m: int, mover: int) -> Float[np.ndarray, "option type one"]:
        """Return log probabilities by option of `game`'s stage table (histories of all periods)."""
        parts = []
        board = self.layout.board
        for period in range(self.tree.game.n_periods):
            nodes = np.arange(self.tree.n_nodes)[self.tree.layer(period, m)]
            nodes = nodes[self.tree.state[nodes] >= 0]
            slots = board.slots[board.nodes.place[nodes], mover]
            count = slots.n_options
            first = np.repeat(slots.first_option - np.cumsum(count) + count, count)
            local = board.options.strategy[first + np.arange(count.sum())]
            parts.append(np.repeat(board.nodes.strategy[nodes], count)[:, None] + local)
        n_types = len(self.tree.game.players[self._player(m, mover)].types)
        entries = np.concatenate(parts)[:, :n_types, None]
        return np.asarray(self.log_strategy_entries[entries])

    def value(self, t: int) -> Float[np.ndarray, "state profile account one"]:
        """Return what `game`'s states of slot 0 (histories of all periods) are worth."""
        firsts = [
            np.arange(self.tree.n_nodes)[self.tree.layer(period, 0)]
            for period in range(self.tree.game.n_periods)
        ]
        nodes = np.concatenate(firsts)
        return np.asarray(self.values[nodes[self.tree.state[nodes] >= 0]][..., None])

    def _player(self, stage: int, mover: int) -> int:
        return self.tree.branching(0, stage).table.movers[mover].player


def solve_histories(
    game: Game,
    *,
    start: str | None = None,
    precision_basis: str | None = None,
    tolerance: float = TOLERANCE,
    max_steps: int = MAX_STEPS,
    limit: int = LARGEST_TREE,
) -> HistoryEquilibrium:
    """Solve a game on all its public histories, from one case's start (default: the first).

    Args:
        precision_basis: Whether precisions act on payoffs as they count in their period
            (`current`) or discounted to the start (`present`, as solvers of trees have it);
            default: the file's `solver:`, else `current`.
        tolerance: Largest residual of a logit at which Newton's method stops.
        max_steps: Steps along the branch after which it is given up.
        limit: Largest number of histories.

    Raises:
        GameError: The game has no horizon.
        TooLargeError: Too many histories, or too much for memory; nothing has been allocated.
    """
    if precision_basis is None:
        asked = getattr(game.crisis, "solver", {}).get("precision_basis", "current")
        precision_basis = str(asked)
    tree = unroll(game, start, limit=limit)
    prepare_kernels()
    system = HistorySystem(tree, precision_basis)
    branch, polished, settled = _solve(system, tolerance, max_steps)
    return system.conclude(branch, polished, settled)


def _solve(
    system: HistorySystem, tolerance: float, max_steps: int
) -> tuple[Branch, Polished, bool]:
    """Follow the branch; where exact movers then want to choose otherwise, solve again."""
    system.settle = True
    system.linearise(np.zeros(system.n_unknown), 0.0)
    system.settle = not system.n_unknown
    branch = follow(system, max_steps)
    polished = polish(system, branch.x, tolerance)
    for _ in range(MAX_CHOICE_ROUNDS if system.has_exact else 0):
        system.settle = True
        system.linearise(polished.x, 1.0)
        system.settle = False
        if not system.n_changed:
            return branch, polished, True
        again = polish(system, polished.x, tolerance)
        if again.residual > SAME_BRANCH:
            branch = follow(system, max_steps)
            again = polish(system, branch.x, tolerance)
        polished = again
    return branch, polished, not system.has_exact


class HistorySystem:
    """The equations x = τ λ ΔQ(x) of a tree, and all arrays in which they are evaluated.

    Attributes:
        settle: Let exact movers change their choices at the next evaluation.
        n_changed: How many did.
    """

    def __init__(self, tree: Tree, precision_basis: str) -> None:
        game = tree.game
        self.tree = tree
        self.layout = lay_out(tree)
        board = self.layout.board
        self.board = board
        _refuse_too_large(self.layout, tree)
        self.scratch = new_scratch(board)
        self.basis = precision_basis
        self.precision = _precisions(game, precision_basis)
        self._rates = np.ascontiguousarray(self.precision[:, self.layout.active])
        self._rates[np.isinf(self._rates)] = 0.0
        self.has_exact = bool(np.any(np.isinf(self.precision[:, self.layout.active])))
        n_given = board.n_coordinates + 2
        n_profiles, n_active = board.pay.shape[1:]
        self.strategy = np.zeros(self.layout.n_strategy)
        self.log_strategy = np.zeros(self.layout.n_strategy)
        self.log_belief = np.tile(board.log_prior, (tree.n_nodes, 1, 1))
        self._stays = np.zeros(tree.n_nodes, np.int64)
        self._value = np.zeros((tree.n_nodes, n_profiles, n_active))
        self._answer = np.zeros((self.layout.n_answer, n_profiles, n_active, n_given))
        self._logit_answer = np.zeros((self.n_unknown, n_given))
        self._residual = np.zeros(self.n_unknown)
        self._shift = np.zeros((tree.n_nodes, board.n_coordinates, 2))
        self.settle = True
        self.n_changed = 0
        self.n_evaluations = 0

    @property
    def n_unknown(self) -> int:
        """Number of logits."""
        return self.layout.n_unknown

    def linearise(self, x: Float[np.ndarray, "unknown"], tau: float) -> Linearised:
        """Evaluate residual and linear solves at a point."""
        fresh = self.n_evaluations == 0
        self.n_evaluations += 1
        advance(
            self.board, self.scratch, fresh, x, self.strategy, self.log_strategy, self.log_belief,
            self._stays,
        )  # fmt: skip
        sign, self.n_changed = sweep_up(
            self.board, self.scratch, self._rates, tau, self.settle, x, self.log_belief,
            self._stays, self.strategy, self.log_strategy, self._value, self._answer,
            self._logit_answer, self._residual,
        )  # fmt: skip
        step = np.empty((2, self.n_unknown))
        step_down(
            self.board, self.scratch, self._stays, self.strategy, self.log_strategy,
            self._logit_answer, self._shift, step,
        )  # fmt: skip
        return Linearised(self._residual.copy(), step[0], step[1], sign)

    def conclude(self, branch: Branch, polished: Polished, settled: bool) -> HistoryEquilibrium:
        """Evaluate the solution once more and hand it on."""
        self.linearise(polished.x, 1.0)
        miss, loss = np.zeros(self.tree.n_nodes), np.zeros(self.tree.n_nodes)
        compare_replies(self.board, self._rates, polished.x, self._residual, miss, loss)
        return HistoryEquilibrium(
            tree=self.tree,
            layout=self.layout,
            precision=self.precision,
            basis=self.basis,
            strategy=self.strategy.copy(),
            log_strategy_entries=self.log_strategy.copy(),
            log_belief=self.log_belief.copy(),
            residual=float(miss.max()),
            logit_residual=polished.residual,
            loss=float(loss.max()),
            tau=branch.tau,
            turns=tuple(branch.turns),
            crossings=tuple(branch.crossings),
            settled=settled,
            n_steps=branch.n_steps,
            n_evaluations=self.n_evaluations,
        )


def evaluate(
    equilibrium: HistoryEquilibrium, game: Game
) -> tuple[Float[np.ndarray, "node profile account"], Float[np.ndarray, "node profile account"]]:
    """Evaluate a game's accounts under an equilibrium's strategies.

    Args:
        game: The game that was solved, or the same with other accounts (`terms_of`).

    Returns:
        Worth of every node before play there, and on the way in (the payoffs of the period that
        ends there included, in its units).
    """
    tree = equilibrium.tree
    board = all_accounts(equilibrium.layout.board, tree, game)
    shape = (tree.n_nodes, len(game.profiles), len(game.accounts))
    worth, value = np.zeros(shape), np.zeros(shape)
    evaluate_up(
        board, new_scratch(board), equilibrium.strategy, equilibrium.log_belief, value, worth
    )
    return worth, value


def _precisions(game: Game, basis: str) -> Float[np.ndarray, "period player"]:
    """Return λ on current payoffs, by period (one more than there are) and player."""
    precision = np.array([player.precision for player in game.players], np.float64)
    discount = np.array([player.discount for player in game.players], np.float64)
    period = np.arange(game.n_periods + 1)[:, None]
    return precision * (discount**period if basis == "present" else np.ones(period.shape))


def _refuse_too_large(layout: Layout, tree: Tree) -> None:
    """Refuse what would not fit, before anything of the tree's size is allocated."""
    board: Board = layout.board
    block = board.pay.shape[1] * board.pay.shape[2]
    n_given = board.n_coordinates + 2
    per_node = block + board.log_prior.size + 2 * board.n_coordinates
    numbers = tree.n_nodes * per_node + layout.n_answer * block * n_given
    numbers += layout.n_unknown * (n_given + 8) + 2 * layout.n_strategy
    if 8 * numbers > LARGEST_MEMORY:
        raise TooLargeError(
            Problem(
                code="G560",
                path="solver.beliefs",
                message=f"solving the tree of {tree.n_nodes:,} histories needs "
                f"{8 * numbers / 2**30:.1f} GiB; at most {LARGEST_MEMORY / 2**30:.0f} are used.\n"
                f"What makes it large: {board.pay.shape[1]} joint types and "
                f"{board.pay.shape[2]} players at every history.",
                fix="use `beliefs: grid`, fewer types, or fewer periods.",
            )
        )
