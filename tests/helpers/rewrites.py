"""Scenarios written otherwise, so that the answer must be the same, or change in a known way."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

__all__ = ["add_to_payoffs", "freeze_endings", "rename", "reverse_orders", "scale_payoffs",
           "set_precisions", "spell_out_mechanism", "without_mechanisms"]  # fmt: skip

Plain = dict[str, Any]


def rename(data: Plain, names: Mapping[str, str]) -> Plain:
    """Return the scenario with whole words replaced everywhere, in keys and in expressions."""
    text = json.dumps(data)
    # one pass, so that names may be exchanged
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, sorted(names, key=len))) + r")\b")
    renamed: Plain = json.loads(pattern.sub(lambda match: names[match[1]], text))
    return renamed


def reverse_orders(data: Plain) -> Plain:
    """Return the scenario with players, variables and the acts of each mover listed backwards.

    Exact players keep their acts in order, for of equals they take the first.
    """
    data = copy.deepcopy(data)
    exact = {name for name, p in data["players"].items() if p.get("precision") == "exact"}
    for section in ("players", "variables", "parameters"):
        data[section] = _backwards(data.get(section, {}))
    for stage in data["stages"]:
        if "players" in stage:
            stage["players"] = stage["players"][::-1]
            stage["actions"] = {
                player: acts if player in exact else _backwards(acts)
                for player, acts in stage["actions"].items()
            }
        elif stage.get("player", None) not in exact and "actions" in stage:
            stage["actions"] = _backwards(stage["actions"])
    return data


def _backwards(entries: Plain) -> Plain:
    return dict(reversed(entries.items()))


def set_precisions(data: Plain, precision: float) -> Plain:
    """Return the scenario with one precision for all who act."""
    data = copy.deepcopy(data)
    for player in data["players"].values():
        if "precision" in player:
            player["precision"] = precision
    return data


def freeze_endings(data: Plain) -> Plain:
    """Return the scenario with payoffs going on after every ending."""
    data = copy.deepcopy(data)
    for ending in data.get("endings", {}).values():
        ending.pop("freeze", None)
    return data


def add_to_payoffs(data: Plain, player: str, amount: float) -> Plain:
    """Return the scenario with so much more for a player in every period."""
    data = copy.deepcopy(data)
    data.setdefault("payoffs", {}).setdefault(player, {})["windfall"] = amount
    return data


def scale_payoffs(data: Plain, factor: float) -> Plain:
    """Return the scenario with all amounts times a factor and all precisions divided by it."""
    data = copy.deepcopy(data)
    for player in data["players"].values():
        if player.get("precision", "exact") != "exact":
            player["precision"] = f"({player['precision']}) / {factor}"
    for terms in data.get("payoffs", {}).values():
        if isinstance(terms, dict):  # beside the players stands `per`
            _scale(terms, factor)
    for part in _parts(data):
        if "cost" in part:
            part["cost"] = _scaled(part["cost"], factor)
        if isinstance(part.get("pays"), dict):
            _scale(part["pays"], factor)
    return data


def _parts(whole: Any) -> Iterator[Plain]:
    """Yield every mapping inside, parameters and players apart: their `set` is no payment."""
    if isinstance(whole, dict):
        yield whole
        for key, inner in whole.items():
            if key not in ("parameters", "players", "roles", "shift", "forbid", "set", "payoffs"):
                yield from _parts(inner)
    elif isinstance(whole, list):
        for inner in whole:
            yield from _parts(inner)


def _scale(amounts: Plain, factor: float) -> None:
    """Multiply amounts, which may stand one mapping deeper (a role's terms)."""
    for key, amount in amounts.items():
        if isinstance(amount, dict):
            _scale(amount, factor)
        else:
            amounts[key] = _scaled(amount, factor)


def _scaled(amount: Any, factor: float) -> Any:
    if isinstance(amount, dict):  # `cost` of a mechanism, by role
        return {role: _scaled(each, factor) for role, each in amount.items()}
    return f"{factor} * ({amount})"


# --- mechanisms -----------------------------------------------------------------------------------


def without_mechanisms(data: Plain) -> Plain:
    """Return the scenario with its mechanisms taken out."""
    return {key: data[key] for key in data if key not in ("mechanisms", "library")}


def spell_out_mechanism(data: Plain) -> Plain:
    """Return the scenario with what its only mechanism brings written where it takes effect."""
    (use,) = data["mechanisms"]
    declared = data["library"][use["use"]]
    content = {"asserted": declared, "rival": declared["rival"], "absent": {}}[use["setting"]]
    names = {role: bound for role, bound in use["roles"].items() if isinstance(bound, str)}
    plain = without_mechanisms(copy.deepcopy(data))
    for form, write in _WRITERS.items():
        if form in content:
            write(plain, use["roles"], rename({"it": content[form]}, names)["it"], content[form])
    return plain


def _write_shift(data: Plain, roles: Plain, _: Any, content: Any) -> None:
    names = {role: bound for role, bound in roles.items() if isinstance(bound, str)}
    bound = roles["reply"] if isinstance(roles["reply"], list) else [roles["reply"]]
    shift = rename({"it": content["reply"]}, names)["it"]
    for effect in _parts(data["stages"]):
        if effect.get("name") in bound and "chance" in effect:
            p = effect["chance"]
            effect["chance"] = f"logistic(log(({p}) / (1 - ({p}))) + {shift})"


def _write_pays(data: Plain, roles: Plain, content: Any, _: Any) -> None:
    for target, amounts in content.items():
        if "." in target:
            _pay(_action(data, target), amounts)
        else:
            per = data.get("payoffs", {}).get("per")
            assert per is None, "a mechanism's payments count by the period"
            data.setdefault("payoffs", {}).setdefault(target, {}).update(amounts)


def _pay(action: Plain, amounts: Plain) -> None:
    for player, amount in amounts.items():
        before = action.setdefault("pays", {}).get(player)
        action["pays"][player] = amount if before is None else f"({before}) + ({amount})"


def _write_cost(data: Plain, roles: Plain, content: Any, _: Any) -> None:
    for target, amount in content.items():
        action = _action(data, target)
        action["cost"] = f"({action.get('cost', 0)}) + ({amount})"


def _write_forbid(data: Plain, roles: Plain, content: Any, _: Any) -> None:
    for target, condition in content.items():
        action = _action(data, target)
        before = f"({action['when']}) and " if "when" in action else ""
        action["when"] = f"{before}not ({condition})"


def _write_effects(data: Plain, roles: Plain, content: Any, _: Any) -> None:
    (effect,) = content
    stage = next(stage for stage in data["stages"] if stage["name"] == effect.pop("at"))
    stage.setdefault("effects", []).append(effect)


def _write_set(data: Plain, roles: Plain, content: Any, _: Any) -> None:
    for name, value in content.items():
        data["parameters"][name]["value"] = value


def _action(data: Plain, act: str) -> Plain:
    player, _, name = act.partition(".")
    for stage in data["stages"]:
        acts = stage.get("actions", {})
        acts = acts.get(player, {}) if "players" in stage else acts
        if name in acts and player in (stage.get("player"), *stage.get("players", ())):
            found: Plain = acts[name]
            return found
    raise KeyError(act)


_WRITERS: dict[str, Callable[[Plain, Plain, Any, Any], None]] = {
    "shift": _write_shift,
    "pays": _write_pays,
    "cost": _write_cost,
    "forbid": _write_forbid,
    "effects": _write_effects,
    "set": _write_set,
}
