"""Files: whole or not at all, and never over another."""

from __future__ import annotations

import pytest

from offramp.errors import RunError
from offramp.report.files import new_file, new_folder, write_starter


def test_starter_carries_the_name_and_its_comments(tmp_path):
    answer = write_starter("my-crisis", tmp_path)
    text = (tmp_path / "my-crisis.yaml").read_text(encoding="utf-8")
    assert answer.file == "my-crisis.yaml"
    assert "\nname: my-crisis " in text
    assert "# private; a type is a set of parameter values" in text


def test_starter_is_not_written_over_a_file(tmp_path):
    (tmp_path / "mine.yaml").write_text("precious", encoding="utf-8")
    with pytest.raises(RunError, match="is there already; nothing is overwritten"):
        write_starter("mine", tmp_path)
    assert (tmp_path / "mine.yaml").read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize("name", ["", "../up", "Upper", "a b", "-x", "a/b", "x.yaml"])
def test_starter_refuses_what_cannot_be_a_name(name, tmp_path):
    with pytest.raises(RunError, match="cannot be the name of a scenario"):
        write_starter(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_folder_appears_whole(tmp_path):
    with new_folder(tmp_path / "out") as place:
        (place / "a.csv").write_text("x", encoding="utf-8")
        assert not (tmp_path / "out").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "a.csv").read_text(encoding="utf-8") == "x"


def half_written(make, path, error):
    with make(path) as place:
        (place if place.is_dir() else place.parent).joinpath("half").write_text("x")
        raise error


@pytest.mark.parametrize("make", [new_file, new_folder])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_behind_when_it_fails(make, error, tmp_path):
    with pytest.raises(error):
        half_written(make, tmp_path / "out", error)
    assert list(tmp_path.iterdir()) == []


def overtaken(path):
    with new_folder(path):
        path.mkdir()
        (path / "other").write_text("kept")


def test_folder_that_appears_meanwhile_is_kept(tmp_path):
    with pytest.raises(RunError, match="is there already"):
        overtaken(tmp_path / "out")
    assert (tmp_path / "out" / "other").read_text() == "kept"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_place_that_cannot_be_written_is_a_problem_not_a_crash(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunError, match="cannot be written"), new_file(tmp_path / "file" / "out"):
        pass
