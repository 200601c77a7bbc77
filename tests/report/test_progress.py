"""Progress: silent when quick, a line when it lasts, a bar only on a terminal."""

from __future__ import annotations

import io

import pytest

from offramp.report import progress as module
from offramp.report.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def hurried(monkeypatch):
    """Let a second pass in a hundredth."""
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.01)
    monkeypatch.setattr(module, "TERMINAL_SECONDS", 0.01)


def wait_for(stream: io.StringIO, text: str) -> bool:
    import time

    end = time.monotonic() + 5
    while text not in stream.getvalue() and time.monotonic() < end:
        time.sleep(0.005)
    return text in stream.getvalue()


def test_quick_job_says_nothing():
    stream = io.StringIO()
    with Progress("solving", 1, stream) as progress:
        progress.start("solved")
        progress.done()
    assert stream.getvalue() == ""


@pytest.mark.usefixtures("hurried")
def test_long_job_says_plain_lines_where_no_terminal_is():
    stream = io.StringIO()
    with Progress("solving", 3, stream) as progress:
        progress.start("nothing")
        progress.done()
        assert wait_for(stream, "solving nothing: 1 of 3 done")
    assert "\x1b" not in stream.getvalue()


@pytest.mark.usefixtures("hurried")
def test_bar_fills_and_is_cleared_away():
    stream = Terminal()
    with Progress("solving", 2, stream) as progress:
        progress.done()
        assert wait_for(stream, "############............")
    assert stream.getvalue().endswith("\r\x1b[K")


@pytest.mark.usefixtures("hurried")
def test_error_within_is_passed_on():
    with pytest.raises(ValueError, match="broken"), Progress("solving", 1, io.StringIO()):
        raise ValueError("broken")


def test_a_total_that_nobody_knows_is_not_told():
    progress = Progress("solving", 0, io.StringIO())
    progress.done()
    assert progress.line() == "solving: 1 done, 0 s"


def test_job_of_equal_steps_says_how_long_is_left(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    progress = Progress("solving", 0, io.StringIO())
    assert progress.line() == "solving: 0 s"
    progress.tell("worlds", 40, 100)  # as many are there from before
    clock[0] = 110.0
    assert progress.line() == "solving worlds: 40 of 100 done, 10 s"
    progress.tell("worlds", 50, 100)
    assert progress.line() == "solving worlds: 50 of 100 done, 10 s, about 50 s left"
    clock[0] = 150.0
    assert progress.line() == "solving worlds: 50 of 100 done, 50 s, about 4 min left"
    clock[0] = 100.0 + 3600
    assert progress.line().endswith("about 5 h 0 min left")
