"""`loadstar jobs`: the work that takes long, seen, called off and run again from the command line."""

from typing import TYPE_CHECKING

import click

from cli import table
from cli.people import plain_words

if TYPE_CHECKING:
    from store.records.schema import Job

STATES = ("queued", "running", "done", "failed", "cancelled")
MOST = 50
HEADS = ("ID", "Kind", "Queue", "State", "Progress", "Tries", "Asked", "Lasts", "By")


@click.group(invoke_without_command=True)
@click.option("--state", type=click.Choice(STATES), help="Only those that are so.")
@click.option("--queue", help="Only those of this queue.")
@click.pass_context
def jobs(context: click.Context, state: str | None, queue: str | None) -> None:
    """List the newest jobs, cancel one, or run one again."""
    if context.invoked_subcommand is not None:
        return
    from store.records.jobs import asking
    from store.records.schema.listing import Wanted
    from store.scope import SYSTEM

    with plain_words():
        page = asking.jobs(SYSTEM, Wanted(sort="created_at", descending=True, count=MOST), state=state, queue=queue)
    if page.rows:
        table.show(HEADS, map(_row, page.rows))
    if page.total > len(page.rows):
        click.echo(f"… and {page.total - len(page.rows):,} before these.")
    if not page.rows:
        click.echo("No jobs.")


@jobs.command()
@click.argument("job_id")
def cancel(job_id: str) -> None:
    """Call a job off; one that runs is ended within moments."""
    from store.records.jobs import asking
    from store.scope import SYSTEM

    with plain_words():
        off = asking.cancel(SYSTEM, job_id)
    click.echo(f"{job_id} is called off." if off else f"{job_id} has ended already.")


@jobs.command()
@click.argument("job_id")
def again(job_id: str) -> None:
    """Run a job that has ended again, as it was asked for, as far as its person still may."""
    from store.records.jobs import asking
    from store.scope import SYSTEM

    with plain_words():
        made = asking.again(SYSTEM, job_id)
    click.echo(f"{made.id} is queued.")


def _row(job: "Job") -> tuple[str, ...]:
    from config import clock

    lasts = ((job.ended_at or clock.now()) - job.started_at).total_seconds() if job.started_at else None
    return (
        job.id,
        job.kind,
        job.queue,
        f"{job.state}: {job.problem}" if job.problem and job.state == "failed" else job.state,
        f"{job.progress:.0%}",
        str(job.attempts),
        f"{job.created_at:%Y-%m-%d %H:%M:%S}Z",
        f"{lasts:,.1f} s" if lasts is not None else "–",
        job.user_id or "Loadstar",
    )
