"""Game trees for other programs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from offramp import __version__
from offramp.exploration import wanted_cases
from offramp.game import compile_game
from offramp.game.gambit import export_gambit
from offramp.report.answers import ExportAnswer
from offramp.report.catalog import sound_scenario
from offramp.report.files import new_file
from offramp.report.progress import Progress

__all__ = ["write_gambit"]


def write_gambit(
    name_or_path: str,
    target: Path,
    *,
    case: str | None = None,
    parameters: Mapping[str, float | str] | None = None,
    view: str | None = None,
) -> ExportAnswer:
    """Write one case of a scenario as an extensive game tree that Gambit reads.

    Raises:
        OfframpError: The scenario is wrong, its tree too large or not expressible, or the file
            is there already.
    """
    scenario = sound_scenario(name_or_path)
    (chosen,) = wanted_cases(scenario, [case] if case else ())[:1]
    with new_file(target) as path, Progress("unrolling", 1) as progress:
        progress.start(chosen)
        game = compile_game(scenario, case=chosen, view=view, parameters=parameters)
        found = export_gambit(game, path)
    return ExportAnswer(
        offramp=__version__,
        scenario=scenario.name,
        case=chosen,
        file=str(target),
        information_sets=len(found),
    )
