"""`loadstar test`, `lint` and `lock`: the workshop's own commands."""

import os
import subprocess
import sys
import tomllib

import click

from cli.machine import PROGRAMS, missing
from config.settings import PROJECT

# import-linter has a command but no `python -m`.
IMPORT_LINTER = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_logo=True))"
ROOMS: tuple[str, ...] = tuple(
    tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["root_packages"]
)
LINTERS = {
    "format": ("-m", "ruff", "format", "--check", "."),
    "style": ("-m", "ruff", "check", "."),
    "types": ("-m", "mypy"),
    "security": ("-m", "bandit", "--configfile", "pyproject.toml", "--quiet", "--recursive", *ROOMS),
    "imports": ("-c", IMPORT_LINTER),
}

# Two processes more than processors, for tests wait a good part of their time for what they started. A file's tests stay
# together, for they share what they set up; in order (`testpaths`), because the slow rooms come first.
PROCESSES = min(len(os.sched_getaffinity(0)), 4) + 2 if hasattr(os, "sched_getaffinity") else 4
SHARED = ("-n", str(PROCESSES), "--dist", "loadfile", "--no-loadscope-reorder")
COVERED = ("-p", "tests.covered")
# What every change can break within two minutes: what is computed and stored, whole, and of the other rooms the promises that
# need no process of their own. `thorough` is what proves the same in one more zone, or keeps the processors busy on purpose.
QUICK_PLACES = (
    "tests/store",
    "tests/numbers",
    "tests/models",
    "tests/config",
    "tests/insight/test_periods.py",
    "tests/insight/test_shared.py",
    "tests/reporting",
    "tests/demo/test_replay.py",
    "tests/bench/test_figures.py",
    "tests/ingest/test_bodies.py",
    "tests/ingest/test_matrix.py",
    "tests/ingest/test_readings_road.py",
    "tests/ingest/test_times.py",
    "tests/worker/test_mail.py",
    "tests/worker/test_schedule.py",
    "tests/dashboard/figures",
    "tests/dashboard/test_every_way_in_has_a_rule.py",
    "tests/dashboard/web/test_gate.py",
    "tests/dashboard/web/test_refusals.py",
    "tests/dashboard/signin/test_sign_in.py",
)
QUICK = ("-m", " and ".join(f"not {mark}" for mark in ("thorough", *(program.mark for program in PROGRAMS))), *QUICK_PLACES)


# Tests already share the processors: threads of the linear algebra would wait for each other at full load. The many servers that
# tests start live for minutes, too short for Java's second compiler to pay.
LEAN = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1"}


def _python(*arguments: str, **added: str) -> int:
    """Run this Python in the project's folder; its exit code."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOADSTAR_")} | added
    return subprocess.run([sys.executable, *arguments], cwd=PROJECT, env=environment, check=False).returncode  # noqa: S603 - our own words


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.option("--quick", is_flag=True)
@click.option("--cov", is_flag=True)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(quick: bool, cov: bool, arguments: tuple[str, ...]) -> None:
    """Run the tests in several processes at once; those of named files one after the other.

    `--quick` runs, within two minutes on two processors, what needs neither browsers nor servers but QuestDB, for work in
    between. `--cov` measures what of the code the tests run, and fails where it is too little. Everything else goes to pytest;
    `--no-skips` makes a skipped test a failure.
    """
    for program in missing():
        click.secho(
            f"Not on this machine: {program.install}. The tests marked `{program.mark}` are skipped; "
            f"on Debian `apt install {program.install}` brings it.",
            fg="yellow",
            err=True,
        )
    named = any((PROJECT / argument.partition("::")[0]).exists() for argument in arguments)
    shared = () if named else SHARED
    raise SystemExit(_python("-m", "pytest", *shared, *(COVERED if cov else ()), *(QUICK if quick else ()), *arguments, **LEAN))


@click.command()
def lint() -> None:
    """Check style (ruff), types (mypy), security (bandit) and the direction of imports (import-linter); all, then the verdict."""
    failed = []
    for name, arguments in LINTERS.items():
        code = _python(*arguments)
        click.echo(f"{name}: {'failed' if code else 'ok'}")
        if code:
            failed.append(name)
    if failed:
        raise click.ClickException(f"something is wrong with: {', '.join(failed)}")


# Each by what of pyproject.toml it holds: what runs, what runs in production, and all of that with what tests it.
PRODUCTION = ("--extra", "production")
LOCKS = {
    "requirements.lock": (),
    "requirements-production.lock": PRODUCTION,
    "requirements-test.lock": (*PRODUCTION, "--group", "pyproject.toml:test"),
}


@click.command()
@click.option("--upgrade", is_flag=True, help="Take the newest versions that pyproject.toml allows.")
def lock(upgrade: bool) -> None:
    """Write the lock files from pyproject.toml, with a hash of every file."""
    for file, groups in LOCKS.items():
        options = ["--upgrade"] if upgrade else []
        command = ["-m", "uv", "pip", "compile", "pyproject.toml", *groups, *options, "--universal", "--python-version", "3.11"]
        quiet = ["--generate-hashes", "--no-header", "--no-emit-index-url", "--quiet", "--output-file", file]
        if code := _python(*command, *quiet):
            raise SystemExit(code)
        click.echo(f"Wrote {file}.")
