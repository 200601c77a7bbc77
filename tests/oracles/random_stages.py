"""Stages, acts and effects of random scenarios."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from oracles.random_words import Dice, Typed, Words

__all__ = ["Staging"]

Plain = dict[str, Any]


@dataclass
class Staging:
    """Writes stages; keeps what later sections refer to.

    Attributes:
        movers: Players that may move.
        stages: As declared so far.
        shiftable: Names of effects whose chance may be shifted.
        acts: Every act as (player, name, whether covert), in order of declaration.
        plain_acts: For each player, an act without condition at every stage.
    """

    words: Words
    movers: list[str]
    payees: list[str]
    stages: list[Plain] = field(default_factory=list)
    shiftable: list[str] = field(default_factory=list)
    acts: list[tuple[str, str, bool]] = field(default_factory=list)
    members: dict[str, list[str]] = field(default_factory=dict)
    n_effects: int = 0
    reader: Typed | None = None
    may_set: bool = True

    @property
    def dice(self) -> Dice:
        return self.words.dice

    # --- stages ---------------------------------------------------------------------------------

    def stage(self) -> None:
        """Add a stage: one mover, two at once, or chance alone."""
        kind = self.dice.pick(["one", "one", "one", "two", "two", "chance"])
        if not self.stages and kind == "chance":
            kind = "one"
        movers = self.dice_movers(2 if kind == "two" else 1) if kind != "chance" else []
        self.reader = self.choose_reader()
        self.may_set = True
        declared: Plain = {"name": f"stage_{len(self.stages)}"}
        if len(self.stages) and self.dice.chance(30):
            self.words.used.add("stage condition")
            declared["when"] = self.words.condition()
        if len(movers) == 1:
            declared["player"] = movers[0]
            declared["actions"] = self.actions(movers[0], alone=True)
        elif movers:
            self.words.used.add("simultaneous")
            declared["players"] = movers
            declared["actions"] = {m: self.actions(m, alone=False) for m in movers}
        if not movers or self.dice.chance(15):
            self.words.used.add("stage effects")
            self.may_set = True
            declared["effects"] = self.effects(1 if movers else self.dice.pick([1, 2]))
        self.stages.append(declared)

    def dice_movers(self, count: int) -> list[str]:
        first = self.dice.roll(len(self.movers) - 1)
        turned = self.movers[first:] + self.movers[:first]
        return [name for name in self.movers if name in turned[: min(count, len(turned))]]

    def choose_reader(self) -> Typed | None:
        if not self.words.typed or not self.dice.chance(35):
            return None
        return self.dice.pick(self.words.typed)

    # --- acts -----------------------------------------------------------------------------------

    def actions(self, player: str, alone: bool) -> Plain:
        """Return a mover's actions: the first has no condition, so that something can be done."""
        mark = len(self.stages)
        names = [f"act{mark}{letter}" for letter in "abc"[: self.dice.pick([2, 2, 3])]]
        covert = self.hides(player, alone)
        actions: Plain = {}
        written = []
        for number, name in enumerate(names):
            hidden = covert and number == len(names) - 1
            written.append((name, hidden))
            actions[name] = self.action(player, name, number, names[0] if hidden else None)
        if alone and not covert and self.dice.chance(30):
            actions.update(self.family(player, mark))
        for name, hidden in written:
            self.acts.append((player, name, hidden))
            if not hidden and not (covert and name == names[0]):
                self.words.open_acts.append(f"{player}.{name}")
        return actions

    def hides(self, player: str, alone: bool) -> bool:
        """Return whether the last act is covert: then chances here read no other's types."""
        typed = next((t for t in self.words.typed if t.player == player), None)
        if not self.dice.chance(30) or not (alone or typed is None):
            return False
        if typed is not None and self.reader is not None:
            self.reader = typed
        self.words.used.add("covert")
        return True

    def action(self, player: str, name: str, number: int, covert: str | None) -> Plain:
        declared: Plain = {}
        if number > 0 and self.dice.chance(25):
            self.words.used.add("action condition")
            declared["when"] = self.words.condition()
        if covert is not None:
            declared["covert"] = covert
        if self.dice.chance(60):
            declared["cost"] = self.cost(player)
        if self.dice.chance(20):
            self.words.used.add("action pays")
            declared["pays"] = {self.dice.pick(self.payees): self.words.amount()}
        if number > 0 or covert or self.dice.chance(35):
            declared["effects"] = self.effects(self.dice.pick([1, 1, 2]))
        return declared

    def cost(self, player: str) -> str:
        own = next((t for t in self.words.typed if t.player == player), None)
        if own is not None and self.dice.chance(80):
            self.words.used.add("cost reads a type")
            return own.cost
        return self.words.amount(0.8)

    def family(self, player: str, mark: int) -> Plain:
        """Return a family of acts over a range, its number used in cost and effect."""
        self.words.used.add("family")
        name = f"bid{mark}"
        self.words.families.append(player)
        self.words.used.add("chose")
        scale = next((v for v in self.words.variables if v.numeric), None)
        declared: Plain = {"cost": f"{self.words.constant(-0.5, 1)} * chose({player})"}
        if scale is not None:
            self.words.used.add("set to a number")
            levels = [level for level in scale.levels if isinstance(level, float)]
            declared["over"] = levels[:2]
            declared["effects"] = [{"set": scale.name, "to": f"chose({player})"}]
        else:
            declared["over"] = {"from": 0, "to": 1, "step": self.dice.pick([1, 0.5])}
            declared["effects"] = [self.chosen_effect(player)]
        self.acts.append((player, name, False))
        self.words.open_acts.append(f"{player}.{name}")
        return {name: declared}

    def chosen_effect(self, player: str) -> Plain:
        variable = self.dice.pick(self.words.variables)
        return {
            "name": self.name(),
            "move": variable.name,
            "by": 1,
            "chance": f"0.1 + 0.7 * chose({player})",
        }

    # --- effects --------------------------------------------------------------------------------

    def effects(self, count: int) -> list[Plain]:
        return [self.effect() for _ in range(count)]

    def effect(self, depth: int = 0) -> Plain:
        """Return one effect, perhaps with what follows when it happens or does not."""
        declared: Plain = {"name": self.name()}
        if self.dice.chance(25):
            self.words.used.add("effect condition")
            declared["when"] = self.words.condition()
        if self.dice.chance(50) or self.reader is not None:
            self.words.used.add("chance")
            declared["chance"] = self.words.chance(self.reader)
            self.shiftable.append(declared["name"])
            if self.dice.chance(20):
                self.words.used.add("chance per")
                declared["per"] = self.dice.pick(["month", "quarter", "year"])
        if self.dice.chance(20):
            self.words.used.add("effect pays")
            declared["pays"] = {self.dice.pick(self.payees): self.words.amount()}
        declared.update(self.change())
        if depth == 0 and self.dice.chance(15):
            self.words.used.add("then")
            declared["then"] = [self.effect(1)]
        if depth == 0 and "chance" in declared and self.dice.chance(20):
            self.words.used.add("else")
            declared["else"] = [self.effect(1)]
        return declared

    def change(self) -> Plain:
        """Return a move, a setting or a redraw."""
        variable = self.dice.pick(self.words.variables)
        # a chance of the stage may not read a type that the stage draws afresh
        fresh = [t.player for t in self.words.typed if t is not self.reader]
        if fresh and self.dice.chance(12):
            self.words.used.add("redraw")
            return {"redraw": self.dice.pick(fresh)}
        if self.may_set and self.dice.chance(25):
            self.may_set = False  # two settings of one variable may not meet
            self.words.used.add("set")
            return {"set": variable.name, "to": self.dice.pick(variable.levels)}
        self.words.used.add("move")
        if self.dice.chance(10):
            self.words.used.add("move by an expression")
            return {"move": variable.name, "by": f"1 - 2 * ({self.words.level()})"}
        return {"move": variable.name, "by": self.dice.pick([1, -1, 1, -1, 2])}

    def name(self) -> str:
        self.n_effects += 1
        return f"effect{self.n_effects}"
