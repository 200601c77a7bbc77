"""Answers: what each command says, as records with documented keys.

A command computes its answer once; `--json` prints it, `layout.py` writes it as tables and
sentences, `files.py` as CSV. The JSON Schema of an answer comes from these models, so that what is
documented, what is validated and what is printed cannot part ways.
"""

from __future__ import annotations

from offramp.report.answers.audit import (
    AuditAnswer,
    AuditedClaim,
    CommonRow,
    MirroredRow,
    MovedStartRow,
    SwitchedRow,
)
from offramp.report.answers.base import Answer, ProblemAnswer, ProblemRow, ScenarioHead
from offramp.report.answers.canon import CanonAnswer, ModelAnswer, QuantityRow, StaticAnswer
from offramp.report.answers.catalog import (
    CheckAnswer,
    ExportAnswer,
    ListAnswer,
    ListedScenario,
    MemoryRow,
    NewAnswer,
    SizeRow,
)
from offramp.report.answers.claims import ClaimRow, ClaimsAnswer, ComparisonRow
from offramp.report.answers.essays import (
    AssumptionRow,
    DisagreementRow,
    EssayAnswer,
    EssayClaimRow,
    EssaysAnswer,
    ListedEssay,
    ListedMechanism,
    MechanismAnswer,
    MechanismParameter,
    MechanismsAnswer,
    MechanismSide,
    NewEssayAnswer,
    ParagraphRow,
    RoleRow,
    StepRow,
    TestedClaim,
)
from offramp.report.answers.rates import RateRow, RatesAnswer
from offramp.report.answers.runs import (
    ActShare,
    BeliefRow,
    BranchAnswer,
    CaseAnswer,
    CertificateAnswer,
    EndingRow,
    LivelinessRow,
    MeasureRow,
    PrecisionRow,
    RunAnswer,
    RungRow,
)
from offramp.report.answers.sweeps import SweepAnswer, SweptAxis, SweptPoint, SweptQuantity
from offramp.report.answers.why import SwitchRow, WhyAct, WhyAnswer, WhyBelief, WhyTerm

__all__ = [
    "ANSWERS",
    "ActShare",
    "Answer",
    "AssumptionRow",
    "AuditAnswer",
    "AuditedClaim",
    "BeliefRow",
    "BranchAnswer",
    "CanonAnswer",
    "CaseAnswer",
    "CertificateAnswer",
    "CheckAnswer",
    "ClaimRow",
    "ClaimsAnswer",
    "CommonRow",
    "ComparisonRow",
    "DisagreementRow",
    "EndingRow",
    "EssayAnswer",
    "EssayClaimRow",
    "EssaysAnswer",
    "ExportAnswer",
    "ListAnswer",
    "ListedEssay",
    "ListedMechanism",
    "ListedScenario",
    "LivelinessRow",
    "MeasureRow",
    "MechanismAnswer",
    "MechanismParameter",
    "MechanismSide",
    "MechanismsAnswer",
    "MemoryRow",
    "MirroredRow",
    "ModelAnswer",
    "MovedStartRow",
    "NewAnswer",
    "NewEssayAnswer",
    "ParagraphRow",
    "PrecisionRow",
    "ProblemAnswer",
    "ProblemRow",
    "QuantityRow",
    "RateRow",
    "RatesAnswer",
    "RoleRow",
    "RunAnswer",
    "RungRow",
    "ScenarioHead",
    "SizeRow",
    "StaticAnswer",
    "StepRow",
    "SweepAnswer",
    "SweptAxis",
    "SweptPoint",
    "SweptQuantity",
    "SwitchRow",
    "SwitchedRow",
    "TestedClaim",
    "WhyAct",
    "WhyAnswer",
    "WhyBelief",
    "WhyTerm",
]

ANSWERS: dict[str, type[Answer]] = {
    "audit": AuditAnswer,
    "canon": CanonAnswer,
    "check": CheckAnswer,
    "claims": ClaimsAnswer,
    "essay": EssayAnswer,
    "essay new": NewEssayAnswer,
    "essays": EssaysAnswer,
    "export": ExportAnswer,
    "list": ListAnswer,
    "mechanism": MechanismAnswer,
    "mechanisms": MechanismsAnswer,
    "new": NewAnswer,
    "problems": ProblemAnswer,
    "rates": RatesAnswer,
    "run": RunAnswer,
    "sweep": SweepAnswer,
    "why": WhyAnswer,
}
