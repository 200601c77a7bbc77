"""Draw the figures of the README and the pages from real answers: `python docs/figures.py`.

The curves are what `offramp run pledge --set p_firm=…` prints, one solve a point; a test draws them
again and compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from offramp import compile_game, load_scenario, propagate, solve

FOLDER = Path(__file__).parent / "figures"

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 44, 52
LOW, HIGH = 0.1, 0.6  # the range of p_firm that the scenario declares
POINTS = 11
COLOURS = {"never-fight": "#b2402e", "solved": "#2d5f8b", "always-fight": "#3f7a4a"}


def chance_lost(policy: str, p_firm: float) -> float:
    """Return the chance that the land is lost at the end."""
    game = compile_game(load_scenario("pledge"), case=policy, parameters={"p_firm": p_firm})
    return float(propagate(solve(game)).measures["lost"])


def pledge_figure() -> str:
    """Return the figure as SVG."""
    xs = [LOW + (HIGH - LOW) * k / (POINTS - 1) for k in range(POINTS)]
    parts = [_head(), *_axes()]
    for policy, colour in COLOURS.items():
        parts += _curve(policy, colour, xs, [chance_lost(policy, x) for x in xs])
    return "\n".join([*parts, "</svg>\n"])


def _head() -> str:
    title = "How likely the land is lost, by how likely the patron is firm"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="13">\n<title>{title}</title>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n'
        f'<text x="{LEFT}" y="24" font-size="15" font-weight="bold">{title}</text>'
    )


def _axes() -> list[str]:
    lines = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(share)
        lines.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#d8d8d8"/>'
            f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{share:.0%}</text>'
        )
    for x in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        lines.append(
            f'<text x="{_x(x)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{x:.0%}</text>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    lines.append(
        f'<text x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">chance that the patron is firm'
        "</text>"
        f'<text transform="translate(18 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">land lost '
        "(lower is better)</text>"
    )
    return lines


def _curve(policy: str, colour: str, xs: Sequence[float], ys: Sequence[float]) -> list[str]:
    path = " ".join(f"{_x(x)},{_y(y)}" for x, y in zip(xs, ys, strict=True))
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="3"/>',
        f'<text x="{WIDTH - RIGHT + 10}" y="{_y(ys[-1]) + 4}" fill="{colour}">{policy}</text>',
    ]


def _x(p_firm: float) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * (p_firm - LOW) / (HIGH - LOW), 1)


def _y(share: float) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - share), 1)


FIGURES = {"pledge.svg": pledge_figure}


def main() -> None:
    """Draw every figure."""
    FOLDER.mkdir(exist_ok=True)
    for name, draw in FIGURES.items():
        (FOLDER / name).write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
