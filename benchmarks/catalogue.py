"""The rows by name: what each measures, and the figure that it is held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.records import Measurement

__all__ = ["Bound", "Row", "all_rows", "row_named"]


@dataclass(frozen=True)
class Bound:
    """What a figure of a row should be: at most, or at least, so much."""

    figure: str
    limit: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Return whether a value is on the right side."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.figure} {'>=' if self.at_least else '<='} {self.limit:g}"


@dataclass(frozen=True)
class Row:
    """One row: its name, the file its records go to, and how it is measured.

    Attributes:
        measure: Called in a process of its own; `trial` asks for a size that takes a moment.
        whole_process: Whether it measures processes that it starts, not its own.
    """

    name: str
    group: str
    says: str
    measure: Callable[[bool], Measurement]
    bounds: tuple[Bound, ...] = ()
    whole_process: bool = False


NAMED = ("duel", "strait", "alliance")
RACED = (1, 2, 3, 4, 5)  # periods of the probing game that Gambit solves too
QUICKER_FROM = 4  # periods from which offramp should be the quicker of the two
BINDS_NOBODY = ("solved",)  # cases of the lead case that leave every player free
PRECISE = (Bound("residual", 1e-8), Bound("not_converged", 0.0))


def all_rows() -> list[Row]:
    """Return all rows, in the order in which they are run."""
    return [*_fixed(), *_lead()]


def row_named(name: str) -> Row:
    """Return a row by its name.

    Raises:
        KeyError: There is no such row.
    """
    found = {row.name: row for row in _fixed()}
    return found[name] if name in found else {row.name: row for row in _lead()}[name]


def _fixed() -> list[Row]:
    """Return the rows that are known before any scenario has been read."""
    return [
        *_named(),
        *_probing(),
        _orientation(),
        *_commands(),
        *_digits(),
        _machinery(),
        *_worlds(),
        _report_page(),
    ]


# rows import what they measure when they are measured, so that the catalogue is quick


def _named() -> list[Row]:
    def measure(name: str) -> Callable[[bool], Measurement]:
        def run(trial: bool) -> Measurement:
            from benchmarks.named_games import measure_named

            return measure_named(name, trial=trial)

        return run

    peak = Bound("peak_mib", 8 * 1024)
    return [
        Row(
            name,
            "named-games",
            "solve, and its expectation against a plain sparse-times-dense product",
            measure(name),
            (*PRECISE, peak),
        )
        for name in NAMED
    ]


def _probing() -> list[Row]:
    def measure(periods: int) -> Callable[[bool], Measurement]:
        def run(trial: bool) -> Measurement:
            from benchmarks.probing import measure_against_gambit

            return measure_against_gambit(periods, with_gambit=periods in RACED, trial=trial)

        return run

    def long(trial: bool) -> Measurement:
        from benchmarks.probing import measure_long

        return measure_long(20, trial=trial)

    quicker = Bound("times_quicker_than_gambit", 1.0, at_least=True)
    agrees = Bound("largest_difference_from_gambit", 1e-8)
    rows = []
    for periods in (*RACED, RACED[-1] + 1):
        raced = (agrees,) if periods in RACED else ()
        faster = (quicker,) if QUICKER_FROM <= periods <= RACED[-1] else ()
        says = f"{periods} periods on histories" + (" and by Gambit" if raced else "")
        bounds = (*PRECISE, *raced, *faster)
        rows.append(Row(f"probing-{periods}", "probing", says, measure(periods), bounds))
    warm = (*PRECISE, Bound("wall_seconds", 1.0))
    return [*rows, Row("probing-20", "probing", "20 periods on the grid, warm", long, warm)]


def _orientation() -> Row:
    def run(trial: bool) -> Measurement:
        from benchmarks.orientation import measure_orientation

        return measure_orientation(trial=trial)

    says = "10,800 states of drawn tables: expectations, and rounds of the fixed point"
    return Row("orientation", "orientation", says, run, PRECISE)


def _commands() -> list[Row]:
    def measure(*words: str) -> Callable[[bool], Measurement]:
        def run(trial: bool) -> Measurement:
            from benchmarks.commands import measure_command

            return measure_command(words, trial=trial)

        return run

    def cold(trial: bool) -> Measurement:  # no smaller for trial: compiling is all it does
        from benchmarks.commands import measure_cold_start

        return measure_cold_start()

    def warm(trial: bool) -> Measurement:
        from benchmarks.commands import measure_warm_start

        return measure_warm_start(trial=trial)

    changes = ("other_numbers", "other_features", "more_types", "exact_beliefs")
    when = ("again", *(f"by_{change}" for change in changes))
    never = tuple(Bound(f"kernels_compiled_{one}", 0.0) for one in when)
    lead = "guarantee-2025"
    return [
        Row("help", "commands", "offramp --help", measure("--help"), (_wall(0.3),), True),
        Row(
            "check", "commands", f"offramp check {lead}", measure("check", lead), (_wall(1),), True
        ),
        Row(
            "cold-start",
            "commands",
            "run the smallest game on an empty kernel cache; then changed games",
            cold,
            never,
            True,
        ),
        Row("warm-start", "commands", "run it with its kernels in the cache", warm, (), True),
    ]


def _wall(seconds: float) -> Bound:
    return Bound("wall_seconds", seconds)


def _digits() -> list[Row]:
    def measure(name: str) -> Callable[[bool], Measurement]:
        def run(trial: bool) -> Measurement:
            from benchmarks.digits import measure_digits

            return measure_digits(name, trial=trial)

        return run

    same = Bound("same_digits", 1.0, at_least=True)
    says = "the same digits with one thread and with two"
    return [
        Row(f"digits-{name}", "digits", says, measure(name), (same,))
        for name in ("strait", "strait-standoff")
    ]


def _machinery() -> Row:
    def run(trial: bool) -> Measurement:
        from benchmarks.machinery import measure_machinery

        return measure_machinery("guarantee-2025", trial=trial)

    says = "1,000 worlds of the lead case in 5 cases, all but solving them"
    beyond = Bound("milliseconds_a_world", 1.0)
    return Row("worlds-machinery", "worlds", says, run, (beyond,))


def _worlds() -> list[Row]:
    def small(trial: bool) -> Measurement:
        from benchmarks.small_worlds import measure_small_worlds

        return measure_small_worlds(trial=trial)

    def cores(trial: bool) -> Measurement:
        from benchmarks.small_worlds import measure_cores

        return measure_cores(trial=trial)

    def lead(trial: bool) -> Measurement:
        from benchmarks.lead_worlds import measure_lead_worlds

        return measure_lead_worlds(trial=trial)

    bounds = (
        *PRECISE,
        Bound("largest_difference_from_the_plain_model", 1e-9),
        Bound("times_quicker_than_the_workbench", 1.0, at_least=True),
        Bound("cpu_seconds_for_1000_worlds", 30.0),
    )
    shared = (
        Bound("times_quicker_with_two_processes", 1.7, at_least=True),
        Bound("times_as_long_for_twice_the_worlds", 2.2),
    )
    says = "1,000 worlds of a small game in 5 cases, here and by a plain model in the EMA Workbench"
    hour = Bound("minutes_for_1000_worlds", 60.0)
    of_lead = "8 worlds of the lead case under 5 policies by two processes, at its world grid"
    again = "500 of these worlds by one process and by two, and 1,000 by two"
    return [
        Row("worlds-small", "worlds", says, small, bounds),
        Row("worlds-cores", "worlds", again, cores, shared),
        Row("worlds-lead", "worlds", of_lead, lead, (*PRECISE, hour)),
    ]


def _report_page() -> Row:
    def run(trial: bool) -> Measurement:
        from benchmarks.report_page import measure_report_page

        cases = ("quarantine-and-trade", "firmness", "talks-only")
        return measure_report_page("cuba-1962", cases, trial=trial)

    bounds = (
        *PRECISE,
        Bound("write_wall_seconds", 5.0),
        Bound("megabytes", 5.0),
        Bound("first_paint_seconds", 1.0),
    )
    says = "the page of 2,000 worlds in 3 cases: written, and first seen in a browser"
    return Row("report-page", "report", says, run, bounds)


def _lead() -> list[Row]:
    from benchmarks.lead_case import lead_solves

    def measure(case: str) -> Callable[[bool], Measurement]:
        def run(trial: bool) -> Measurement:
            from benchmarks.lead_case import measure_lead

            return measure_lead(case, trial=trial)

        return run

    rows = []
    for case, shared in lead_solves().items():
        limit = 15.0 if case in BINDS_NOBODY else 5.0
        says = "lead case: " + ", ".join(shared.cases)
        bounds = (*PRECISE, Bound("solve_wall_seconds", limit))
        rows.append(Row(f"lead-{case}", "lead-case", says, measure(case), bounds))
    return rows
