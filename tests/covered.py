"""What of the code the tests run: `./loadstar test --cov` loads it into each process that runs tests, before any room.

The code is given marks that are taken out once they have been passed. Asking Python at each call, as coverage.py does, made
tests take half as much processor time again.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import slipcover

PROJECT = Path(__file__).resolve().parents[1]
LEAST_PCT = 85.0  # of the lines and branches, in the tests' own processes; raised when more is reached, never lowered
ROOMS: list[str] = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
MIGRATIONS = "store/records/migrations/*"  # alembic loads them past what is measured here; each of them runs in every test

_measured = slipcover.Slipcover(branch=True, source=ROOMS, omit=[MIGRATIONS])
slipcover.ImportManager(_measured, slipcover.FileMatcher(sources=ROOMS, omit=[MIGRATIONS])).__enter__()
_told: list[dict[str, Any]] = []


def covered_pct() -> float:
    """The share of lines and branches that any of the processes has run, in percent."""
    whole = _told[0] if _told else _measured.get_coverage()
    for part in _told[1:]:
        slipcover.merge_coverage(whole, part)
    del _told[1:]
    return float(whole["summary"]["percent_covered"])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if hasattr(session.config, "workeroutput"):  # one of several processes that share the tests
        if session.config.workerinput["workerid"] != "gw0":
            _measured.source = None  # what none of them has loaded is read by the first: seconds of a processor for each
        session.config.workeroutput["covered"] = json.dumps(_measured.get_coverage())
    elif exitstatus == pytest.ExitCode.OK and covered_pct() < LEAST_PCT:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    if (told := getattr(node, "workeroutput", {}).get("covered")) is not None:
        _told.append(json.loads(told))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    covered = covered_pct()
    words = f"The tests run {covered:.1f} % of the code's lines and branches; at least {LEAST_PCT:g} % are asked for."
    terminalreporter.write_line(words, red=covered < LEAST_PCT)
