"""Problems are told in file order, each once, with place, cause and fix."""

from __future__ import annotations

import pytest

from offramp.errors import (
    GameError,
    Location,
    OfframpError,
    Problem,
    RunError,
    ScenarioError,
    Severity,
    TooLargeError,
    closest,
    raise_problems,
    render_problem,
    render_problems,
)

AT = Location("crisis.yaml", 7, 12, "  rung:    {start: clam}", 4)
WRONG = Problem("S212", "'clam' is not a level.", AT, "variables.rung", "Did you mean 'calm'?", "x")
IDLE = Problem("S311", "Nothing reads it.", Location("crisis.yaml", 3, 1), fix="remove it.",
               severity=Severity.WARNING)  # fmt: skip


def test_a_problem_shows_place_source_cause_and_fix():
    assert render_problem(WRONG) == (
        "crisis.yaml:7:12  error S212  variables.rung\n"
        "    7 |   rung:    {start: clam}\n"
        "      |            ^^^^\n"
        "  'clam' is not a level.\n"
        "  Did you mean 'calm'?\n"
        "  Fix: x"
    )


def test_a_problem_without_place_shows_its_code_and_path():
    assert render_problem(Problem("G543", "Too large.", path="solver")) == (
        "error G543  solver\n  Too large."
    )


def test_a_long_line_is_cut_around_the_caret():
    text = "x" * 500 + "here" + "y" * 500
    problem = Problem("S206", "This.", Location("crisis.yaml", 1, 501, text, 4))
    _, shown, carets, _ = render_problem(problem).splitlines()
    assert len(shown) <= 180
    start = carets.index("^")
    assert shown[start : start + 4] == "here"
    assert carets.strip(" |") == "^^^^"


def test_a_caret_stands_under_its_word_after_a_tab():
    problem = Problem("S105", "A tab.", Location("crisis.yaml", 2, 2, "\tname: x", 4))
    _, shown, carets, _ = render_problem(problem).splitlines()
    assert shown[carets.index("^") :].startswith("name")


def test_a_list_is_in_file_order_and_ends_with_its_count():
    told = render_problems([WRONG, IDLE, WRONG])
    assert told.index("S311") < told.index("S212")
    assert told.count("S212") == 1
    assert told.endswith("1 problem and 1 warning; nothing was solved.")


@pytest.mark.parametrize(
    ("problems", "last"),
    [
        ([], "no problems"),
        ([IDLE], "1 warning."),
        ([WRONG], "1 problem; nothing was solved."),
        ([WRONG, Problem("S103", "Empty.")], "2 problems; nothing was solved."),
    ],
)
def test_the_last_line_counts(problems, last):
    assert render_problems(problems).splitlines()[-1] == last


def test_warnings_alone_raise_nothing():
    assert raise_problems([IDLE]) == (IDLE,)


def test_one_error_raises_all_with_the_text_of_all():
    with pytest.raises(ScenarioError) as caught:
        raise_problems([WRONG, IDLE])
    assert caught.value.problems == (IDLE, WRONG)
    assert str(caught.value) == render_problems([WRONG, IDLE])


@pytest.mark.parametrize("kind", [ScenarioError, GameError, TooLargeError, RunError])
def test_every_error_of_ours_is_one_family(kind):
    assert issubclass(kind, OfframpError)
    assert kind(WRONG).problems == (WRONG,)


def test_what_is_too_large_is_a_fault_of_the_game():
    assert issubclass(TooLargeError, GameError)


def test_problems_at_one_place_are_the_same_whatever_line_is_shown():
    assert Location("a", 1, 2, "text", 3) == Location("a", 1, 2)


def test_the_nearest_name_is_found_and_a_far_one_is_not():
    assert closest("rugn", ["rung", "grip"]) == "rung"
    assert closest("zzz", ["rung", "grip"]) is None
