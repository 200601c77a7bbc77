"""Answers built by hand, hostile names, and readers of what figures say."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import vl_convert

from offramp.report.answers import (
    ActShare,
    CaseAnswer,
    CertificateAnswer,
    EssayAnswer,
    EssayClaimRow,
    ListedEssay,
    RunAnswer,
    RungExitRow,
    RungMoveRow,
    RungRow,
    ScenarioHead,
    StepRow,
    TestedClaim,
)
from offramp.report.figures.files import VERSION
from offramp.report.figures.palette import DARK, LIGHT, vega_config
from offramp.report.figures.svg import resolve_colours

SVG = "{http://www.w3.org/2000/svg}"
LONG = "long " * 40 + "end"  # 203 letters
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a \"double\" and a 'single' & an ampersand; </text></svg>",
    '=HYPERLINK("http://example.org")',
    "صد إسرائيل \u202eevil\u202c",
    LONG,
    "datum['x'] + \\ \n two lines",
    "control \x00\x07 letters ]]>",
)


def parsed(svg: str) -> ElementTree.Element:
    """Return a figure as XML, after the checks that every figure must pass."""
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert root.find(f"{SVG}title").text
    assert root.find(f"{SVG}desc").text
    _, _, width, height = map(float, root.get("viewBox").split())
    assert width > 0
    assert height > 0
    for one in root.iter():
        name = one.tag.removeprefix(SVG)
        assert name in {"svg", "title", "desc", "style", "g", "path", "rect", "line", "text",
                        "tspan", "circle", "polygon"}, name  # fmt: skip
        assert not [key for key in one.attrib if key.startswith("on")]
    vl_convert.svg_to_png(resolve_colours(svg))
    return root


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [one for one in root.iter() if name in (one.get("class") or "").split()]


def words(root: ElementTree.Element) -> str:
    """Return all text that is drawn, a blank between lines."""
    found = [one.text or "" for one in root.iter(f"{SVG}tspan")]
    return " ".join(found)


def titles(root: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in root.iter(f"{SVG}title")]


def compiled(chart) -> dict:
    """Return a chart's specification, which Vega-Lite must compile and draw, light and dark."""
    spec = chart.to_dict()
    vl_convert.vegalite_to_vega(spec, vl_version=VERSION)
    for inks in (LIGHT, DARK):
        svg = vl_convert.vegalite_to_svg(spec, vl_version=VERSION, config=vega_config(inks))
        ElementTree.fromstring(svg)
        assert "NaN" not in svg
    assert "background" not in spec
    return spec


def rows(spec: dict) -> list[dict]:
    """Return the rows of all data sets of a specification."""
    return [row for values in spec["datasets"].values() for row in values]


def texts(spec: dict) -> str:
    return json.dumps(spec, ensure_ascii=False)


CERTIFICATE = CertificateAnswer(
    residual=0.0, loss=0.0, off_grid=None, off_grid_loss=None, refinement=None, calibration=None,
    not_converged=0, branched=0.0, chance_error=0.0, holds=True, words=[],
)  # fmt: skip


def case_answer(name: str = "solved", **changes) -> CaseAnswer:
    told = {
        "case": name, "policy": name, "settings": 1, "replies": [], "endings": [], "measures": [],
        "climb": [], "moves": [], "exits": [], "beliefs": [], "liveliness": [], "branches": [],
        "certificate": CERTIFICATE,
    }  # fmt: skip
    return CaseAnswer(**{**told, **changes})


def climbing(n_periods: int = 3, ending: str = "accord") -> CaseAnswer:
    """Return a case that goes from none over rung 2 to rung 5, and ends from each."""
    moves, exits, climb = [], [], []
    on = {None: 1.0}  # chances by rung, while play goes on
    for t in range(1, n_periods + 1):
        now: dict[int | None, float] = {}
        for before, chance in on.items():
            for rung, share in ((None, 0.25), (2, 0.5), (5, 0.25)):
                moves.append(RungMoveRow(period=t, before=before, rung=rung, chance=chance * share))
                now[rung] = now.get(rung, 0.0) + chance * share
        climb += [RungRow(period=t, rung=r, chance=now[r]) for r in (2, 5)]
        last = t == n_periods
        for rung, share in ((2, 0.125), (5, 0.5)):
            exits.append(RungExitRow(period=t, rung=rung, ending=ending, chance=now[rung] * share))
            now[rung] *= 1 - share
        if last:
            exits += [
                RungExitRow(period=t, rung=rung, ending="horizon", chance=chance)
                for rung, chance in now.items()
            ]
        on = now
    return case_answer(moves=moves, exits=exits, climb=climb)


def act(case_share: float, name: str, **changes) -> ActShare:
    told = {"stage": "reply", "player": "patron", "type": None, "act": name, "share": case_share,
            "choices": 1.5, "bound": 0.0}  # fmt: skip
    return ActShare(**{**told, **changes})


def run_answer(*cases: CaseAnswer) -> RunAnswer:
    head = ScenarioHead(
        name="toy", title="A toy", period="4 years", hash="0", view=None, set={}, grid=None
    )
    return RunAnswer(
        offramp="0", scenario=head, precision=[], cases=list(cases), notes=[], seconds=0.0
    )


def claim_row(name: str, verdict: str | None, says: str = "It is so.") -> EssayClaimRow:
    label = None if verdict is None else "assumed" if verdict == "holds" else "undecided"
    return EssayClaimRow(
        claim=name, says=says, test="a > b", against="It is not.", counter=[], fate=[], since="",
        tested=[TestedClaim(claim=f"{name}-tested", says=says, verdict=verdict, label=label)],
        why_untested=None,
    )  # fmt: skip


def step(says: str, holds=(), because=(), *, stated: bool = True, through=()) -> StepRow:
    return StepRow(says=says, holds=list(holds), because=list(because), through=list(through),
                   needs=[], stated=stated)  # fmt: skip


def essay(
    steps: list[StepRow], claims: list[EssayClaimRow], heading: str = "A sale"
) -> EssayAnswer:
    listed = ListedEssay(
        id="e1", kind="essay", answers=None, about="toy", heading=heading, author="A. Writer",
        date="March 2018",
    )  # fmt: skip
    return EssayAnswer(
        offramp="0", essay=listed, outlet="", title="", thesis="", abstract="", paragraphs=[],
        steps=steps, assumptions=[], claims=claims, verdicts="", disagreements=[],
    )  # fmt: skip
