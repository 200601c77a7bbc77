"""What is said: results as documented answers, as tables and sentences, as files."""

from __future__ import annotations

from offramp.report.answers import ANSWERS, Answer, RunAnswer
from offramp.report.layout import write_answer
from offramp.report.run_tables import run_tables
from offramp.report.tables import Table, render, to_csv

__all__ = [
    "ANSWERS",
    "Answer",
    "RunAnswer",
    "Table",
    "render",
    "run_tables",
    "to_csv",
    "write_answer",
]
