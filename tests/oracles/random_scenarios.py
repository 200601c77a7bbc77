"""Random small scenarios in the file format, every feature of the language among them.

`scenarios()` is a hypothesis strategy; `draw_scenario` does the same with any dice. What comes out
is plain data, as a file would hold it, with the names of the features that it uses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from oracles.random_stages import Staging
from oracles.random_words import Dice, Typed, Variable, Words, hypothesis_dice, seeded_dice

__all__ = ["FEATURES", "RandomScenario", "draw_scenario", "plain_scenarios", "scenarios"]

Plain = dict[str, Any]

FEATURES = frozenset(
    {
        "parameters", "types", "two informed", "three types", "nature", "believed_by",
        "simultaneous", "covert", "chance reads a type", "redraw", "stage condition",
        "stage effects", "action condition", "action pays", "cost reads a type", "family", "chose",
        "set to a number", "effect condition", "chance", "chance per", "effect pays", "then",
        "else", "set", "move", "was", "did", "periods_since", "and or not",
        "functions", "chained comparison", "numeric levels", "start lottery", "one period",
        "several periods", "ending that freezes", "ending that does not freeze", "ending pays",
        "tail", "discount", "discount per year", "payoffs per year", "payoff reads a belief",
        "payoff reads a type", "never", "play", "mix", "once", "first", "always", "type clause",
        "conditional clause", "secret", "asserted", "rival", "absent", "shift",
        "mechanism pays player", "mechanism pays action", "mechanism cost", "forbid",
        "mechanism set", "mechanism effects", "ever", "ever by", "time_to", "start", "final",
        "change", "mean", "sum", "peak", "count", "after", "belief", "value", "own_value",
        "no learning", "strategies from", "exact", "precision zero", "present",
    }
)  # fmt: skip
"""Each of these occurs in at least a tenth of all draws; a test counts them."""

MOST_DRAWS = 1000
"""What is rarer than one draw in this many is not found."""

_LEVELS = [["low", "high"], ["low", "mid", "high"]]


@dataclass(frozen=True)
class RandomScenario:
    """A scenario as plain data, and how to play it.

    Attributes:
        case: Name of the case (a policy) to solve.
        features: What it uses, by name.
        learning: Whether beliefs are kept.
        strategies_from: Case whose strategies are played under `case` as well, if any.
    """

    data: Plain
    case: str
    features: frozenset[str]
    learning: bool
    strategies_from: str | None


@st.composite
def scenarios(draw: Any, crowded: bool = False) -> RandomScenario:
    """Draw a random small scenario; `crowded`: five players, two of three types, one period."""
    return draw_scenario(hypothesis_dice(draw), crowded)


def plain_scenarios(
    wanted: Callable[[RandomScenario], bool] = lambda drawn: True,
) -> st.SearchStrategy[RandomScenario]:
    """Draw scenarios that do not hang together, so that each feature is as frequent as meant.

    What hypothesis rolls itself stays close to what it rolled before. What is not `wanted` is
    drawn again here: hypothesis gives up where most of what it draws is rejected.
    """

    def draw(seed: int) -> RandomScenario:
        dice = seeded_dice(seed)
        return next(filter(wanted, (draw_scenario(dice) for _ in range(MOST_DRAWS))))

    return st.integers(0, 2**64 - 1).map(draw)


def draw_scenario(dice: Dice, crowded: bool = False) -> RandomScenario:
    """Draw a random small scenario with these dice."""
    return _Author(dice, crowded).write()


class _Author:
    """Writes one scenario, section by section."""

    def __init__(self, dice: Dice, crowded: bool = False) -> None:
        self.dice = dice
        self.crowded = crowded
        self.words = Words(dice)
        self.used = self.words.used
        self.players: Plain = {}

    def write(self) -> RandomScenario:
        n_periods = 1 if self.crowded else self.dice.pick([1, 1, 2, 2, 3])
        self.words.n_periods = n_periods
        self.used.add("one period" if n_periods == 1 else "several periods")
        period = self.period(n_periods)
        variables = self.variables()
        self.write_players()
        movers = [name for name in self.players if name != "nature"]
        staging = Staging(self.words, movers, movers)
        n_stages = self.dice.pick([1, 2, 2, 3] if n_periods < 3 else [1, 2])
        for _ in range(n_stages):
            staging.stage()
        if not staging.acts:
            staging.stage()
        self.mend_exact(staging)
        payoffs = self.payoffs(movers)
        endings = self.endings(movers)
        mechanisms, library = self.mechanisms(staging)
        policies, case = self.policies(staging)
        data: Plain = {
            "offramp": 1,
            "name": "random",
            "period": period,
            "parameters": self.words.parameters,
            "variables": variables,
            "players": self.players,
            "stages": staging.stages,
            "payoffs": payoffs,
            "endings": endings,
            "mechanisms": mechanisms,
            "library": library,
            "policies": policies,
            "measures": self.measures(staging),
            "solver": self.solver(),
        }
        learning = not (self.words.typed and self.dice.chance(32))
        if not learning:
            self.used.add("no learning")
        strategies_from = None
        if case == "bound" and "exact" not in self.used and self.dice.chance(60):
            strategies_from = "solved"
            self.used.add("strategies from")
        kept = {key: value for key, value in data.items() if value not in ({}, [])}
        return RandomScenario(kept, case, frozenset(self.used), learning, strategies_from)

    # --- what there is --------------------------------------------------------------------------

    def period(self, n_periods: int) -> Plain:
        period: Plain = {"unit": self.dice.pick(["month", "quarter", "year"]), "count": n_periods}
        if self.dice.chance(25):
            self.used.add("tail")
            period["tail"] = self.words.constant(0.5, 3)
        return period

    def variables(self) -> Plain:
        declared: Plain = {}
        for name in ["front", "alarm"][: self.dice.pick([1, 2, 2])]:
            numeric = self.dice.chance(55)
            if numeric:
                self.used.add("numeric levels")
                step = self.dice.pick([0.5, 1.0])
                levels: list[Any] = [round(step * k, 3) for k in range(int(1 / step) + 1)]
                entry: Plain = {"levels": {"from": 0, "to": 1, "step": step}}
            else:
                levels = self.dice.pick(_LEVELS)
                entry = {"levels": levels}
            entry["start"], starts = self.start(levels)
            declared[name] = entry
            self.words.variables.append(Variable(name, levels, starts))
        return declared

    def start(self, levels: list[Any]) -> tuple[Any, list[Any]]:
        """Return a start as declared, and the levels that it may draw."""
        first = self.dice.pick(levels)
        if not self.dice.chance(20):
            return first, [first]
        self.used.add("start lottery")
        weights = {level: self.dice.number(0.2, 2) for level in levels[:2]}
        declared = {f"{k:g}" if isinstance(k, float) else k: w for k, w in weights.items()}
        return declared, levels[:2]

    def write_players(self) -> None:
        names = ["north", "south", "east", "west", "centre"]
        names = names[: 5 if self.crowded else self.dice.pick([2, 2, 3])]
        informed = 2 if self.crowded else self.dice.pick([0, 1, 1, 2])
        for number, name in enumerate(names):
            entry: Plain = {"precision": self.precision(name, number < informed)}
            entry.update(self.discount())
            if number < informed:
                entry["types"] = self.types(name)
            self.players[name] = entry
        if informed < 2 and self.dice.chance(30):
            self.used.add("nature")
            self.players["nature"] = {"types": self.types("nature")}
        if self.words.typed:
            self.used.add("types")
        if len(self.words.typed) == 2:
            self.used.add("two informed")
        for typed in self.words.typed:
            self.disagree(typed)

    def precision(self, name: str, informed: bool) -> Any:
        if not informed and self.dice.chance(40):
            return "exact"
        if self.dice.chance(18):
            self.used.add("precision zero")
            return 0
        return self.words.constant(0.5, self.dice.pick([4, 4, 10]), "1/payoff")

    def mend_exact(self, staging: Staging) -> None:
        """Let exact replies stand only where a player always moves alone."""
        together = {name for stage in staging.stages for name in stage.get("players", ())}
        for name, entry in self.players.items():
            if entry.get("precision") == "exact":
                if name in together:
                    entry["precision"] = 2
                else:
                    self.used.add("exact")

    def discount(self) -> Plain:
        form = self.dice.pick(["none", "plain", "plain", "year"])
        if form == "none":
            return {}
        self.used.add("discount")
        factor = self.words.constant(0.5, 0.99, "factor")
        if form == "plain":
            return {"discount": factor}
        self.used.add("discount per year")
        return {"discount": factor, "per": "year"}

    def types(self, player: str) -> Plain:
        names = ["soft", "hard", "wild"]
        names = names[: 3 if self.crowded else self.dice.pick([2, 2, 2, 3])]
        if len(names) == 3:
            self.used.add("three types")
        typed = Typed(player, names, f"cost_{player}", f"luck_{player}")
        self.words.typed.append(typed)
        declared: Plain = {}
        for name in names:
            sets = {typed.cost: self.words.constant(-1, 1), typed.luck: self.dice.number(0.1, 0.9)}
            declared[name] = {"prior": self.dice.number(0.2, 2), "set": sets}
        if self.dice.chance(20):
            # not set by every type, so it needs an entry of its own
            del declared[names[-1]]["set"][typed.luck]
            self.words.parameters[typed.luck] = {
                "value": 0.4, "range": [0.1, 0.9], "unit": "probability", "source": "judgement",
            }  # fmt: skip
        return declared

    def disagree(self, typed: Typed) -> None:
        observers = self.dice.some(
            [p for p in self.players if p not in ("nature", typed.player)], 40
        )
        if observers:
            self.used.add("believed_by")
            self.players[typed.player]["believed_by"] = {
                observer: {
                    name: self.dice.number(0.2, 2)
                    for name in self.dice.some(typed.types, 60) or typed.types[:1]
                }
                for observer in observers
            }

    # --- what it is worth -----------------------------------------------------------------------

    def payoffs(self, movers: list[str]) -> Plain:
        declared: Plain = {}
        if self.dice.chance(20):
            self.used.add("payoffs per year")
            declared["per"] = "year"
        for name in movers:
            terms = {"gain": self.words.amount()}
            if self.dice.chance(50):
                terms["strain"] = self.words.amount()
            others = [t for t in self.words.typed if t.player != name]
            if others and self.dice.chance(35):
                self.used.add("payoff reads a belief")
                other = self.dice.pick(others)
                believed = f"belief({other.player}.{self.dice.pick(other.types)})"
                terms["face"] = f"{self.words.constant(-1, 1)} * {believed}"
            if self.words.typed and self.dice.chance(35):
                self.used.add("payoff reads a type")
                terms["stake"] = f"{self.dice.pick(self.words.typed).cost} * {self.words.share()}"
            declared[name] = terms
        return declared

    def endings(self, movers: list[str]) -> Plain:
        declared: Plain = {}
        for name in self.dice.some(["rout", "truce"], 30):
            entry: Plain = {"when": self.words.news()}
            if self.dice.chance(45):
                self.used.add("ending that does not freeze")
                entry["freeze"] = False
            else:
                self.used.add("ending that freezes")
            if self.dice.chance(60):
                self.used.add("ending pays")
                entry["pays"] = {self.dice.pick(movers): self.words.amount(2)}
            declared[name] = entry
        return declared

    # --- mechanisms -----------------------------------------------------------------------------

    def mechanisms(self, staging: Staging) -> tuple[list[Plain], Plain]:
        used: list[Plain] = []
        library: Plain = {}
        for number in range(self.dice.pick([0, 1, 2, 2, 2])):
            name = f"mechanism-{number}"
            setting = self.dice.pick(["asserted", "rival", "absent"])
            self.used.add(setting)
            roles = self.roles(staging)
            content = self.content(staging, number, setting == "asserted")
            rival = self.content(staging, number, setting == "rival")
            kinds = {role: kind for role, (kind, _) in roles.items()}
            library[name] = {
                "says": "One thing leads to another.", "sources": ["judgement"], "roles": kinds,
                **content,
                "rival": {"name": f"rival-{number}", "says": "It leads to a third.",
                          "sources": ["judgement"], **rival},
            }  # fmt: skip
            used.append({"use": name, "setting": setting,
                         "roles": {role: bound for role, (_, bound) in roles.items()}})  # fmt: skip
        return used, library

    def roles(self, staging: Staging) -> dict[str, tuple[str, Any]]:
        """Return the mechanism's roles: kind, and what they are bound to."""
        # the first act of a stage must stay possible, so nothing may forbid it
        acts = [(p, name) for p, name, _ in staging.acts if name[-1] in "bc"]
        player, act = self.dice.pick(acts)
        roles: dict[str, tuple[str, Any]] = {
            "who": ("player", player),
            "what": ("variable", self.dice.pick(self.words.variables).name),
            "act": ("action", f"{player}.{act}"),
            "here": ("stage", f"stage_{act[3]}"),
        }
        if staging.shiftable:
            names = self.dice.some(staging.shiftable[:3], 50) or staging.shiftable[:1]
            roles["reply"] = ("effect", names[0] if len(names) == 1 else names)
        return roles

    def content(self, staging: Staging, number: int, counts: bool) -> Plain:
        """Return what a mechanism does; features count only where the setting is in force."""
        forms = ["mechanism pays player", "mechanism pays action", "mechanism cost",
                 "mechanism effects", "forbid"]  # fmt: skip
        if staging.shiftable:
            forms += ["shift", "shift"]
        if self.words.parameters and number == 0:
            forms += ["mechanism set"] * 2
        chosen = {self.dice.pick(forms) for _ in range(3)}
        if counts:
            self.used.update(chosen)
        content: Plain = {}
        for form in sorted(chosen):
            self.fill(content, form, staging, number)
        return content

    def fill(self, content: Plain, form: str, staging: Staging, number: int) -> None:
        match form:
            case "shift":
                content["shift"] = {"reply": f"{self.dice.number(-2, 2):g} * share(what)"}
            case "mechanism pays player":
                terms = {f"extra{number}": f"{self.dice.number(-1, 1):g} * share(what)"}
                content.setdefault("pays", {})["who"] = terms
            case "mechanism pays action":
                content.setdefault("pays", {})["act"] = {"who": f"{self.dice.number(-1, 1):g}"}
            case "mechanism cost":
                content["cost"] = {"act": f"{self.dice.number(-1, 1):g} * (1 - share(what))"}
            case "forbid":
                content["forbid"] = {"act": self.words.level()}
            case "mechanism set":
                name = self.dice.pick(sorted(self.words.parameters))
                low, high = self.words.parameters[name]["range"]  # type: ignore[misc]
                content["set"] = {name: self.dice.number(low, high)}
            case "mechanism effects":
                effect: Plain = {"name": f"added{number}", "at": "here", "move": "what",
                                 "by": self.dice.pick([1, -1]), "when": "did(act)"}  # fmt: skip
                if self.dice.chance(60):
                    effect["chance"] = self.dice.number(0.1, 0.9)
                content["effects"] = [effect]

    # --- policies -------------------------------------------------------------------------------

    def policies(self, staging: Staging) -> tuple[Plain, str]:
        policies: Plain = {"solved": {}}
        case = self.dice.pick(["solved", "bound", "bound", "bound"])
        if case == "bound":
            policies["bound"] = self.policy(staging)
            # an exact strategy says nothing about what to do instead of its one choice
            if "exact" not in self.used and self.dice.chance(50):
                self.used.add("secret")
                policies["bound"]["secret"] = True
        return policies, case

    def policy(self, staging: Staging) -> Plain:
        movers = sorted({player for player, _, _ in staging.acts})
        bound: Plain = {}
        for player in self.dice.some(movers, 60) or movers[:1]:
            acts = [name for who, name, _ in staging.acts if who == player]
            bound[player] = [self.clause(player, acts) for _ in range(self.dice.pick([1, 2, 2]))]
        return bound

    def clause(self, player: str, acts: list[str]) -> Plain:
        act = self.dice.pick([name for name in acts if not name.startswith("bid")])
        form = self.dice.pick(["never", "play", "mix", "mix", "first", "always"])
        self.used.add(form)
        if form in ("first", "always"):
            return {form: act}
        clause: Plain = {"play": act}
        if form == "never":
            clause = {"never": [act]}
        elif form == "mix":
            stage = act[:4]
            clause = {"mix": {a: self.dice.number(0.2, 1) for a in acts if a.startswith(stage)}}
        if self.dice.chance(30):
            self.used.add("conditional clause")
            clause["when"] = self.words.condition()
        typed = next((t for t in self.words.typed if t.player == player), None)
        if typed is not None and self.dice.chance(70):
            self.used.add("type clause")
            clause["type"] = self.dice.pick(typed.types)
        if form != "never" and self.dice.chance(65):
            self.used.add("once")
            clause["once"] = True
        return clause

    # --- what is asked --------------------------------------------------------------------------

    def measures(self, staging: Staging) -> Plain:
        forms = ["ever", "ever by", "time_to", "start", "final", "change", "mean", "sum", "peak",
                 "count", "after", "value", "own_value"]  # fmt: skip
        if self.words.typed:
            forms += ["belief", "belief"]
        chosen = self.dice.some(forms, 40) or ["final"]
        self.used.update(chosen)
        return {f"m_{number}": {"is": self.measure(form, staging)} for number, form in
                enumerate(chosen)}  # fmt: skip

    def measure(self, form: str, staging: Staging) -> str:
        words, movers = self.words, [name for name in self.players if name != "nature"]
        match form:
            case "ever":
                return f"ever({self.event(staging)})"
            case "ever by":
                return f"ever({self.event(staging)}, by={self.dice.pick([1, words.n_periods])})"
            case "time_to":
                return f"time_to({self.event(staging)})"
            case "start" | "final" | "change" | "mean" | "sum":
                return f"{form}({words.amount()})"
            case "peak":
                return f"peak({self.dice.pick(words.variables).name})"
            case "count":
                player, act, _ = self.dice.pick(staging.acts)
                return f"count({player}.{act})"
            case "after":
                within = self.dice.pick([0, 1])
                return f"after({self.event(staging)}, {self.event(staging)}, within={within})"
            case "belief":
                typed = self.dice.pick(words.typed)
                others = [name for name in movers if name != typed.player]
                believed = f"{typed.player}.{self.dice.pick(typed.types)}"
                return f"belief({self.dice.pick(others)}, {believed})"
        return f"{form}({self.dice.pick(movers)})"

    def event(self, staging: Staging) -> str:
        """Return a condition of a measure: it may ask of covert acts."""
        covert = [f"did({player}.{act})" for player, act, hidden in staging.acts if hidden]
        if covert and self.dice.chance(40):
            self.used.add("measure reads a covert act")
            return self.dice.pick(covert)
        return self.words.condition()

    def solver(self) -> Plain:
        if not self.dice.chance(25):
            return {}
        self.used.add("present")
        return {"precision_basis": "present"}
