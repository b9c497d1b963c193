"""Sites and meters as people name them on the command line: by name or id."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from store.records.schema import Meter, Site


def site(name_or_id: str) -> "Site":
    """The site of this name or id; ends the command with what there is when it is none or several."""
    from store.records.plant import sites
    from store.scope import SYSTEM

    known = sites.visible_sites(SYSTEM)
    named = [each for each in known if name_or_id in (each.id, each.name)]
    if len(named) == 1:
        return named[0]
    choices = "".join(f"\n  {each.id}  {each.name}" for each in named or known)
    if named:
        raise click.ClickException(f"Several sites are called {name_or_id}; give the id of one:{choices}")
    raise click.ClickException(f"No site {name_or_id}." + (f" There are:{choices}" if choices else " There is none yet."))


def meter(site_id: str, name_or_id: str) -> "Meter":
    """The site's meter of this name or id; ends the command as `site`."""
    from store.records.plant import meters
    from store.records.schema import texts
    from store.scope import SYSTEM

    known = meters.meters_of(SYSTEM, site_id)
    named = [each for each in known if each.id == name_or_id or texts.key(each.name) == texts.key(name_or_id)]
    if len(named) != 1:
        choices = "".join(f"\n  {each.id}  {each.name}" for each in known)
        raise click.ClickException(f"{'Several meters are' if named else 'No meter is'} called {name_or_id}; there are:{choices}")
    return named[0]
