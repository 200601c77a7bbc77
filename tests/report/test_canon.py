"""`offramp canon`: classic models beside what is published of them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from helpers.commands import as_json


def test_canon_holds_a_model_against_its_theory(offramp):
    code, out, err = offramp("canon", "04-brinkmanship", "--json")
    assert (code, err.count("error")) == (0, 0)
    [model] = as_json("canon", out)["models"]
    assert model["model"] == "canon/brinkmanship"
    assert model["holds"]
    assert {row["verdict"] for row in model["rows"]} == {"passes"}
    assert {row["verdict"] for row in model["statics"]} == {"passes"}
    assert [name for name in model["replies"] if name.startswith("D1")] == [
        "D1|resolute", "D1|irresolute",
    ]  # fmt: skip
    assert math.isclose(sum(model["endings"].values()), 1.0)


def test_canon_says_what_a_theorem_needs_and_compares_nothing_elsewhere(offramp):
    code, out, _ = offramp("canon", "extended-deterrence", "--set", "vlo=0.9")
    assert code == 0
    assert "a defender with a low stake prefers to concede" in " ".join(out.split())
    assert "not compared" in out
    code, out, _ = offramp("canon", "1", "--set", "vlo=0.9", "--set", "lambda=5", "--json")
    [model] = as_json("canon", out)["models"]
    assert model["unmet"]
    # the logit reply of a defender with a high stake, by hand: war is worth 0.7, conceding nothing
    fight = 1 / (1 + math.exp(-5 * 0.7))
    assert math.isclose(model["replies"]["D|high"]["fight"], fight, abs_tol=1e-9)


def test_run_says_what_a_theorem_needs_too(offramp):
    needed = "the theorem needs that a defender with a low stake prefers to concede"
    _, out, _ = offramp("run", "canon/extended-deterrence", "--set", "vlo=0.9")
    assert needed in " ".join(out.split())
    _, out, _ = offramp("run", "canon/extended-deterrence")
    assert "theorem" not in out


def test_canon_follows_another_branch_when_asked(offramp):
    code, out, _ = offramp("canon", "fighting-learning", "--all-branches", "--json")
    assert code == 0
    words = ["canon", "war-of-attrition", "--set", "Tn=1", "--json"]
    code, out, _ = offramp(*words)
    [model] = as_json("canon", out)["models"]
    assert model["other_branch"]
    assert (code, model["branches"]) == (0, [])
    code, out, _ = offramp(*words, "--all-branches")
    [model] = as_json("canon", out)["models"]
    assert (code, model["branch"], len(model["branches"])) == (0, "mixed", 3)
    assert [one["principal"] for one in model["branches"]] == [True, False, False]
    # which is the one that is found without searching, not the mixed one that the theory means
    _, out, _ = offramp(*words)
    [plain] = as_json("canon", out)["models"]
    assert model["branches"][0]["endings"] == pytest.approx(plain["endings"])
    assert model["endings"] != pytest.approx(plain["endings"])
    values = {row["quantity"]: row["value"] for row in model["rows"]}
    assert math.isclose(values["q0"], 0.2, abs_tol=1e-6)


def test_run_lists_several_solutions_when_asked(offramp):
    words = ["run", "canon/war-of-attrition", "--set", "Tn=1"]
    code, out, _ = offramp(*words, "--all-branches")
    assert code == 0
    assert "Several solutions" in out
    assert "Other solutions were searched for" in out
    code, out, _ = offramp(*words, "--all-branches", "--json")
    [case] = as_json("run", out)["cases"]
    assert [one["principal"] for one in case["branches"]] == [True, False, False]
    ours = {row["ending"]: row["chance"] for row in case["endings"]}
    assert case["branches"][0]["endings"] == pytest.approx(ours)
    code, out, _ = offramp(*words)
    assert "Several solutions" not in out


def test_canon_fails_where_a_published_value_does_not_come_out(offramp):
    shipped = Path(__file__).parents[2] / "src/offramp/scenarios/canon"
    for ending in ("yaml", "theory.yaml"):
        text = (shipped / f"coercion-rally.{ending}").read_text(encoding="utf-8")
        text = text.replace("slope: 0.1}", "slope: 0.2}")
        Path(f"mine.{ending}").write_text(text, encoding="utf-8")
    code, out, _ = offramp("canon", "mine.yaml")
    assert code == 1
    assert "fails" in out
    assert "Something fails; the tables say what." in " ".join(out.split())
    assert offramp("canon", "no-such-model")[0] == 2
