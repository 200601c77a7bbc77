"""Classic models: from what was reproduced to an answer."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Mapping
from functools import partial
from multiprocessing import get_context

from offramp import __version__
from offramp.equilibrium.histories import HistoryEquilibrium
from offramp.equilibrium.information_sets import information_sets, set_names
from offramp.equilibrium.kernels.compilation import prepare_kernels
from offramp.exploration.canon import Row, StaticRow, reproduce
from offramp.report.answers import (
    CanonAnswer,
    ModelAnswer,
    QuantityRow,
    StaticAnswer,
)
from offramp.report.branches import branch_rows
from offramp.report.catalog import sound_scenario
from offramp.report.progress import Progress
from offramp.scenario import load_scenario
from offramp.scenario.theory import find_models, load_theory

__all__ = ["describe_canon"]

MOST_SETS = 500  # information sets that are told one by one

Numbers = Mapping[str, float | str]


def describe_canon(
    word: str | None = None,
    *,
    parameters: Numbers | None = None,
    other_branches: bool = False,
) -> CanonAnswer:
    """Hold classic models against what is published of them.

    Args:
        word: A name, a number, or a file with a theory beside it; default: all models.
        other_branches: Search for other solutions, and follow the one that the theory speaks of.

    Raises:
        OfframpError: With every problem of a scenario, its theory, or of what is set.
    """
    given = dict(parameters or {})
    names = _versions(find_models(word), given)
    if len(names) == 1:
        with Progress("solving", 1) as progress:
            models = [_describe(names[0], given, other_branches, progress)]
            progress.done()
    else:
        models = list(_side_by_side(names, given, other_branches))
    return CanonAnswer(offramp=__version__, models=models)


def _versions(names: list[str], given: Numbers) -> list[str]:
    """Return the versions of a model that have all the parameters that are given."""
    if not given:
        return names
    known = {name: load_scenario(name).parameters for name in names}
    fitting = [n for n in names if all(g in known[n] or "." in g for g in given)]
    return fitting or names[:1]


def _side_by_side(
    names: list[str], parameters: Numbers, other_branches: bool
) -> Iterator[ModelAnswer]:
    """Yield the answers of many models, solved in processes side by side."""
    prepare_kernels()  # once, and not in every process
    n_processes = min(len(names), os.cpu_count() or 1)
    describe = partial(_describe, parameters=parameters, other_branches=other_branches)
    with (
        Progress("solving", len(names)) as progress,
        get_context("spawn").Pool(n_processes) as pool,  # leaving ends what is still under way
    ):
        answers = pool.imap(describe, names)
        for name in names:
            progress.start(name)
            yield next(answers)
            progress.done()


def _describe(
    name: str, parameters: Numbers, other_branches: bool, progress: Progress | None = None
) -> ModelAnswer:
    """Return the answer of one model."""
    scenario, theory = sound_scenario(name), load_theory(name)
    begun = time.monotonic()
    branch = theory.branch if other_branches else "principal"
    elsewhere = branch != theory.branch
    found = reproduce(
        name,
        scenario,
        theory,
        parameters,
        branch=branch,
        with_statics=not elsewhere,
        started=(lambda what: progress.start(f"{name}, {what}")) if progress else lambda what: None,
    )
    return ModelAnswer(
        model=name,
        title=scenario.title,
        number=theory.number,
        concept=theory.concept,
        reference=list(theory.reference),
        relation=theory.relation,
        set=dict(parameters),
        branch=branch,
        other_branch=elsewhere,
        unmet=list(found.unmet),
        sequence=list(found.sequence),
        rows=[_quantity(row, elsewhere) for row in found.rows],
        statics=[_static(row) for row in found.statics],
        replies=_replies(found.own.equilibrium),
        endings=found.own.outcomes.ending_chance(),
        branches=branch_rows(found.own.principal, found.own.case) if other_branches else [],
        residual=found.residual,
        not_converged=found.n_unconverged,
        solved=found.n_solved,
        seconds=time.monotonic() - begun,
        holds=found.passes or (elsewhere and not found.n_unconverged),
    )


def _quantity(row: Row, elsewhere: bool) -> QuantityRow:
    """Return a quantity's row; on another branch than the theory's nothing is compared."""
    compared = row.passes is not None and not elsewhere
    return QuantityRow(
        quantity=row.name,
        published=row.published,
        value=_finite(row.value),
        here=_finite(row.here),
        difference=_number(row.difference),
        tolerance=row.tolerance,
        error=_number(row.limit.error) if row.limit else None,
        rate=row.rate,
        order=_number(row.limit.order) if row.limit else None,
        as_expected=row.limit.as_expected if row.limit else None,
        tie=row.tie,
        verdict=("passes" if row.passes else "fails") if compared else "not compared",
    )


def _finite(value: float | str) -> float | str | None:
    return value if isinstance(value, str) else _number(value)


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _static(row: StaticRow) -> StaticAnswer:
    return StaticAnswer(
        quantity=row.decl.of,
        parameter=row.decl.raise_,
        low=row.points[0],
        high=row.points[-1],
        points=len(row.points),
        sign=row.decl.sign,
        signs=list(row.signs),
        precisions=list(row.precisions),
        limit=row.limit_sign,
        verdict="passes" if row.passes else "fails",
    )


def _replies(equilibrium: object) -> dict[str, dict[str, float]]:
    if not isinstance(equilibrium, HistoryEquilibrium):
        return {}
    sets = information_sets(equilibrium)
    if len(sets) > MOST_SETS:
        return {}
    return {
        name: dict(zip(one.acts, map(math.exp, one.log_probability), strict=True))
        for name, one in zip(set_names(sets), sets, strict=True)
    }
