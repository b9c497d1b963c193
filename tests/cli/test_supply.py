"""What Loadstar is made of is written down, and a known hole in it is never passed over in silence."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import supply
from config.settings import PROJECT

HOLE = {"id": "PYSEC-2099-1", "aliases": ["CVE-2099-0001"], "fix_versions": ["2.0"]}
DOCUMENTED = {"id": "GHSA-w8v5-vhqr-4h9v", "aliases": ["CVE-2025-69872"], "fix_versions": []}


def audited(monkeypatch: pytest.MonkeyPatch, *packages: dict[str, Any], probe: str | None = None, why: str = "") -> Result:
    """What `audit` says when pip-audit says this, first of the probe."""
    first = json.dumps({"dependencies": [package("jinja2", HOLE)]}) if probe is None else probe
    answers = iter([first, json.dumps({"dependencies": packages})])
    monkeypatch.setattr(
        supply.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, stdout=next(answers), stderr=why)
    )
    return CliRunner().invoke(supply.audit)


def package(name: str, *holes: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "version": "1.0", "vulns": list(holes)}


def test_an_advisory_that_nobody_accepted_fails_and_says_what_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said = audited(monkeypatch, package("flask"), package("jinja2", HOLE))
    assert said.exit_code == 1
    assert "jinja2 1.0: PYSEC-2099-1 (closed by: 2.0)" in said.output


def test_one_that_is_accepted_is_said_with_its_reason_and_does_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    said = audited(monkeypatch, package("flask"), package("diskcache", DOCUMENTED))
    assert said.exit_code == 0
    assert f"diskcache 1.0: GHSA-w8v5-vhqr-4h9v, {supply.ACCEPTED['CVE-2025-69872']}" in said.output
    assert "2 of 2 packages audited" in said.output


def test_where_no_advisories_can_be_had_it_says_so_and_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    said = audited(monkeypatch, probe="", why="Traceback …\nConnectionError: no route to host\n")
    assert said.exit_code == 0
    assert "NOT AUDITED" in said.output
    assert "no route to host" in said.output
    assert "packages audited" not in said.output


def test_a_package_that_the_index_does_not_have_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said = audited(monkeypatch, package("flask"), {"name": "ours", "skip_reason": "not found"})
    assert "not audited, the index does not have them: ours" in said.output
    assert "1 of 2 packages audited" in said.output


@pytest.mark.parametrize(
    "probe", [{"name": "jinja2", "skip_reason": "not found"}, {"name": "jinja2", "version": "2.4.1", "vulns": []}]
)
def test_an_index_that_knows_no_hole_where_there_is_one_has_audited_nothing(
    probe: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = audited(monkeypatch, package("flask"), probe=json.dumps({"dependencies": [probe]}))
    assert said.exit_code == 0
    assert "NOT AUDITED: no advisories can be had (the index here knows of no hole in jinja2==2.4.1" in said.output
    assert "packages audited" not in said.output


def test_what_is_accepted_stands_in_the_guide_with_what_protects() -> None:
    risks = (PROJECT / "docs/security.md").read_text().partition("## Known risks")[2].partition("\n## ")[0]
    assert [advisory for advisory in supply.ACCEPTED if advisory not in risks] == []


def test_the_bill_names_every_locked_package_with_its_version_and_hashes(tmp_path: Path) -> None:
    said = CliRunner().invoke(supply.sbom, ["--into", str(tmp_path / "made" / "bill.json")])
    assert said.exit_code == 0, said.output
    bill = json.loads((tmp_path / "made" / "bill.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    listed = {f"{each['name']}=={each['version']}" for each in bill["components"]}
    locked = set(re.findall(r"^[\w.-]+==[^\s;]+", (PROJECT / "requirements-production.lock").read_text(), re.MULTILINE))
    assert locked <= listed
    assert all(each["externalReferences"][0]["hashes"] for each in bill["components"])


def test_what_bandit_leaves_out_is_asked_by_ruff_instead() -> None:
    tools = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]
    assert "S" in tools["ruff"]["lint"]["select"]
    assert not [rule for rule in tools["ruff"]["lint"]["ignore"] if rule.startswith("S")]
    for test in tools["bandit"]["skips"]:
        asked = subprocess.run([sys.executable, "-m", "ruff", "rule", test.replace("B", "S")], capture_output=True, check=False)
        assert asked.returncode == 0, test
