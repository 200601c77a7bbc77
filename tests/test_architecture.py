"""The house keeps its plan: imports point left, rooms stay small, public names are documented."""

from __future__ import annotations

import ast
import inspect
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import offramp

SOURCE = Path(offramp.__file__).parent
DOCS = SOURCE.parents[1] / "docs"
MODULES = sorted(SOURCE.rglob("*.py"))
NAMES = {".".join(p.relative_to(SOURCE.parent).with_suffix("").parts) for p in MODULES}
# a room may import itself and any room before it
ORDER = (
    "errors",
    "notebook",
    "scenario",
    "game",
    "equilibrium",
    "outcomes",
    "exploration",
    "report",
    "cli",
)
NEVER = {("equilibrium", "scenario"), ("outcomes", "scenario")}
CORE = {"jaxtyping", "numpy"}
MAY_USE = {
    "errors": set(),
    "notebook": set(),
    "scenario": CORE | {"_ruamel_yaml", "pydantic", "pydantic_core", "ruamel"},
    "game": CORE,
    "equilibrium": CORE | {"numba"},
    "outcomes": CORE | {"numba"},
    "exploration": CORE | {"numba", "scipy"},
    "report": CORE | {"altair", "jinja2", "markupsafe", "pydantic", "vl_convert"},
    "cli": {"rich", "typer"},
    "__init__": set(),
}
OPTIONAL = {"pandas", "polars", "pyarrow", "xarray"}  # imported inside `.to_pandas()` and its like
MAX_FILE_CODE_LINES = 550
MAX_KERNEL_FILE_CODE_LINES = 900  # kernels of one call tree live in one file, for numba's cache
MAX_FUNCTION_CODE_LINES = 80
MAX_KERNEL_CODE_LINES = 150  # a sweep over a tree or over rows keeps its scalars in one scope
MAX_MEDIAN_FUNCTION = 12
DATA_NAMES = ("Kyiv", "Moscow", "Washington", "Ukrain", "Russia", "guarantee-2025", "strait-stand")


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(path: Path, *, at_top_only: bool = False) -> Iterator[str]:
    """Yield the dotted names that a module imports; those under TYPE_CHECKING are left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    nodes = tree.body if at_top_only else ast.walk(tree)
    for node in nodes:
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in NAMES else node.module or "" for name in whole)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_point_left(path):
    room = room_of(path)
    for name in imports_of(path):
        if not name.startswith("offramp."):
            continue
        other = name.split(".")[1]
        if room in ORDER:
            assert ORDER.index(other) <= ORDER.index(room), f"{room} imports {other}"
        assert (room, other) not in NEVER, f"{room} imports {other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_rooms_use_only_the_libraries_they_may(path):
    room = room_of(path)
    ours = {"offramp", *sys.stdlib_module_names}
    used = {name.split(".")[0] for name in imports_of(path)} - ours
    at_top = {name.split(".")[0] for name in imports_of(path, at_top_only=True)} - ours
    assert used <= MAY_USE[room] | OPTIONAL
    assert not at_top & OPTIONAL


def test_no_module_imports_itself_through_others():
    graph = {}
    for path in MODULES:
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        graph[name] = {
            other for other in imports_of(path, at_top_only=True) if other.startswith("offramp")
        }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name in done:
            return
        for other in graph.get(name, ()):
            visit(other, (*trail, name))
        done.add(name)

    for name in graph:
        visit(name, ())


def code_lines(path: Path) -> set[int]:
    """Return the numbers of lines that hold code, docstrings and comments aside."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    prose = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            prose |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(text.splitlines(), 1)
    held = {n for n, line in lines if line.strip() and not line.strip().startswith("#")}
    return held - prose


def functions_of(path: Path) -> Iterator[tuple[str, int]]:
    held = code_lines(path)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            body = range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
            yield f"{path.name}:{node.name}", len(held & set(body))


def test_files_stay_small():
    large = {
        str(path.relative_to(SOURCE)): len(code_lines(path)) - MAX_FILE_CODE_LINES
        - ("kernels" in str(path)) * (MAX_KERNEL_FILE_CODE_LINES - MAX_FILE_CODE_LINES)
        for path in MODULES
    }  # fmt: skip
    assert {name: beyond for name, beyond in large.items() if beyond > 0} == {}


def test_functions_stay_small():
    sizes = [one for path in MODULES for one in functions_of(path)]
    loops = [one for path in MODULES if "kernels" in str(path) for one in functions_of(path)]
    assert [one for one in loops if one[1] > MAX_KERNEL_CODE_LINES] == []
    others = [one for one in sizes if one not in loops]
    assert [one for one in others if one[1] > MAX_FUNCTION_CODE_LINES] == []
    assert statistics.median(n for _, n in sizes) <= MAX_MEDIAN_FUNCTION


def test_code_names_no_country_and_no_scenario():
    found = [
        (path.name, word)
        for path in MODULES
        for word in DATA_NAMES
        if word in path.read_text(encoding="utf-8")
    ]
    assert found == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", [n for n in offramp.__all__ if not n.startswith("__")])
def test_public_names_are_documented(name):
    public = getattr(offramp, name)
    assert inspect.getdoc(public)
    page = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    assert (
        f".. autofunction:: offramp.{name}\n" in page or f".. autoclass:: offramp.{name}\n" in page
    )


def test_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'prophesy'"):
        _ = offramp.prophesy


def test_lazy_names_are_those_listed():
    assert set(offramp.__all__) - {"__version__"} == set(offramp._ROOMS)
    assert offramp.__all__ == sorted(offramp.__all__)


def modules_after(code: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after running `code`."""
    script = f"import sys\n{code}\nprint('\\n'.join({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


def test_help_imports_nothing_heavy():
    code = "from offramp.cli import run\nassert run(['--help']) == 0"
    assert not modules_after(code) & {"numba", "numpy", "pydantic", "rich", "ruamel", "scipy"}


def test_check_imports_neither_numba_nor_scipy():
    code = "from offramp.cli import run\nassert run(['check', 'pledge']) == 0"
    assert not modules_after(code) & {"numba", "scipy"}
