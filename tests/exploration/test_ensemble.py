"""Exploring gives what single solves give, whoever solves, and goes on where it was broken off."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from helpers.dying import PLACES
from helpers.scenarios import scenario_from
from helpers.toys import ASKED, TOY
from offramp.equilibrium import solve
from offramp.errors import RunError
from offramp.exploration import ensemble, executor, jobs, store
from offramp.exploration.ensemble import explore
from offramp.exploration.index import read_index
from offramp.exploration.runs import open_run
from offramp.game import compile_game, compiler
from offramp.outcomes import propagate

SCENARIO = scenario_from(TOY)
DYING = Path(__file__).parents[1] / "helpers" / "dying.py"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the folder of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    explore(SCENARIO, folder, workers=1, **ASKED)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all files but the index."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in paths
        if not path.name.startswith("index.sqlite")
    }


def copy_of(folder: Path, to: Path) -> Path:
    for name, content in contents(folder).items():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        (to / name).write_bytes(content)
    (to / "index.sqlite").write_bytes((folder / "index.sqlite").read_bytes())
    return to


# --- what is solved -------------------------------------------------------------------------------


def test_each_case_in_each_world_is_what_a_single_solve_gives(whole):
    run = open_run(whole)
    assert run.cases == ("solved", "always-fight", "cheap", "hot")
    assert run.is_finished
    assert run.state.tolist() == [[1] * 4] * 7
    drawn = run.drawn()
    for world in (0, 4, 6):
        for c, case in enumerate(run.cases):
            given = {name: drawn[name][world] for name in ("gain", "toll", "care", "p_firm")}
            given |= {"mood": drawn["start.mood"][world]}
            if case == "cheap":
                given["toll"] = 0.1
            if case == "hot":
                given["mood"] = "hot"
            settings = {"pride": drawn["setting.pride"][world]}
            game = compile_game(SCENARIO, case=case, parameters=given, settings=settings, grid=2)
            equilibrium = solve(game)
            found = propagate(equilibrium)
            assert run.measure[world, c] == pytest.approx(list(found.measures.values()), abs=1e-9)
            assert run.value[world, c] == pytest.approx(found.value, abs=1e-9)
            assert run.residual[world, c] == pytest.approx(equilibrium.residual, abs=1e-9)


def test_worlds_that_differ_in_numbers_only_are_compiled_once_a_case(monkeypatch):
    made = []
    mould = compiler.mould_crisis
    monkeypatch.setattr(
        compiler, "mould_crisis", lambda *args, **options: made.append(1) or mould(*args, **options)
    )
    run = explore(
        SCENARIO, cases=["solved", "always-fight"], view="hawk", worlds=5, grid=2, workers=1
    )
    assert len(made) == 2
    drawn = run.drawn()
    for world in range(5):
        given = {name: drawn[name][world] for name in ("toll", "care", "p_firm")}
        for c, case in enumerate(run.cases):
            game = compile_game(SCENARIO, case=case, view="hawk", parameters=given, grid=2)
            found = propagate(solve(game))
            assert run.measure[world, c].tolist() == list(found.measures.values())


def test_cases_that_differ_in_their_start_share_a_solve():
    groups = jobs.shared_solves(SCENARIO, ("solved", "always-fight", "cheap", "hot"))
    assert groups == (("solved", "hot"), ("always-fight",), ("cheap",))


def test_two_workers_write_the_same_bytes_as_one(whole, tmp_path):
    explore(SCENARIO, tmp_path / "run", workers=2, **ASKED)
    assert contents(tmp_path / "run") == contents(whole)


def test_chunks_have_one_shape_and_the_last_is_filled_up(whole):
    shapes = []
    for path in sorted((whole / "chunks").iterdir()):
        with np.load(path) as chunk:
            shapes.append({n: chunk[n].shape for n in chunk.files if n != "reasons"})
            state = chunk["state"]
    assert len(shapes) == 3
    assert shapes[0] == shapes[1] == shapes[2]
    assert state[:, 0].tolist() == [store.SOLVED, store.BEYOND, store.BEYOND]


def test_only_the_cases_named_are_solved_and_the_view_is_laid_over():
    run = explore(SCENARIO, cases=["hot"], view="hawk", worlds=2, grid=2, workers=1)
    assert run.cases == ("hot",)
    assert list(run.drawn()) == ["toll", "care", "p_firm"]
    assert run.folder is None


def test_world_that_cannot_be_solved_is_kept_with_its_reason(monkeypatch, tmp_path):
    real = jobs.solve_one
    calls = []

    def fails_in_the_third(*words):
        calls.append(words)
        if len(calls) == 3:
            raise MemoryError("far too large")
        return real(*words)

    monkeypatch.setattr(jobs, "solve_one", fails_in_the_third)
    explore(SCENARIO, tmp_path / "run", cases=["solved"], workers=1, **ASKED)
    run = open_run(tmp_path / "run")
    assert run.reasons == {(2, "solved"): "MemoryError: far too large"}
    assert run.solved[:, 0].tolist() == [True, True, False, True, True, True, True]
    assert np.isnan(run.measure[2]).all()
    assert not np.isnan(run.measure[3]).any()
    assert run.to_pandas()["solved"].sum() == 6


def test_run_reads_its_scenario_from_its_own_folder(whole):
    assert open_run(whole).scenario.plain() == SCENARIO.plain()
    assert (whole / "scenario.yaml").read_text() == TOY


# --- broken off, and gone on with -----------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
def test_run_killed_on_the_way_goes_on_to_the_same_bytes(place, whole, tmp_path):
    folder = tmp_path / "run"
    done = subprocess.run(
        [sys.executable, str(DYING), place, str(folder)], capture_output=True, timeout=120
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    run = explore(SCENARIO, folder, resume=True, workers=1, **ASKED)
    assert contents(folder) == contents(whole)
    assert sorted(read_index(folder / "index.sqlite")) == [0, 1, 2]
    expected = {"chunk not indexed": 6, "index": 6, "solve": 0, "chunk not moved": 3}
    assert run.already == expected.get(place, 0)


def test_finished_run_does_nothing(whole, monkeypatch):
    def never(*words):
        raise AssertionError("solved again")

    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*")}
    monkeypatch.setattr(jobs, "solve_one", never)
    run = explore(SCENARIO, whole, resume=True, workers=1)
    assert run.already == 7
    assert {path: path.stat().st_mtime_ns for path in whole.rglob("*")} == before


def test_what_is_not_named_is_as_the_run_has_it(whole):
    assert explore(SCENARIO, whole, resume=True).manifest.worlds == ASKED["worlds"]


def test_cases_named_in_another_order_are_those_of_then(whole, tmp_path):
    folder = copy_of(whole, tmp_path / "run")
    sorted((folder / "chunks").iterdir())[-1].unlink()
    cases = tuple(reversed(open_run(whole).cases))
    explore(SCENARIO, folder, resume=True, workers=1, cases=cases)
    assert contents(folder) == contents(whole)


def test_existing_folder_is_refused(tmp_path):
    with pytest.raises(RunError) as told:
        explore(SCENARIO, tmp_path, workers=1, **ASKED)
    assert str(told.value) == (
        f"error R602\n  '{tmp_path}' is there already; nothing is overwritten.\n"
        "  Fix: name another folder, or go on with the run in it by --resume.\n"
        "1 problem; nothing was solved."
    )


def test_changed_scenario_is_refused(whole):
    other = scenario_from(TOY.replace("range: [0.5, 2]", "range: [0.5, 3]"))
    with pytest.raises(RunError) as told:
        explore(other, whole, resume=True)
    assert "error R614" in str(told.value)
    assert "the scenario has changed: hash " in str(told.value)
    assert "begin a new run in another folder" in str(told.value)


def test_other_wishes_are_refused_by_name(whole):
    with pytest.raises(RunError) as told:
        explore(SCENARIO, whole, resume=True, worlds=8, seed=9, view="hawk")
    text = str(told.value)
    for line in ("- worlds: 7 there, 8 now", "- seed: 4 there, 9 now", "- view: none there, hawk"):
        assert line in text
    assert "hash" not in text


def test_other_versions_are_refused(whole, monkeypatch):
    monkeypatch.setattr(ensemble, "versions", lambda: {"offramp": "9.9", "python": "3.99"})
    with pytest.raises(RunError, match=r"offramp: version .* there, 9.9 now"):
        explore(SCENARIO, whole, resume=True)


@pytest.mark.parametrize("damage", ["cut", "changed", "of another run"])
def test_damaged_chunk_is_named_and_computed_again(damage, whole, tmp_path):
    folder = copy_of(whole, tmp_path / "run")
    chunk = folder / "chunks" / "000001.npz"
    content = chunk.read_bytes()
    if damage == "cut":
        chunk.write_bytes(content[:100])
    elif damage == "changed":
        middle = content.index(b"value.npy") + 200
        chunk.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    else:
        chunk.write_bytes((folder / "chunks" / "000000.npz").read_bytes())
    (folder / "index.sqlite").unlink()  # so that the chunk itself must tell
    with pytest.raises(RunError) as told:
        open_run(folder)
    assert "error R613" in str(told.value)
    assert f"'{chunk}' is lost or damaged" in str(told.value)
    assert "--resume" in str(told.value)
    run = explore(SCENARIO, folder, resume=True, workers=1)
    assert run.mended == (1,)
    assert run.already == 4
    assert contents(folder) == contents(whole)


def test_index_is_made_anew_from_the_chunks(whole, tmp_path):
    for content in (None, b"no index at all"):
        folder = copy_of(whole, tmp_path / f"run-{content}")
        index = folder / "index.sqlite"
        index.unlink()
        if content:
            index.write_bytes(content)
        assert open_run(folder).is_finished  # which needs no index, and makes none
        assert index.exists() == bool(content)
        explore(SCENARIO, folder, resume=True, workers=1)
        there, before = read_index(index), read_index(whole / "index.sqlite")
        assert {k: row.sha256 for k, row in there.items()} == {
            k: row.sha256 for k, row in before.items()
        }


@pytest.mark.parametrize("name", ["worlds.npz", "scenario.yaml"])
def test_lost_source_is_told_and_written_again(name, whole, tmp_path):
    folder = copy_of(whole, tmp_path / "run")
    (folder / name).write_bytes(b"")
    with pytest.raises(RunError, match="R613"):
        open_run(folder)
    explore(SCENARIO, folder, resume=True, workers=1)
    assert contents(folder) == contents(whole)


def test_results_without_a_manifest_are_not_written_over(whole, tmp_path):
    """Nobody knows what they are results of; a run that was killed at its beginning has none."""
    folder = copy_of(whole, tmp_path / "run")
    (folder / "manifest.json").unlink()
    before = contents(folder)
    with pytest.raises(RunError, match="it holds results, and no manifest"):
        explore(SCENARIO, folder, resume=True, workers=1)
    assert contents(folder) == before


def test_folder_that_is_no_run_is_told(tmp_path):
    for folder, why in ((tmp_path / "none", "it does not exist"), (tmp_path, "no run has begun")):
        with pytest.raises(RunError, match=f"R612(.|\n)*{why}"):
            open_run(folder)
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(RunError, match=r"R612(.|\n)*other files, and no manifest"):
        explore(SCENARIO, tmp_path, resume=True, **ASKED)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(RunError, match=r"R612(.|\n)*its manifest cannot be read"):
        open_run(tmp_path)


def test_full_disk_is_told_and_loses_nothing(whole, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    real = store.write_whole

    def fill_up(path, content):
        if path.name == "000001.npz":
            _with_files_of_at_most(1000, lambda: real(path, content))
        real(path, content)

    monkeypatch.setattr(store, "write_whole", fill_up)
    with pytest.raises(RunError) as told:
        explore(SCENARIO, folder, workers=1, **ASKED)
    assert "error R604" in str(told.value)
    assert "000001.npz' cannot be written: File too large." in str(told.value)
    assert "--resume" in str(told.value)
    assert sorted(path.name for path in (folder / "chunks").iterdir()) == ["000000.npz"]
    monkeypatch.undo()
    assert explore(SCENARIO, folder, resume=True, workers=1).already == 3
    assert contents(folder) == contents(whole)


def _with_files_of_at_most(size, work):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        work()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_full_disk_while_the_index_is_written_is_told(whole, tmp_path):
    folder = copy_of(whole, tmp_path / "run")
    (folder / "index.sqlite").unlink()
    with pytest.raises(RunError, match=r"R604(.|\n)*index.sqlite' cannot be written"):
        _with_files_of_at_most(2000, lambda: explore(SCENARIO, folder, resume=True, workers=1))
    explore(SCENARIO, folder, resume=True, workers=1)
    assert sorted(read_index(folder / "index.sqlite")) == [0, 1, 2]


def test_read_only_folder_is_told(tmp_path, monkeypatch):
    def refuse(*words, **more):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(RunError, match=r"R604(.|\n)*cannot be written: Permission denied"):
        explore(SCENARIO, tmp_path / "run", workers=1, **ASKED)


def test_finished_run_in_a_read_only_folder_can_be_opened(whole, monkeypatch):
    def refuse(*words, **more):
        raise PermissionError(13, "Permission denied")

    for name in ("replace", "mkdir", "unlink", "fsync"):
        monkeypatch.setattr(os, name, refuse)
    assert open_run(whole).is_finished


# --- time, and who works --------------------------------------------------------------------------


def test_budget_stops_after_the_chunk_under_way(whole, tmp_path, monkeypatch):
    clock = iter([0.0, 10.0, 59.0, 61.0, 70.0])
    monkeypatch.setattr(ensemble.time, "monotonic", lambda: next(clock))
    run = explore(SCENARIO, tmp_path / "run", workers=1, budget=1, **ASKED)
    monkeypatch.undo()
    assert run.world.tolist() == [0, 1, 2, 3, 4, 5]
    assert not run.is_finished
    assert run.weight.sum() == pytest.approx(1)
    explore(SCENARIO, tmp_path / "run", resume=True, workers=1)
    assert contents(tmp_path / "run") == contents(whole)


def test_progress_counts_worlds():
    told = []
    explore(SCENARIO, workers=1, told=lambda *step: told.append(step), **ASKED)
    assert told == [("worlds", k, 7) for k in (0, 3, 6, 7)]


def test_what_cannot_be_is_refused():
    for wish in ({"worlds": 0}, {"seed": -1}, {"design": "dice"}, {"grid": "fine"}, {"grid": 1}):
        with pytest.raises(RunError, match="R615"):
            explore(SCENARIO, **{**ASKED, **wish})


def _square(number: int) -> int:
    return number * number


def _die_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("workers", [1, 2])
def test_executor_hands_every_result_on(workers):
    found = dict(executor.Local(workers).map(_square, range(7)))
    assert found == {k: k * k for k in range(7)}


def test_executor_takes_things_only_when_somebody_is_free():
    taken = []

    def things():
        for k in range(6):
            taken.append(k)
            yield k

    results = executor.Local(2).map(_square, things())
    next(results)
    assert len(taken) == 3  # two begun, and one for the worker that had finished
    results.close()


def test_killed_worker_ends_the_work_with_a_message():
    with pytest.raises(RunError) as told:
        list(executor.Local(2).map(_die_at_three, range(8)))
    assert "error R611" in str(told.value)
    assert "--resume" in str(told.value)


WAITS = """
import os, sys, time
from offramp.exploration.executor import Local

def wait_long(number):
    os.write(sys.stdout.fileno(), b"%d\\n" % os.getpid())
    time.sleep(600)

if __name__ == "__main__":
    list(Local(2).map(wait_long, range(2)))
"""


PATIENCE = 60.0  # seconds, far more than leaving takes


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # dead, and waiting only for somebody to notice


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are told by /proc")
def test_workers_leave_when_whoever_started_them_is_killed(tmp_path):
    main = tmp_path / "main.py"
    main.write_text(WAITS)
    begun = subprocess.Popen([sys.executable, str(main)], stdout=subprocess.PIPE, text=True)
    workers = []
    with begun.stdout:
        try:
            workers += [int(begun.stdout.readline()) for _ in range(2)]
        finally:
            begun.kill()
            begun.wait()
    end = time.monotonic() + PATIENCE
    while any(map(is_running, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    left = [worker for worker in workers if is_running(worker)]
    for worker in left:
        os.kill(worker, signal.SIGKILL)
    assert left == []
