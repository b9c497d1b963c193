"""`loadstar sbom` and `audit`: what Loadstar is made of, and which of it has a known hole."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from config.settings import PROJECT

BILL = Path("build/loadstar.cdx.json")
RUNS, ALL = "requirements-production.lock", "requirements-test.lock"  # the second includes the first
AUDIT_S = 300
PROBE = "jinja2==2.4.1"  # has known holes: an index that tells of none carries no advisories, and is asked nothing more
Package = Mapping[str, Any]
# Advisories that Loadstar lives with, and why: docs/security.md, "Known risks", says what protects.
ACCEPTED = {
    "CVE-2025-69872": "diskcache unpickles by default: Loadstar's caches refuse what is pickled (insight/cache.py)",
}


@click.command()
@click.option("--into", type=click.Path(path_type=Path), default=BILL, show_default=True, help="The file to write.")
def sbom(into: Path) -> None:
    """Write a bill of materials (CycloneDX, JSON) of every package that runs, in production too."""
    path = into.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--pyproject", "pyproject.toml", "--output-reproducible"]
    run = [*command, "--output-format", "JSON", "--output-file", str(path), RUNS]
    done = subprocess.run(run, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise click.ClickException(f"the bill could not be written: {_last_line(done.stderr)}")
    click.echo(f"Wrote {into}: {len(json.loads(path.read_text())['components'])} components.")


@click.command()
def audit() -> None:
    """Compare the locked packages with the advisories of the Python Package Index; fails on one that is not accepted."""
    with TemporaryDirectory() as folder:
        probe = Path(folder) / "probe.txt"
        probe.write_text(PROBE)
        first, why = _asked("--no-deps", "--requirement", str(probe))
    packages: list[Package] = []
    if any(package.get("vulns") for package in first):
        packages, why = _asked("--require-hashes", "--requirement", ALL)
    if not packages:
        why = why or f"the index here knows of no hole in {PROBE}, which has some"
        click.secho(f"NOT AUDITED: no advisories can be had ({why}). Nothing is known to be good.", fg="yellow", err=True)
        return
    known, unknown = advisories(packages)
    for line in known:
        click.echo(f"accepted: {line}")
    left_out = [each["name"] for each in packages if "skip_reason" in each]
    if left_out:
        click.secho(f"not audited, the index does not have them: {', '.join(left_out)}", fg="yellow", err=True)
    if unknown:
        raise click.ClickException("advisories that nobody has accepted:\n" + "\n".join(unknown))
    click.echo(f"{len(packages) - len(left_out)} of {len(packages)} packages audited; no advisory but those accepted.")


def _asked(*what: str) -> tuple[list[Package], str]:
    """What pip-audit found of some requirements, package by package, or why it could not look."""
    command = [sys.executable, "-m", "pip_audit", *what, "--disable-pip", "--format", "json", "--aliases", "on"]
    run = [*command, "--desc", "off", "--progress-spinner", "off", "--timeout", "10"]
    try:
        done = subprocess.run(run, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=AUDIT_S)  # noqa: S603 - as above
        packages: list[Package] = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return [], f"no answer within {AUDIT_S} s"
    except ValueError:
        return [], _last_line(done.stderr)
    return packages, ""


def advisories(packages: Sequence[Package]) -> tuple[list[str], list[str]]:
    """What pip-audit found, a line each: what is accepted, with the reason, and what is not."""
    known, unknown = [], []
    for package in packages:
        for hole in package.get("vulns", ()):
            name = f"{package['name']} {package['version']}: {hole['id']}"
            reason = next((ACCEPTED[each] for each in (hole["id"], *hole.get("aliases", ())) if each in ACCEPTED), None)
            if reason:
                known.append(f"{name}, {reason}")
            else:
                fixed = ", ".join(hole.get("fix_versions", ())) or "no release yet"
                unknown.append(f"  {name} (closed by: {fixed})")
    return known, unknown


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"
