"""The game tree of a small scenario: every public history, as the export for Gambit walks it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from offramp.equilibrium.histories import HistoryEquilibrium
from offramp.errors import Problem, TooLargeError
from offramp.game import Game
from offramp.game.tree import Tree, unroll
from offramp.game.tree_words import words_into
from offramp.report.figures.palette import LIGHT, Style, styles
from offramp.report.figures.svg import Markup, document, label, named, tag
from offramp.report.figures.words import cut, text_width
from offramp.report.tables import format_share

__all__ = ["GameTree", "TreeNode", "grow_tree", "tree_svg"]

MOST_ENDS = 64  # of play: beyond that no page is long enough to read them
MOST_NODES = 20_000  # unrolled before what nobody chooses is left out
ROW, ELBOW = 27.0, 22.0
LEFT, TOP = 26.0, 112.0
SMALL = 10.5
NARROWEST = 480.0
DOT = 5.0
WORDS, ENDS = 30, 30  # letters of a label
HORIZON = "the last day"
# of players' marks, from their middle; any other is a circle
CORNERS: dict[str, list[tuple[float, float]]] = {
    "square": [(-1, -1), (1, -1), (1, 1), (-1, 1)],
    "triangle-up": [(0, -1.2), (1.1, 0.9), (-1.1, 0.9)],
    "diamond": [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
    "triangle-down": [(0, 1.2), (1.1, -0.9), (-1.1, -0.9)],
    "triangle-right": [(1.2, 0), (-0.9, 1.1), (-0.9, -1.1)],
    "cross": [(-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4),
              (0.4, 1.2), (-0.4, 1.2), (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4)],
}  # fmt: skip


@dataclass(frozen=True)
class TreeNode:
    """A public history at which something is decided, or play is over.

    Attributes:
        parent: Place of the node before it; None at a start.
        seen: What was seen on the way in.
        movers: Who decides here; nobody where chance does, or play is over.
        stage, period: Where play stands; of an end, where it was decided.
        end: The ending, or that it is the last day; None where play goes on.
        chance: To come here from the node before, over everybody's types; None: not known.
    """

    parent: int | None
    seen: str
    movers: tuple[str, ...]
    stage: str
    period: int
    end: str | None
    chance: float | None


@dataclass(frozen=True)
class GameTree:
    """A tree in order of play, each node before those that follow it."""

    title: str
    players: tuple[str, ...]
    nodes: tuple[TreeNode, ...]

    def children(self) -> list[list[int]]:
        """Return the nodes that follow each node."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for i, node in enumerate(self.nodes):
            if node.parent is not None:
                found[node.parent].append(i)
        return found


def grow_tree(
    game: Game, start: str | None = None, solved: HistoryEquilibrium | None = None
) -> GameTree:
    """Return the tree of a game, without the stages at which nothing can happen.

    Args:
        solved: How it is played; its chances are then told.

    Raises:
        GameError: The game has no horizon.
        TooLargeError: More ends of play than can be read.
    """
    try:
        tree = solved.tree if solved is not None else unroll(game, start, limit=MOST_NODES)
    except TooLargeError as error:
        raise _too_large(error.problems[0].message.split("\n")[0]) from None
    reach = _reach(tree, solved) if solved is not None else None
    nodes: list[TreeNode] = []
    waiting: list[tuple[int, int | None, float | None]] = [
        (root, None, None if reach is None else float(reach[root].sum()))
        for root in reversed(range(len(tree.start_chance)))
    ]
    while waiting:
        node, parent, reached = waiting.pop()
        seen, last = words_into(tree, node), node
        while len(after := _children(tree, last)) == 1 and not words_into(tree, after[0]):
            last = after[0]
        above = (
            1.0 if parent is None or reach is None else float(reach[int(tree.parent[node])].sum())
        )
        chance = None if reached is None else reached / above if above > 0.0 else 0.0
        nodes.append(_node(tree, last, parent, seen, chance))
        place = len(nodes) - 1
        for child in reversed(after):
            waiting.append((child, place, None if reach is None else float(reach[child].sum())))
    n_ends = sum(node.end is not None for node in nodes)
    if n_ends > MOST_ENDS:
        raise _too_large(f"the tree has {n_ends:,} ends of play, on {len(nodes):,} nodes.")
    players = tuple(player.name for player in game.players)
    return GameTree(game.crisis.title, players, tuple(nodes))


def _too_large(what: str) -> TooLargeError:
    return TooLargeError(
        Problem(
            code="R622",
            path="period.count",
            message=f"{what}\nAt most {MOST_ENDS} ends of play can be read in a drawing.",
            fix="draw a game of fewer periods or acts, or write the tree to a file for Gambit: "
            "`offramp export NAME --gambit FILE.efg`.",
        )
    )


def _children(tree: Tree, node: int) -> list[int]:
    first = int(tree.first_child[node])
    if first < 0:
        return []
    state, signals = tree.state[node], tree.branching(*tree.place(node)).signals
    return list(range(first, first + int(signals.start[state + 1] - signals.start[state])))


def _node(tree: Tree, node: int, parent: int | None, seen: str, chance: float | None) -> TreeNode:
    game = tree.game
    over = int(tree.first_child[node]) < 0
    at = int(tree.parent[node]) if over and tree.parent[node] >= 0 else node
    period, stage = tree.place(at)
    movers: tuple[str, ...] = ()
    end = None
    if over:
        state = int(tree.state[node])
        end = HORIZON if state >= 0 else game.endings[game.ended_by[-1 - state]]
    else:
        branching = tree.branching(period, stage)
        first = branching.rows.start[tree.state[node]]
        movers = tuple(
            game.players[mover.player].name
            for k, mover in enumerate(branching.table.movers)
            if branching.rows.option[first, k] >= 0
        )
    return TreeNode(parent, seen, movers, game.stage_names[stage], period + 1, end, chance)


def _reach(tree: Tree, solved: HistoryEquilibrium) -> np.ndarray:
    """Return how likely each node is reached with each profile of types: [node, profile]."""
    game = tree.game
    reach = np.zeros((tree.n_nodes, len(game.profiles)))
    reach[: len(tree.start_chance)] = np.outer(tree.start_chance, game.prior)
    for node in range(tree.n_nodes):
        if tree.first_child[node] < 0:
            continue
        branching = tree.branching(*tree.place(node))
        rows, table, state = branching.rows, branching.table, tree.state[node]
        replies = [solved.reply(node, k) for k in range(len(table.movers))]
        first_option = [mover.start[state] for mover in table.movers]
        for row in range(rows.start[state], rows.start[state + 1]):
            passed = reach[node].copy()
            for k, mover in enumerate(table.movers):
                option = rows.option[row, k]
                if option >= 0:
                    typed = game.players[mover.player].typed
                    own = game.profiles[:, typed] if typed >= 0 else 0
                    passed *= replies[k][option - first_option[k], own]
            for entry in range(rows.entry_start[row], rows.entry_start[row + 1]):
                column = game.profiles[:, table.reader] if table.reader >= 0 else 0
                arriving = passed * rows.chance[entry, column]
                child = int(tree.first_child[node]) + int(branching.signals.of_entry[entry])
                reach[child] += _redrawn(game, arriving, int(rows.redraw[entry]))
    return reach


def _redrawn(game: Game, mass: np.ndarray, mask: int) -> np.ndarray:
    """Return mass by profile after types were drawn afresh."""
    for j in range(len(game.typed)):
        if mask >> j & 1:
            drawn = np.bincount(game.profiles[:, j], weights=game.prior)
            others = np.delete(game.profiles, j, axis=1)
            same = (others[:, None] == others[None]).all(axis=2)
            mass = drawn[game.profiles[:, j]] * (same @ mass)
    return mass


# --- drawing --------------------------------------------------------------------------------------


def tree_svg(tree: GameTree) -> str:
    """Return a game tree as SVG, from left to right; ends of play stand on the right."""
    children = tree.children()
    depth, row = _places(tree, children)
    n_rows = sum(node.end is not None for node in tree.nodes)
    column = _columns(tree, depth)
    ends = [text_width(cut(node.end, ENDS), SMALL) for node in tree.nodes if node.end is not None]
    width = max(column[-1] + max(ends, default=0.0) + 24.0, NARROWEST)
    height = TOP + n_rows * ROW + 16.0
    look = styles(tree.players)
    place = [(column[d], TOP + r * ROW) for d, r in zip(depth, row, strict=True)]
    parts = [
        *_legend(tree, look),
        *(
            _branch(tree, i, place[node.parent], place[i])
            for i, node in enumerate(tree.nodes)
            if node.parent is not None
        ),
        *(_dot(node, i, place[i], look) for i, node in enumerate(tree.nodes)),
    ]
    told = f"{len(tree.nodes)} nodes, {n_rows} ends of play. Players: {', '.join(tree.players)}."
    return document("tree", width, height, f"Game tree: {tree.title}", told, *parts)


def _columns(tree: GameTree, depth: Sequence[int]) -> list[float]:
    """Return where each column stands: as far right as the labels on the way there need."""
    column = [LEFT]
    for d in range(1, max(depth) + 1):
        words = [_words(node) for node, own in zip(tree.nodes, depth, strict=True) if own == d]
        column.append(column[-1] + ELBOW + max(text_width(one, SMALL) for one in words) + 18.0)
    return column


def _words(node: TreeNode) -> str:
    """Return the label of the branch into a node."""
    shown = cut(node.seen, WORDS)
    return shown if node.chance is None else f"{shown}  {format_share(node.chance)}".strip()


def _places(tree: GameTree, children: Sequence[Sequence[int]]) -> tuple[list[int], list[float]]:
    """Return the column of each node, and its row: midway between those that follow it."""
    depth, row, done = [0] * len(tree.nodes), [0.0] * len(tree.nodes), 0
    for i, node in enumerate(tree.nodes):
        if node.parent is not None:
            depth[i] = depth[node.parent] + 1
        if not children[i]:
            row[i] = done
            done += 1
    for i in reversed(range(len(tree.nodes))):
        if children[i]:
            row[i] = (row[children[i][0]] + row[children[i][-1]]) / 2
    return depth, row


def _legend(tree: GameTree, look: dict[str, Style]) -> Iterable[Markup]:
    known = any(node.chance is not None for node in tree.nodes)
    yield label(16, 20, cut(tree.title, 90), size=14, bold=True, whole=tree.title)
    told = "Who decides stands at each node; on the branches what is seen then"
    yield label(16, 40, f"{told}.", size=11.5, class_="of-quiet")
    if known:
        yield label(16, 56, "Beside it, how likely that is there.", size=11.5, class_="of-quiet")
    x = 20.0
    for name in tree.players:
        if any(name in node.movers for node in tree.nodes):
            yield _mark(look[name], x, 76.0)
            yield label(x + 10, 80, cut(name, WORDS), size=11.5, whole=name)
            x += 30 + 7.0 * len(cut(name, WORDS))
    yield tag("rect", x=x - 4, y=72.0, width=8.0, height=8.0, class_="of-ink")
    yield label(x + 10, 80, "play is over", size=11.5)


def _mark(style: Style, x: float, y: float) -> Markup:
    """Return a player's mark, told by its shape and its colour."""
    half = DOT + 0.5
    corners = CORNERS.get(style.shape)
    if corners is None:
        return tag("circle", cx=x, cy=y, r=DOT, fill=style.colour)
    points = " ".join(f"{x + half * a:.1f},{y + half * b:.1f}" for a, b in corners)
    return tag("polygon", points=points, fill=style.colour)


def _branch(
    tree: GameTree, i: int, start: tuple[float, float], stop: tuple[float, float]
) -> Markup:
    node = tree.nodes[i]
    seen = node.seen or "nothing is seen"
    told = seen if node.chance is None else f"{seen}  {format_share(node.chance)}"
    # straight up or down beside the node, then level, so that labels have a line of their own
    elbow = start[0] + ELBOW
    path = f"M{start[0]:.1f} {start[1]:.1f}L{elbow:.1f} {stop[1]:.1f}L{stop[0]:.1f} {stop[1]:.1f}"
    width = 1.2 if node.chance is None else 0.8 + 4.2 * node.chance
    return named(
        told,
        tag("path", d=path, class_="of-line-rule", stroke_width=f"{width:.2f}",
            stroke_linejoin="round"),
        label(elbow + 4, stop[1] - 3 - width / 2, _words(node), size=SMALL),
        class_="of-branch", data_node=i, data_seen=node.seen, data_chance=node.chance,
    )  # fmt: skip


def _dot(node: TreeNode, i: int, at: tuple[float, float], look: dict[str, Style]) -> Markup:
    x, y = at
    if node.end is not None:
        told = f"play is over: {node.end}"
        mark = tag("rect", x=x - 4, y=y - 4, width=8.0, height=8.0, class_="of-ink")
        beside = label(x + 9, y + 4, cut(node.end, ENDS), size=SMALL, whole=node.end)
    elif not node.movers:
        told = f"period {node.period}, {node.stage}: chance"
        mark = tag("circle", cx=x, cy=y, r=DOT - 1, class_="of-box", stroke=LIGHT["rule"])
        beside = label(x + 2, y + 16, "chance", size=9.5, class_="of-quiet", anchor="middle")
    else:
        who = " and ".join(node.movers)
        told = f"period {node.period}, {node.stage}: {who} decides"
        mark = Markup("".join(_mark(look[one], x - 3 * k, y) for k, one in enumerate(node.movers)))
        beside = Markup("")
    return named(told, mark, beside, class_="of-node", data_node=i, data_end=node.end,
                 data_movers=" ".join(node.movers) or None)  # fmt: skip
