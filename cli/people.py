"""`loadstar user` and `loadstar key`: people and devices' keys from the command line, with the rights of Loadstar itself."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cli import named

if TYPE_CHECKING:
    from store.records.schema import Device

ROLES = ("viewer", "operator", "admin")


@contextmanager
def plain_words() -> Iterator[None]:
    """What the store refuses or misses is one line for whoever typed; the audit log says who it was."""
    from store.errors import StoreError
    from store.records.access import audit

    try:
        with audit.acting(audit.COMMAND_LINE):
            yield
    except StoreError as error:
        words = str(error)
        raise click.ClickException(words[:1].upper() + words[1:]) from None


def _asked_or_generated(generate: bool) -> tuple[str, bool]:
    """A password, and whether it was made here: it is asked for where somebody can type it unseen."""
    from store.records.signin import passwords

    if generate or not sys.stdin.isatty():
        return passwords.generated(), True
    asked: str = click.prompt(f"Password ({passwords.SHORTEST} characters or more)", hide_input=True, confirmation_prompt=True)
    return asked, False


def _show_once(password: str) -> None:
    from store.records.people.users import FIRST_DAYS

    click.echo(f"Password, shown only now: {password}")
    click.echo(f"It is good for {FIRST_DAYS} days: at the first sign-in its owner chooses another.")


@click.group()
def user() -> None:
    """Create people and reset their passwords."""


@user.command("create")
@click.argument("email")
@click.option("--name", help="As others see it; asked for when missing.")
@click.option("--organisation", metavar="NAME", help="Whose person it is, by name or id; without one a residential user.")
@click.option("--role", type=click.Choice(ROLES), help="Within the organisation, whose first user is always its admin.")
@click.option("--platform-admin", is_flag=True, help="May do everything.")
@click.option("--generate", is_flag=True, help="Make a password and print it once, instead of asking for one.")
def create_user(
    email: str, name: str | None, organisation: str | None, role: str | None, platform_admin: bool, generate: bool
) -> None:
    """Create a user who can sign in at once."""
    from store.records.people import users
    from store.scope import SYSTEM

    if role and not organisation:
        raise click.UsageError("a role is held within an organisation: give --organisation too")
    with plain_words():
        home = named.organisation(organisation) if organisation else None
        name = name or click.prompt("Name", default=email.partition("@")[0])
        password, generated = _asked_or_generated(generate)
        made = users.create_user(
            SYSTEM,
            email=email,
            name=name or "",
            password=password,
            organisation_id=home.id if home else None,
            role=role,
            platform_admin=platform_admin,
            first=generated,
        )
    rights = "platform administrator" if platform_admin else f"{made.role} of {home.name}" if home else "residential user"
    click.echo(f"Created {made.email}, {rights}.")
    if generated:
        _show_once(password)


@user.command("password")
@click.argument("email")
@click.option("--generate", is_flag=True, help="Make a password and print it once, instead of asking for one.")
def reset_password(email: str, generate: bool) -> None:
    """Set a new password; the user is signed out everywhere."""
    from store.records.people import users
    from store.scope import SYSTEM

    with plain_words():
        users.user(SYSTEM, email)
        password, generated = _asked_or_generated(generate)
        users.set_password(SYSTEM, email, password, first=generated)
    click.echo(f"{email} has a new password and is signed out everywhere; personal tokens have ended.")
    if generated:
        _show_once(password)


@click.group()
def key() -> None:
    """Create API keys for devices."""


@key.command("create")
@click.argument("device")
@click.option("--read-only", is_flag=True, help="The key may ask for status and configuration, not post.")
def create_key(device: str, read_only: bool) -> None:
    """Create a key for DEVICE, by name or id, and print it once: `id.secret`, for the header X-API-Key."""
    from store.records.plant import keys
    from store.scope import SYSTEM

    with plain_words():
        made = keys.create_key(SYSTEM, device_id=_device(device).id, can_write=not read_only)
    click.echo(made)


def _device(name_or_id: str) -> "Device":
    from store.records.plant import devices, sites
    from store.scope import SYSTEM

    named = devices.find_devices(SYSTEM, name_or_id)
    if len(named) == 1:
        return named[0]
    names = {site.id: site.name for site in sites.visible_sites(SYSTEM)}
    if named:
        choices = "".join(f"\n  {each.id}  {each.name}, {names[each.site_id]}" for each in named)
        raise click.ClickException(f"Several devices are called {name_or_id}; give the id of one:{choices}")
    known = [each for site_id in names for each in devices.devices_of(SYSTEM, site_id)]
    choices = "".join(f"\n  {each.id}  {each.name}, {names[each.site_id]}" for each in known)
    raise click.ClickException(
        f"No device {name_or_id} in use." + (f" There are:{choices}" if choices else " There is none yet.")
    )
