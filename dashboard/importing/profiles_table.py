"""How the files of a site's sources are read, by the names that people gave it: renamed, and deleted."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from config import clock
from config.language import N_, _
from dashboard.importing import wording
from dashboard.parts.fields import Text
from dashboard.parts.moments import ago
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.plant import wiring
from dashboard.web.access import operates_site
from store.errors import NotFound
from store.records.plant import import_profiles
from store.records.plant.import_profiles import LONGEST_NAME, Profiled
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("name", N_("Profile")),
    Column("files", N_("Files of it"), sortable=False),
    Column("imports", N_("Imports"), sortable=False, number=True),
    Column("last", N_("Last used"), sortable=False, moment=True),
)
NAME = Text("name", N_("Name"), longest=LONGEST_NAME, required=True)


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], site_id: str) -> Page[Profiled]:
    return wiring.page(import_profiles.profiles_used(scope, site_id), wanted, key=lambda each: each.profile.name)


def _files(profile: Mapping[str, Any]) -> str:
    """What kind of file it is of, and how that is laid out."""
    kind, shape = profile.get("container", "text"), profile.get("shape", "long")
    words = _(wording.CONTAINERS[kind])
    return words if shape == "own" else _("%(kind)s, %(layout)s", kind=words, layout=_(wording.SHAPES[shape]))


def _row(_scope: Scope, of: Profiled) -> Row:
    profile = of.profile
    cells = (
        _files(profile.profile),
        reader().count(of.imports),
        ago(of.last, clock.now()),
    )
    words = _("Files of this kind are asked about again. Imports that were read by it stay, with how they were read.")
    acts = (
        Act(
            "rename",
            N_("Rename"),
            lambda: Question("", (replace(NAME, value=profile.name, words=_(NAME.words)),)),
            sure=N_("Rename"),
        ),
        Act("delete", N_("Delete"), lambda: Question(words), danger=True, sure=N_("Delete the profile")),
    )
    return Row(profile.id, profile.name, cells, acts)


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act == "delete":
        import_profiles.delete_profile(scope, asked.context, asked.key)
        return _("The profile is deleted.")
    if asked.act != "rename":
        raise NotFound(f"no act {asked.act}")
    given = asked.read((NAME,))
    name = given.text("name")
    given.check()
    import_profiles.rename_profile(scope, asked.context, asked.key, name)
    return _("It is called %(name)s now.", name=name)


TABLE = Table(
    "profiles",
    N_("Saved profiles"),
    operates_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    empty=N_(
        "None yet. “Save the profile as” in an import keeps how its file is read, and the next one comes without questions."
    ),
)
