"""The guides say what is true."""

import re

import click
import pytest

from cli.doctor import settings_table
from cli.main import COMMANDS, loadstar
from config.settings import PREFIX, PROJECT, Settings

GUIDE = (PROJECT / "docs/administrators.md").read_text()
SHEET = (PROJECT / "docs/security.md").read_text().partition("\n## The sheet\n")[2]


def test_its_table_of_settings_is_the_one_that_doctor_prints() -> None:
    table = re.search(r"<!-- settings: .*? -->\n\n(.*?)\n\n<!-- /settings -->", GUIDE, re.DOTALL)
    assert table
    assert table[1] == settings_table()


def test_every_setting_it_names_exists() -> None:
    for name in re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", GUIDE):
        assert name.removeprefix(PREFIX).lower() in Settings.model_fields, name


@pytest.mark.parametrize("line", sorted(set(re.findall(r"\./loadstar ([a-z][^`\n]*?)`", GUIDE))))
def test_every_command_it_shows_is_one(line: str) -> None:
    words = line.split()
    command: click.Command | None = loadstar
    context = click.Context(loadstar)
    while isinstance(command, click.Group) and words:
        command = command.get_command(context, words.pop(0))
        assert command, line
    assert command
    options = {name for parameter in command.params for name in parameter.opts}
    assert all(word in options for word in words if word.startswith("-")), line


def test_every_command_has_a_line_of_help_and_says_the_same_when_asked() -> None:
    context = click.Context(loadstar)
    names = loadstar.list_commands(context)
    assert set(names) <= set(COMMANDS)
    for name in names:
        command = loadstar.get_command(context, name)
        assert command
        assert command.help


def test_the_folders_it_tells_to_back_up_are_those_that_are_used() -> None:
    assert "`records.sqlite3`" in GUIDE
    assert Settings().records_url.endswith("/records.sqlite3")


def test_the_security_sheet_names_files_and_tests_that_there_are() -> None:
    named = re.findall(r"`([\w./-]+)(?:::(test_\w+))?`", SHEET)
    assert named
    for path, test in named:
        assert (PROJECT / path).is_file(), path
        assert not test or f"\ndef {test}(" in (PROJECT / path).read_text(), f"{path}::{test}"


def test_the_security_sheet_has_each_point_once_and_counts_them() -> None:
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \| [^|]+ \| (gap: )?", SHEET, re.MULTILINE)
    others = re.findall(r"\d+\.\d+\.\d+", " ".join(re.findall(r"^Do not apply: ([^–]*)–", SHEET, re.MULTILINE)))
    gaps = sum(bool(gap) for _, gap in rows)
    points = [point for point, _ in rows] + others
    assert len(points) == len(set(points))
    counts = [int(number) for number in re.findall(r"\b\d+\b(?!\.)", SHEET.partition(": ")[2].partition(" do not apply")[0])]
    assert counts == [len(points), len(rows) - gaps, gaps, len(others)]
