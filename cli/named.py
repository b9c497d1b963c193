"""Organisations, sites and meters as people name them on the command line: by name or id."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

import click

if TYPE_CHECKING:
    from store.records.schema import Meter, Organisation, Site


class Named(Protocol):
    """A record that people know by its name."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def name(self) -> str:
        """What people call it."""


N = TypeVar("N", bound=Named)


def organisation(name_or_id: str) -> "Organisation":
    """The organisation of this name or id; ends the command with what there is when it is none or several."""
    from store.records.people import organisations
    from store.scope import SYSTEM

    return _the_one("organisation", name_or_id, organisations.organisations(SYSTEM))


def site(name_or_id: str) -> "Site":
    """The site of this name or id; ends the command as `organisation`."""
    from store.records.plant import sites
    from store.scope import SYSTEM

    return _the_one("site", name_or_id, sites.visible_sites(SYSTEM))


def meter(site_id: str, name_or_id: str) -> "Meter":
    """The site's meter of this name or id; ends the command as `organisation`."""
    from store.records.plant import meters
    from store.scope import SYSTEM

    return _the_one("meter", name_or_id, meters.meters_of(SYSTEM, site_id))


def _the_one(kind: str, name_or_id: str, known: Sequence[N]) -> N:
    """Names are compared as the records compare them; one that is written exactly so goes before its likes."""
    from store.records.schema import texts

    alike = [each for each in known if each.id == name_or_id or texts.key(each.name) == texts.key(name_or_id)]
    named = [each for each in alike if name_or_id in (each.id, each.name)] or alike
    if len(named) == 1:
        return named[0]
    choices = "".join(f"\n  {each.id}  {each.name}" for each in named or known)
    if named:
        raise click.ClickException(f"Several {kind}s are called {name_or_id}; give the id of one:{choices}")
    raise click.ClickException(f"No {kind} {name_or_id}." + (f" There are:{choices}" if choices else " There is none yet."))
