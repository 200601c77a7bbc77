"""Game trees: every public history, how likely each branch is, and what is too large."""

from __future__ import annotations

from collections import Counter

import pytest

from helpers.figures import HOSTILE, of_class, parsed, titles, words
from helpers.scenarios import scenario_from
from offramp.equilibrium.histories import solve_histories
from offramp.errors import TooLargeError
from offramp.game import compile_game
from offramp.outcomes import propagate
from offramp.report.figures.tree import GameTree, TreeNode, grow_tree, tree_svg
from offramp.report.figures.words import printable
from offramp.scenario import load_scenario
from outcomes.games import COVERT, PROBE

# an election between two nights: types are drawn afresh while play goes on
ELECTION = (
    COVERT.replace("      leave: {cost: 0.1}\n", "")
    .replace(
        "      - {name: decay, move: damage, by: 1, chance: 0.2, pays: {victim: -0.1, spy: nerve}}\n",
        "",
    )
    .replace("      - {name: luck, move: damage, by: -1, chance: 0.1, pays: {spy: nerve}}\n", "")
)
DUEL = PROBE.replace("count: 2}", "count: 1}").replace("{held: 0.7, safe: 0.3}", "held")


def test_small_tree_is_the_game_written_out():
    tree = grow_tree(compile_game(load_scenario("canon/extended-deterrence")))
    # a challenger lets be or challenges; then a defender gives way or fights
    children = tree.children()
    assert [len(one) for one in children] == [2, 0, 2, 0, 0]
    assert sum(node.end is not None for node in tree.nodes) == 3


@pytest.mark.parametrize("text", [DUEL, ELECTION], ids=["duel", "election"])
def test_chances_are_those_of_the_forward_pass(text):
    """Ends of play, summed over all histories, have the chances that `propagate` finds."""
    solved = solve_histories(compile_game(scenario_from(text)))
    tree = grow_tree(solved.game, solved=solved)
    reach, ends = [], Counter()
    for node in tree.nodes:
        reach.append(node.chance * (1.0 if node.parent is None else reach[node.parent]))
        if node.end is not None:
            ends["horizon" if node.end == "the last day" else node.end] += reach[-1]
    expected = propagate(solved).ending_chance()
    assert dict(ends) == pytest.approx({k: v for k, v in expected.items() if v}, abs=1e-12)
    for i, below in enumerate(tree.children()):
        if below:
            assert sum(tree.nodes[c].chance for c in below) == pytest.approx(1.0), i


def test_drawing_has_every_node_and_its_chance():
    solved = solve_histories(compile_game(scenario_from(DUEL)))
    tree = grow_tree(solved.game, solved=solved)
    root = parsed(tree_svg(tree))
    assert len(of_class(root, "of-node")) == len(tree.nodes)
    drawn = {int(b.get("data-node")): b for b in of_class(root, "of-branch")}
    for i, node in enumerate(tree.nodes):
        if node.parent is not None:
            assert float(drawn[i].get("data-chance")) == node.chance
            assert drawn[i].get("data-seen") == printable(node.seen)
    ends = [one.get("data-end") for one in of_class(root, "of-node") if one.get("data-end")]
    assert Counter(ends) == Counter(node.end for node in tree.nodes if node.end)


def test_unsolved_tree_tells_no_chances():
    root = parsed(tree_svg(grow_tree(compile_game(scenario_from(DUEL)))))
    assert "%" not in words(root)


def test_ends_of_play_do_not_overlap():
    root = parsed(tree_svg(grow_tree(compile_game(load_scenario("pledge")))))
    marks = [one[1] for one in of_class(root, "of-node") if one.get("data-end")]
    heights = [float(mark.get("y")) for mark in marks]
    assert len(set(heights)) == len(heights)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (PROBE.replace("count: 2}", "count: 3}"), r"has [\d,]+ ends of play, on [\d,]+ nodes\."),
        (PROBE.replace("count: 2}", "count: 30}"), r"has [\d.e+]+ nodes"),
    ],
)
def test_tree_that_nobody_could_read_is_refused_with_its_size(text, told):
    with pytest.raises(TooLargeError, match=f"R622(.|\n)*{told}(.|\n)*At most 64 ends") as caught:
        grow_tree(compile_game(scenario_from(text)))
    assert "offramp export NAME --gambit" in str(caught.value)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_as_text(name):
    nodes = (
        TreeNode(None, "", (name,), name, 1, None, None),
        TreeNode(0, name, (), name, 1, name, 0.25),
        TreeNode(0, name, (), name, 1, name, 0.75),
    )
    root = parsed(tree_svg(GameTree(name, (name,), nodes)))
    assert of_class(root, "of-branch")[0].get("data-seen") == printable(name)
    assert any(printable(name) in one for one in titles(root))
