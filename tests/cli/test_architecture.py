"""docs/architecture.md is true: its rooms, what they import, and the ways that it draws."""

import re
import tomllib

import grimp
import pytest

from config.settings import PROJECT

PAGE = (PROJECT / "docs/architecture.md").read_text()
ROW = re.compile(r"^\| (\d) \| `(\w+)` \| .+ \|(.*)\|$", re.MULTILINE)
SOLID = re.compile(r"^ +([\w.]+) --> ([\w.]+)$", re.MULTILINE)
MODULE = re.compile(r"\b(?:faults|bench|cli|demo|dashboard|worker|ingest|reporting|insight|store|models|config)(?:\.\w+)+")


@pytest.fixture(scope="module")
def linter() -> dict[str, list[str]]:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return {"rooms": settings["root_packages"], "floors": settings["contracts"][0]["layers"]}


@pytest.fixture(scope="module")
def imports(linter: dict[str, list[str]]) -> grimp.ImportGraph:
    return grimp.build_graph(*linter["rooms"], cache_dir=None)


def test_the_floors_are_those_that_lint_enforces(linter: dict[str, list[str]]) -> None:
    floors: dict[str, list[str]] = {}
    for floor, room, _ in ROW.findall(PAGE):
        floors.setdefault(floor, []).append(room)
    assert [" | ".join(rooms) for _, rooms in sorted(floors.items())] == linter["floors"]


def test_each_room_imports_the_rooms_that_the_page_names_and_no_other(
    linter: dict[str, list[str]], imports: grimp.ImportGraph
) -> None:
    named = {room: set(re.findall(r"`(\w+)`", others)) for _, room, others in ROW.findall(PAGE)}
    rooms: dict[str, set[str]] = {room: set() for room in linter["rooms"]}
    for module in imports.modules:
        room = module.partition(".")[0]
        others = {other.partition(".")[0] for other in imports.find_modules_directly_imported_by(module)}
        rooms[room] |= others - {room}
    assert named == rooms


def test_every_arrow_of_the_ways_is_an_import(imports: grimp.ImportGraph) -> None:
    arrows = SOLID.findall(PAGE)
    assert len(arrows) > 15
    assert [(module, other) for module, other in arrows if other not in imports.find_modules_directly_imported_by(module)] == []


def test_every_module_that_the_page_names_is_there(imports: grimp.ImportGraph) -> None:
    named = {name for name in MODULE.findall(PAGE) if not name.endswith((".py", ".md"))}
    assert named - set(imports.modules) == set()
