"""`loadstar faults`: starts a Loadstar in production, kills parts of it at random moments under load, and counts."""

import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import click

from bench import broker
from bench.product import NotUp
from cli import questdb
from cli.home import absolute_settings
from cli.machine import mosquitto, postgresql, redis
from cli.watch import Ended, on_signals
from config.settings import PREFIX
from faults.house import KILLED, House, until
from faults.incidents import ALONE, ODD, TOGETHER, Incident
from faults.production import NotWell
from faults.verdict import Verdict, table

BETWEEN_S = 2.0  # kills, at the most
QUICKLY = 0.05  # the share of an incident that shows that it can be
RESTFUL = 10.0  # how much longer devices and people rest then between two requests, which leaves a machine something for others


class _Done(Exception):
    """Nothing more is wanted."""


@click.command()
@click.option(
    "--kills", default=20, show_default=True, type=click.IntRange(0, 1000), help="How often each of the seven is killed."
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([*KILLED, *ALONE, *TOGETHER]),
    help="Kill only this, or let only this happen; may be given more than once.",
)
@click.option("--minutes", default=30.0, show_default=True, help="After which nothing more is begun.")
@click.option("--quick", is_flag=True, help="A small share of each incident: shows that they can be, and little about time.")
@click.option("--seed", default=1, show_default=True, help="Which of their replicas, and when.")
@click.option("--keep", is_flag=True, help="Keep the folder with all logs.")
def faults(kills: int, only: tuple[str, ...], minutes: float, quick: bool, seed: int, keep: bool) -> None:
    """Kill each part of a Loadstar in production at random moments under load, and count what was promised.

    First what befalls a machine, a full disk and a clock that is set, comes to a Loadstar as `up` starts it. Then two device
    APIs, two dashboards, two listeners to brokers and two workers of each kind run as `docker-compose.yml` says, without
    containers, on free ports, with a PostgreSQL, a QuestDB, a Redis and a mosquitto. Devices send by JSON, line protocol and
    MQTT, people look at pages, jobs are asked for. What is no kill comes first, such as a broker that is gone for a minute; then
    each part is killed, by turns, as often as there is time. Ends with 1 when an acknowledged reading or a job is lost, anything
    is done twice that must not be, or somebody is signed out.
    """
    if not (postgresql() and redis() and mosquitto()):
        packages = "postgresql redis-server mosquitto"
        raise click.ClickException(f"PostgreSQL, Redis and mosquitto are needed: on Debian `apt install {packages}` brings them")
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    jar = questdb.ensure_jar(absolute_settings())
    on_signals()
    folder = Path(tempfile.mkdtemp(prefix="loadstar-faults-"))
    folder.chmod(0o755)  # PostgreSQL's own user has to find its part of it
    chosen, killed, began = random.Random(seed), Counter[str](), time.monotonic()  # noqa: S311 - which, and when
    counted: list[Verdict] = []

    def say(words: str) -> None:
        click.echo(f"{time.monotonic() - began:6.0f} s  {words}", err=True)

    def is_over() -> bool:
        return time.monotonic() - began > minutes * 60

    def wanted(incidents: dict[str, Incident]) -> Iterator[Incident]:
        for name, incident in incidents.items():
            if (name in only or not only) and not is_over():
                yield incident

    share = QUICKLY if quick else 1.0
    try:
        with suppress(_Done), ExitStack() as ending:
            for incident in wanted(ALONE):
                say(incident.about)
                counted += incident.happen(folder, share)
            if only and not {*only} & {*KILLED, *TOGETHER}:
                raise _Done
            say("starting two of everything")
            house = House(folder, jar, ODD, ending, RESTFUL if quick else 1.0)
            for incident in wanted(TOGETHER):
                house.await_running()
                say(incident.about)
                counted += incident.happen(house, share)
            waiting = [what for what in KILLED if what in only or not only] * kills
            chosen.shuffle(waiting)
            for what in waiting:
                if is_over():
                    break
                before = house.taken
                until("readings are taken again", lambda before=before: house.taken > before)  # type: ignore[misc]
                time.sleep(chosen.uniform(0, BETWEEN_S))
                say(f"kill -9 {house.kill(KILLED[what], chosen)}")
                killed[what] += 1
            say("waiting until all is well")
            house.await_well()
            counted += house.verdicts()
    except Ended:
        raise click.ClickException("stopped before the end; nothing was counted") from None
    except (NotWell, NotUp, broker.DidNotStart) as error:
        keep = True
        raise click.ClickException(f"{error}; the logs are in {folder}") from None
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    click.echo(table(killed, counted))
    if is_over():
        click.echo(f"Not everything was begun within {minutes:g} minutes.", err=True)
    if not all(each.is_kept for each in counted):
        raise click.ClickException("something that was promised was not kept")
