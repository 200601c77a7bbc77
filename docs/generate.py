"""Write the reference pages that are read off the program: `reference/cli.md`, `reference/json.md`.

Run `python docs/generate.py` after a command or an answer has changed; a test fails until then.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

REFERENCE = Path(__file__).parent / "reference"
COMMANDS = (
    "list", "new", "check", "schema", "mechanisms", "essay", "run", "sweep", "why", "canon",
    "export", "rates", "claims", "audit", "crux", "flips", "explore", "earned", "doubt", "believe",
    "drivers", "report", "index",
)  # fmt: skip

CLI_HEAD = """# Command line

One command answers one question. Every command takes `--json`, and its keys are described
[on their own page](json.md).

| exit code | means |
| --- | --- |
| 0 | all is well |
| 1 | a check failed: an equilibrium misses its tolerances, or a rate is absurd |
| 2 | the input is bad; every problem is printed, nothing was solved or written |
| 130 | stopped by Ctrl-C; nothing half-written is left behind |

Whatever takes longer than a second says how far it has come: a bar on a terminal, plain lines
otherwise, both on standard error. A `NAME` is a scenario that ships with offramp (`offramp list`),
a `FILE` is yours.
"""

JSON_HEAD = """# JSON answers

What `--json` prints, command by command. `offramp schema --answer COMMAND` prints the JSON Schema
of each, against which the tests hold every answer. Numbers are never NaN: where a question does not
arise, the value is `null`.
"""


def help_of(command: str | None) -> str:
    """Return the help of a command, of the program itself for None."""
    from offramp.cli import run

    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        run([command, "--help"] if command else ["--help"])
    return text.getvalue().rstrip()


def cli_page() -> str:
    """Return the page of all commands with their help."""
    parts = [CLI_HEAD, f"```text\n{help_of(None)}\n```\n"]
    parts += [f"## `offramp {one}`\n\n```text\n{help_of(one)}\n```\n" for one in COMMANDS]
    return "\n".join(parts)


def json_page() -> str:
    """Return the page of all answers with their keys."""
    from offramp.report.answers import ANSWERS

    parts = [JSON_HEAD]
    for name, model in ANSWERS.items():
        schema = model.model_json_schema()
        parts.append(f"## `{name}`\n\n{schema['description']}\n\n{_keys(schema)}")
    shared: dict[str, Any] = {}
    for model in ANSWERS.values():
        shared |= model.model_json_schema().get("$defs", {})
    for name, schema in sorted(shared.items()):
        parts.append(f"### {name}\n\n{schema['description']}\n\n{_keys(schema)}")
    return "\n".join(parts)


def _keys(schema: dict[str, Any]) -> str:
    lines = ["| key | type | meaning |", "| --- | --- | --- |"]
    for key, value in schema["properties"].items():
        lines.append(f"| `{key}` | {_type(value)} | {value.get('description', '')} |")
    return "\n".join(lines) + "\n"


def _type(value: dict[str, Any]) -> str:
    if "$ref" in value:
        name = value["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in value:
        return " or ".join(_type(one) for one in value["anyOf"])
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    if value.get("type") == "array":
        return f"list of {_type(value['items'])}"
    if value.get("type") == "object":
        return f"map of names to {_type(value['additionalProperties'])}"
    return str(value["type"])


PAGES = {"cli.md": cli_page, "json.md": json_page}


def main() -> None:
    """Write every page."""
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
