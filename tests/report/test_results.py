"""Results: the mean over settings weighs by weight, and by how often there is a choice at all."""

from __future__ import annotations

import pytest

from offramp.report.answers import (
    ActShare,
    BeliefRow,
    CaseAnswer,
    CertificateAnswer,
    EndingRow,
    GivenAnswer,
    LivelinessRow,
    MeasureRow,
    RungExitRow,
    RungMoveRow,
    RungRow,
)
from offramp.report.results import _mean, _Part


def answer(share: float, choices: float, value: float | None, *, holds: bool = True) -> CaseAnswer:
    """Return a case in which an act is taken with one share, and whose numbers follow it."""
    return CaseAnswer(
        branches=[],
        case="solved",
        policy="solved",
        settings=1,
        replies=[
            ActShare(
                stage="s", player="a", type=None, act=act, share=part, choices=choices, bound=0
            )
            for act, part in (("go", share), ("stay", 1 - share))
        ],
        endings=[
            EndingRow(ending="war", chance=share),
            EndingRow(ending="horizon", chance=1 - share),
        ],
        measures=[
            MeasureRow(
                measure="m",
                label="m",
                unit="",
                better=None,
                is_chance=True,
                value=value,
                never=None,
            )
        ],
        climb=[RungRow(period=1, rung=3, chance=share)],
        moves=[
            RungMoveRow(period=1, before=None, rung=rung, chance=part)
            for rung, part in ((None, 1 - share), (3, share))
            if part
        ],
        exits=[
            RungExitRow(period=1, rung=rung, ending=ending, chance=part)
            for rung, ending, part in ((None, "horizon", 1 - share), (3, "war", share))
            if part
        ],
        beliefs=[
            BeliefRow(
                observer="b", player="a", type="t", start=0.5, end_if_so=share, end_if_not=0.1
            )
        ],
        liveliness=[
            LivelinessRow(
                player="b",
                about="a",
                stage="s",
                act="go",
                least=0.1,
                least_if="t",
                most=share,
                most_if="u",
                change=share - 0.1,
            )
        ],
        certificate=CertificateAnswer(
            residual=share,
            loss=0.0,
            off_grid=None,
            off_grid_loss=None,
            refinement=None,
            calibration=None,
            not_converged=0 if holds else 3,
            branched=0.0,
            chance_error=0.0,
            holds=holds,
            words=["w"],
        ),
    )


def test_mean_weighs_settings():
    mean = _mean([_Part(0.75, answer(0.2, 1.0, 0.4)), _Part(0.25, answer(0.6, 1.0, 0.8))])
    assert mean.settings == 2
    assert mean.endings[0].chance == pytest.approx(0.3)
    assert mean.measures[0].value == pytest.approx(0.5)
    assert mean.climb[0].chance == pytest.approx(0.3)
    assert mean.beliefs[0].end_if_so == pytest.approx(0.3)


def test_mean_share_weighs_by_how_often_there_is_a_choice():
    mean = _mean([_Part(0.5, answer(0.0, 3.0, None)), _Part(0.5, answer(1.0, 1.0, None))])
    assert [row.share for row in mean.replies] == pytest.approx([0.25, 0.75])
    assert mean.replies[0].choices == pytest.approx(2.0)


def test_mean_of_a_measure_leaves_out_where_it_never_happens():
    mean = _mean([_Part(0.5, answer(0.2, 1, None)), _Part(0.5, answer(0.2, 1, 0.9))])
    assert mean.measures[0].value == pytest.approx(0.9)
    never = _mean([_Part(0.5, answer(0.2, 1, None)), _Part(0.5, answer(0.2, 1, None))])
    assert never.measures[0].value is None


def test_mean_of_a_case_given_an_event_leaves_out_where_that_cannot_come_true():
    some = answer(0.2, 1, 0.9).model_copy(update={"given": GivenAnswer(event="e", chance=0.4)})
    none = answer(0.2, 1, None).model_copy(
        update={
            "given": GivenAnswer(event="e", chance=0.0),
            "endings": [],
            "replies": [],
            "climb": [],
        }
    )
    mean = _mean([_Part(0.5, none), _Part(0.5, some)])
    assert mean.given is not None
    assert mean.given.chance == pytest.approx(0.2)
    assert mean.endings[0].chance == pytest.approx(0.2)
    assert mean.measures[0].value == pytest.approx(0.9)
    assert mean.settings == 2


def test_certificate_and_liveliness_of_a_mean_are_the_worst():
    parts = [_Part(0.5, answer(0.2, 1, 0.1)), _Part(0.5, answer(0.6, 1, 0.1, holds=False))]
    mean = _mean(parts)
    assert mean.certificate.residual == 0.6
    assert not mean.certificate.holds
    assert mean.certificate.not_converged == 3
    assert mean.liveliness[0].change == pytest.approx(0.5)


def test_moves_that_a_setting_has_not_have_no_chance_in_it():
    mean = _mean([_Part(0.75, answer(0.0, 1.0, 0.0)), _Part(0.25, answer(0.6, 1.0, 0.8))])
    moves = {row.rung: row.chance for row in mean.moves}
    assert moves == {None: pytest.approx(0.75 + 0.25 * 0.4), 3: pytest.approx(0.25 * 0.6)}
    exits = {(row.rung, row.ending): row.chance for row in mean.exits}
    assert exits == {
        (None, "horizon"): pytest.approx(0.75 + 0.25 * 0.4),
        (3, "war"): pytest.approx(0.25 * 0.6),
    }
