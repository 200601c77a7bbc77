"""What the specification's formulas say of each classic model, with any numbers.

Written down from the theorems, by hand, and sharing nothing with the program: so that the models
are held against other numbers than those of their published checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

__all__ = ["OTHER_NUMBERS", "THEOREMS"]

Numbers = dict[str, float]
Values = dict[str, float | str]


def extended_deterrence(vC, cC, p, cD, vhi, vlo, phi) -> Values:
    assert p * vhi > cD > p * vlo
    star = vC / (p * vC + cC)
    attack = 1.0 if phi < star else 0.0
    return {"phi_star": star, "attack": attack, "fight_high": 1.0, "fight_low": 0.0,
            "war": attack * phi, "eu_attack": vC * (1 - phi) + phi * ((1 - p) * vC - cC)}  # fmt: skip


def crisis_signalling(SA, SB, VA, CB, a, VB, WAh, WAl, WBh, WBl, alpha, beta) -> Values:
    q = (VB - CB) / (VB - WBl)
    resistance = (VA - SA) / (VA - a)
    assert WAl < a < SA < WAh
    assert alpha < q
    assert beta < resistance
    return {
        "q_star": q, "bluff": alpha * (1 - q) / ((1 - alpha) * q), "R": resistance,
        "resist_weak": (resistance - beta) / (1 - beta), "challenge": alpha / q,
        "war": alpha * resistance, "status_quo": 1 - alpha / q,
        "concession": alpha / q * (1 - resistance), "back_down": (alpha / q - alpha) * resistance,
    }  # fmt: skip


def brinkmanship(r1, r2, r3, r4, dC, dDi, dDr, mu) -> Values:
    star = (1 - r3 * dC / (1 - r3)) / (1 + r4 * dC)
    bluff = mu * (1 - star) / ((1 - mu) * star)
    press = (1 - r2 * dDi / (1 - r2)) / (1 + r3 * dDi)
    resist = mu + (1 - mu) * bluff
    worth = -r1 * dC + (1 - r1) * ((1 - resist) - resist * r2 * dC)
    assert worth > 0
    at_four = mu / resist * r4
    disaster = r1 + (1 - r1) * resist * (r2 + (1 - r2) * press * (r3 + (1 - r3) * at_four))
    return {"mu_star": star, "bluff": bluff, "press": press, "resist": resist,
            "eu_challenge": worth, "challenge": 1.0, "disaster": disaster}  # fmt: skip


def asymmetric_escalation(rho, h) -> Values:
    assert rho > 1 / 3
    deters = h > 0.5
    return {"h_star": 0.5, "rho_star": 1 / 3, "q_hard": 0.5, "q_soft": 2 / 9,
            "status_quo": float(deters),
            "limited_conflict": 0.0 if deters else h,
            "D_concedes": 0.0 if deters else 1 - h}  # fmt: skip


def reassurance(t, L, g, kT, kU) -> Values:
    m = L / (1 + L)
    separates = kU >= g
    assert separates or (t < m and kT < kU / g)
    bluff = 0.0 if separates else t * (1 - m) / ((1 - t) * m)
    engage = 1.0 if separates else kU / g
    return {"m": m, "regime": "separating" if separates else "semi_separating", "engage": engage, "bluff": bluff,
            "gesture": t + (1 - t) * bluff, "coop": t * engage,
            "exploit": (1 - t) * bluff * engage}  # fmt: skip


def red_line_probing(L, n) -> Values:
    d = (1 - L) / (n + 1)
    return {"d": d, "reach": n * d, "value": n * (1 - L) ** 2 / (2 * (n + 1))}


def ambiguous_alliance(p0, p1, vT, cT, vP, cP, k_war, ell, s) -> Values:
    deter, entrap = (1 - cT / vT - p0) / (p1 - p0), (cP / vP - p0) / (p1 - p0)
    choice = min(pi for pi in (0, 0.25, 0.5, 0.75, 1) if deter <= pi <= entrap)
    assert -s * choice > -max(k_war, ell)
    return {"pi_deter": deter, "pi_entrap": entrap, "window": 1.0, "pi_choice": choice,
            "patron_value": -s * choice, "peace": 1.0}  # fmt: skip


def provocation_spoilers(t, m, sT, sU, B, k) -> Values:
    violence = t * sT + (1 - t) * sU
    after = t * sT / violence
    pivotal = t >= m > after
    attempt = float(pivotal and violence * B > k)
    return {"p_violence": violence, "t_after_violence": after,
            "t_after_calm": t * (1 - sT) / (1 - violence), "t_low": m,
            "t_high": m * sU / (m * sU + (1 - m) * sT), "attempt": attempt,
            "peace": float(t >= m) * (1 - attempt * violence)}  # fmt: skip


def reputation(a, b, p, Nst) -> Values:
    fights = 1.0 if p >= b**2 else (1 - b**2) * p / ((1 - p) * b**2)
    return {"thresholds.n3": b**3, "thresholds.n2": b**2, "thresholds.n1": b,
            "enter_first": float(p < b**3), "fight_weak_first": fights}  # fmt: skip


def burden_sharing(alpha, w1, w2) -> Values:
    assert alpha == 0.5
    g1 = (alpha * w1 - (1 - alpha) * alpha * w2) / (1 - (1 - alpha) ** 2)
    g2 = alpha * w2 - (1 - alpha) * g1
    assert g2 > 0
    first = (w1 - w2) / 2
    second = w2 / 2 - first / 2
    return {"g1": g1, "g2": g2, "G": g1 + g2, "burden1": g1 / w1, "burden2": g2 / w2,
            "seq_g1": first, "seq_g2": second, "seq_G": first + second,
            "G_efficient": alpha * (w1 + w2)}  # fmt: skip


def bargaining_range(p, cA, clo, chi, q) -> Values:
    star = (clo + cA) / (chi + cA)
    risky = q > star
    value = q * (p + chi) + (1 - q) * (p - cA) if risky else p + clo
    return {"q_star": star, "demand": p + (chi if risky else clo), "war": 1 - q if risky else 0.0,
            "value": value, "range_low": p - cA, "range_high_lo": p + clo,
            "range_high_hi": p + chi}  # fmt: skip


def bargaining_range_uniform(p, cA, cbar) -> Values:
    assert cA < cbar
    return {"demand": p + (cbar - cA) / 2, "war": (cbar - cA) / (2 * cbar)}


def fighting_learning_battle(s, ths, thw, ww, ws, k, L2, H2) -> Values:
    star = (H2 - L2) / (ws + k - L2)
    win = s * ths + (1 - s) * thw
    after = {"win": s * ths / win, "loss": s * (1 - ths) / (1 - win)}
    war = s * (ths * (after["win"] < star) + (1 - ths) * (after["loss"] < star))
    return {"s_star": star, "s_after_win": after["win"], "s_after_loss": after["loss"], "war": war,
            "high_after_win": float(after["win"] > star),
            "high_after_loss": float(after["loss"] > star)}  # fmt: skip


def reassurance_at_once(CC, DC, DD, CD) -> Values:
    return {"m": (DD - CD) / ((DD - CD) + (CC - DC))}


def shifting_power(P1, P2, dlt, cD, cR) -> Values:
    later = max(0.0, 1 - P2 - cD)
    fight, most = (1 - P1) * (1 + dlt) - cD, 1 + dlt * later
    war = fight > most
    found: Values = {
        "war": float(war), "x2": later, "D_war_value": fight, "D_peace_max": most,
        "P2_star": 1 - cD - ((1 - P1) * (1 + dlt) - cD - 1) / dlt,
        "x1": 1.0 if war else fight - dlt * later, "D_value": fight,
        "R_value": P1 * (1 + dlt) - cR if war else 1 + dlt - fight,
    }  # fmt: skip
    return found


def fighting_learning(s, ww, ws, k, dlt, L2, H2, x1) -> Values:
    star = (H2 - L2) / (ws + k - L2)
    assert s < star
    reject = s * (1 - star) / ((1 - s) * star)
    high = (x1 / dlt - L2) / (H2 - L2)
    settle_1 = (1 - s) * (1 - reject)
    second = dlt * ((1 - star) * (1 - L2) + star * (1 - ws - k))
    return {"s_star": star, "weak_reject": reject, "high_offer_2": high, "war": s * (1 - high),
            "settle_1": settle_1, "A_value": settle_1 * (1 - x1) + (1 - settle_1) * second,
            "settle_2": 1 - settle_1 - s * (1 - high)}  # fmt: skip


def war_of_attrition(v0, v1, c0, c1, Tn) -> Values:
    q0, q1 = c1 / (v1 + c1), c0 / (v0 + c0)
    stay = (1 - q0) * (1 - q1)
    rounds = sum(stay**t for t in range(int(Tn)))
    return {"q0": q0, "q1": q1, "S0_wins": (1 - q0) * q1 * rounds, "S1_wins": q0 * (1 - q1) * rounds,
            "both_quit": q0 * q1 * rounds, "exhausted": stay**Tn}  # fmt: skip


def lanchester_reinforcement(A, B, a, b, V, kA, kB, cost, rmax) -> Values:
    @cache
    def wins(x: int, y: int) -> float:
        if x == 0 or y == 0:
            return float(y == 0)
        on_b = a * x / (a * x + b * y)
        return on_b * wins(x, y - 1) + (1 - on_b) * wins(x - 1, y)

    def worth(r: int) -> float:
        win = wins(A, B + r)
        return -cost * r - (V * win + kB if win * V > kA else 0.0)

    best = max(range(rmax + 1), key=worth)
    found: Values = {f"win.r{r}": wins(A, B + r) for r in range(4)}
    attack = float(wins(A, B + best) * V > kA)
    return {**found, "r": float(best), "attack": attack, "B_value": worth(best)}


def gambling_resurrection(V, D, S, B, qh, ql, pi) -> Values:
    low, high = S + (1 - ql) * D - ql * V, (S + (1 - ql) * D) / ql - V
    mixes = low < B < high
    settle = 1 - (1 - qh) / (1 - ql) if mixes else float(low >= B)
    victory = pi * qh + (1 - pi) * (1 - settle) * ql
    return {"q_public": (S + D) / (V + D), "B_low": low, "B_high": high,
            "regime": "mixed" if mixes else "settles" if low >= B else "gambles",
            "settle_unable": settle,
            **({"retain_after_defeat": (S + (1 - ql) * D - ql * (V + B)) / ((1 - ql) * B),
                "post_defeat": pi} if mixes else {}),
            "victory": victory, "settlement": (1 - pi) * settle,
            "defeat": 1 - victory - (1 - pi) * settle, "post_victory": pi * qh / victory}  # fmt: skip


def coercion_rally(p, V, rho, kap, x, c, den, W, b) -> Values:
    resist = {"none": p * V - c, "punish": p * V * (1 + rho * x) - kap * x - c,
              "denial": (p - den) * V - c}  # fmt: skip
    chance = {"none": p, "punish": p, "denial": p - den}
    worth = {act: (W if resist[act] < 0 else 0.5 * (1 - chance[act]) * W) - b * (act != "none")
             for act in resist}  # fmt: skip
    best = max(worth, key=lambda act: worth[act])
    return {**{f"resist_value.{act}": value for act, value in resist.items()},
            **{f"choice.{act}": float(act == best) for act in resist},
            "rho_star": kap / (p * V), "slope": p * V * rho - kap}  # fmt: skip


def face_saving_offramp(VA, a, VB, WBl, WAr, WAs, WAi, ar, asm, m, beta) -> Values:
    back = a * (1 - m)
    firm = ar + (asm if back < WAs else 0.0)
    q, resistance = VB / (VB - WBl), VA / (VA - back)
    challenge = firm / q
    return {"q_star": q, "R": resistance, "firm": firm, "challenge": challenge,
            "war": firm * resistance, "back_down": (challenge - firm) * resistance,
            "concession": challenge * (1 - resistance),
            "resist_weak": (resistance - beta) / (1 - beta)}  # fmt: skip


def limited_war_risk(rho, e, e2, dC, Llo, Lhi, mu) -> Values:
    def reply(force: float, loss: float) -> str:
        worth = {"quit": 0.0, "nuclear": -e * loss + 1 - e,
                 "fight": -rho * force * loss + (1 - rho * force) * (1 - force)}  # fmt: skip
        return max(worth, key=lambda act: worth[act])

    def ends(force: float, loss: float) -> tuple[float, float]:
        act = reply(force, loss)
        risk = {"quit": 0.0, "fight": rho * force, "nuclear": e}[act]
        win = {"quit": 1.0, "fight": (1 - risk) * force, "nuclear": 0.0}[act]
        return win - risk * dC, risk

    def worth(force: float) -> float:
        return mu * ends(force, Llo)[0] + (1 - mu) * ends(force, Lhi)[0] if force else 0.0

    best = max((0.0, 0.4, 0.6, 0.8), key=worth)
    disaster = mu * ends(best, Llo)[1] + (1 - mu) * ends(best, Lhi)[1] if best else 0.0
    stars = {f"rho_star.{f:g}": (e * (1 + Llo) - f) / (f * (1 - f + Llo)) for f in (0.4, 0.6, 0.8)}
    return {"force": best, "C_value": worth(best), "disaster": disaster,
            "resolute": reply(best, Llo), "irresolute": reply(best, Lhi), **stars}  # fmt: skip


def security_dilemma(mu, d, cbar) -> Values:
    if cbar < d:
        return {"arm": 1.0}
    return {"cutoff": mu * cbar / (cbar - d + mu), "arm": mu / (cbar - d + mu)}


def dollar_auction(s, b) -> Values:
    opening = (b - 1) % (s - 1) + 1
    return {"opening": float(opening), "opener_gain": float(s - opening)}


def audience_costs_continuous(a1, a2, v, cbar) -> Values:
    def horizon(own: float, other: float) -> float:
        low, high = 0.0, 1e6
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (
                (middle, high) if own * middle * (v + other * middle) / v < cbar else (low, middle)
            )
        return low

    t1, t2 = horizon(a1, a2), horizon(a2, a1)
    t = min(t1, t2)
    atom1 = 1 - a1 * t / cbar * (v + a2 * t) / v
    atom2 = 1 - a2 * t / cbar * (v + a1 * t) / v
    n = 20_000
    total = 0.0
    for k in range(n):  # the middle rule
        at = (k + 0.5) * t / n
        total += a2 / (v + a2 * at) * v / (v + a2 * at) * v / (v + a1 * at) * t / n
    first = atom1 + (1 - atom1) * (1 - atom2) * total
    war = a1 * t / cbar * a2 * t / cbar
    return {"horizon": t, "T1": t1, "T2": t2, "atom1": atom1, "atom2": atom2, "S1_quits": first,
            "S2_quits": 1 - first - war, "war": war}  # fmt: skip


THEOREMS: dict[str, Callable[..., Values]] = {
    name.replace("_", "-"): function
    for name, function in list(globals().items())
    if callable(function) and getattr(function, "__module__", "") == __name__
}

OTHER_NUMBERS: dict[str, list[Numbers]] = {
    "extended-deterrence": [{"phi": 0.35, "cC": 0.7, "p": 0.7}, {"vC": 0.6, "phi": 0.8}, {"phi": 0.75}, {"phi": 0}, {"cC": 0.2, "vC": 3}],
    "crisis-signalling": [
        {"alpha": 0.3, "a": -0.7, "WBl": -0.6, "beta": 0.25},
        {"SA": 0.2, "SB": 0.5, "VA": 1.4, "CB": -0.2, "VB": 0.8, "a": -0.1, "WAh": 0.5},
    ],
    "brinkmanship": [{"mu": 0.2, "dC": 1.5, "dDi": 6}, {"r1": 0.02, "r3": 0.1, "r4": 0.25, "mu": 0.25}],
    "asymmetric-escalation": [{"rho": 0.6, "h": 0.2}, {"rho": 0.8, "h": 0.45}, {"h": 0.6}],
    "reassurance": [{"t": 0.3, "L": 3, "kU": 1.2}, {"t": 0.5, "g": 2.0, "kT": 0.1}, {"kU": 1.8}],
    "red-line-probing": [{"L": 0.1}, {"L": 0.25}, {"L": 0.4, "n": 1}],
    "ambiguous-alliance": [{"cT": 0.55, "cP": 0.7}, {"cT": 0.75, "cP": 0.75}, {"p0": 0.2, "p1": 0.9, "s": 0.1}],
    "provocation-spoilers": [{"t": 0.75, "sT": 0.1}, {"t": 0.65, "m": 0.5, "sU": 0.8, "B": 2}, {"t": 0.9}, {"t": 0.5}],
    "reputation": [{"b": 0.6, "p": 0.15, "a": 3}, {"b": 0.55, "p": 0.05}, {"p": 0.2}, {"p": 0.3}],
    "burden-sharing": [{"w1": 2.6, "w2": 2.0}],
    "bargaining-range": [
        {"p": 0.4, "cA": 0.2, "chi": 0.35, "q": 0.7}, {"q": 0.3, "clo": 0.15},
    ],
    "bargaining-range-uniform": [{"cA": 0.2, "cbar": 0.4}],
    "fighting-learning-battle": [{"s": 0.6}, {"ths": 0.55, "k": 0.1}],
    "reassurance-at-once": [{"CD": -2, "DC": 0.3}],
    "shifting-power": [
        {"P1": 0.25, "P2": 0.65, "dlt": 0.9}, {"P1": 0.3, "P2": 0.45, "cD": 0.15, "cR": 0.05},
    ],
    "fighting-learning": [{"s": 0.4, "x1": 0.25}, {"k": 0.15, "dlt": 0.9, "ws": 0.45}],
    "war-of-attrition": [{"v0": 1.5, "v1": 1.0, "Tn": 2}, {"c0": 0.3, "c1": 0.8, "v1": 1.4}],
    "lanchester-reinforcement": [
        {"A": 5, "B": 3, "b": 1.5}, {"A": 3, "B": 3, "kA": 0.3, "cost": 0.1, "rmax": 4},
    ],
    "gambling-resurrection": [{"B": 0.6, "pi": 0.4, "qh": 0.8}, {"S": 0.1, "D": 1.2, "B": 0.9}, {"B": 0.1}, {"B": 1.2}],
    "coercion-rally": [{"rho": 0.2, "x": 1.5, "c": 0.7}, {"p": 0.5, "V": 1.5, "den": 0.1}],
    "face-saving-offramp": [{"m": 0.2}, {"m": 0.2, "asm": 0}, {"m": 0.8, "ar": 0.2, "beta": 0.2, "WBl": -0.8}],
    "limited-war-risk": [{"rho": 0.05}, {"rho": 0.3, "mu": 0.4, "e": 0.48}],
    "security-dilemma": [{"mu": 0.2, "d": 0.4, "cbar": 0.9}, {"cbar": 0.4}],
    "dollar-auction": [{"s": 5, "b": 9}, {"s": 3, "b": 12}, {"s": 8, "b": 30}, {"s": 20, "b": 20}],
    "audience-costs-continuous": [{"a1": 0.2, "a2": 0.35}, {"a1": 0.25, "v": 1.5, "cbar": 1.4}, {"a1": 0.15}],
}  # fmt: skip
