"""What `up` says when everything runs: the address, and how to sign in."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from config.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

LINK_HOURS = 24


class Welcome(NamedTuple):
    """How to sign in: accounts that were made just now, or the path of a one-time link, or neither."""

    accounts: Sequence[tuple[str, str, str]]
    link: str | None

    @classmethod
    def of(cls, settings: Settings, console: "Console") -> "Welcome":
        """Load the demo when it is wanted and not there; a link for the first administrator when nobody could sign in."""
        if settings.demo:
            return cls(_load_demo(console), None)
        from store.records.people import lists
        from store.records.schema.listing import Wanted
        from store.records.signin import one_time_links
        from store.scope import SYSTEM

        if lists.people(SYSTEM, Wanted(count=1)).total:
            return cls([], None)
        token = one_time_links.create_link("first_administrator", LINK_HOURS, instead=True)
        return cls([], f"/first-administrator?token={token}")


def _load_demo(console: "Console") -> Sequence[tuple[str, str, str]]:
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    from demo import load

    with Progress(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), console=console) as bar:
        task = bar.add_task("Loading the demo's history", total=1.0, visible=False)
        return load.ensure_demo(progress=lambda done: bar.update(task, completed=done, visible=True))


def first_words(dashboard: str, welcome: Welcome) -> str:
    """The text, ready to print."""
    lines = ["", f"Loadstar is up: [bold]{dashboard}[/]", ""]
    if welcome.link:
        lines += [f"Create the first administrator, once, within {LINK_HOURS} hours:", f"  {dashboard}{welcome.link}"]
    elif welcome.accounts:
        lines += ["Sign in as one of these; the passwords are shown only now:"]
        lines += [f"  {email}  {password}   {what}" for email, password, what in welcome.accounts]
    else:
        lines += ["Sign in with your account; `./loadstar user password EMAIL` sets a new password."]
    return "\n".join(lines)
