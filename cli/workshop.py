"""`loadstar test`, `lint` and `lock`: the workshop's own commands."""

import os
import subprocess
import sys

import click

from cli.machine import missing
from config.settings import PROJECT

# import-linter has a command but no `python -m`.
IMPORT_LINTER = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_logo=True))"
ROOMS = ("cli", "config", "dashboard", "ingest", "models", "store", "worker")
LINTERS = {
    "format": ("-m", "ruff", "format", "--check", "."),
    "style": ("-m", "ruff", "check", "."),
    "types": ("-m", "mypy"),
    "security": ("-m", "bandit", "--configfile", "pyproject.toml", "--quiet", "--recursive", *ROOMS),
    "imports": ("-c", IMPORT_LINTER),
}


def _python(*arguments: str) -> int:
    """Run this Python in the project's folder; its exit code."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOADSTAR_")}
    return subprocess.run([sys.executable, *arguments], cwd=PROJECT, env=environment, check=False).returncode  # noqa: S603


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(arguments: tuple[str, ...]) -> None:
    """Run the tests. Everything after `test` goes to pytest; `--no-skips` makes a skipped test a failure."""
    for program in missing():
        click.secho(
            f"Not on this machine: {program.install}. The tests marked `{program.mark}` are skipped; "
            f"on Debian `apt install {program.install}` brings it.",
            fg="yellow",
            err=True,
        )
    raise SystemExit(_python("-m", "pytest", *arguments))


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


@click.command()
@click.option("--upgrade", is_flag=True, help="Take the newest versions that pyproject.toml allows.")
def lock(upgrade: bool) -> None:
    """Write requirements.lock and requirements-test.lock from pyproject.toml, with a hash of every file."""
    for file, groups in (("requirements.lock", ()), ("requirements-test.lock", ("--group", "pyproject.toml:test"))):
        options = ["--upgrade"] if upgrade else []
        command = ["-m", "uv", "pip", "compile", "pyproject.toml", *groups, *options, "--universal", "--python-version", "3.11"]
        quiet = ["--generate-hashes", "--no-header", "--no-emit-index-url", "--quiet", "--output-file", file]
        if code := _python(*command, *quiet):
            raise SystemExit(code)
        click.echo(f"Wrote {file}.")
