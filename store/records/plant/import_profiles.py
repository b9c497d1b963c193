"""How the files of a site's sources are read, by the names that people gave it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.language import _
from store.errors import NotFound, Refused
from store.records.access.policy import Action, require
from store.records.schema import FileImport, ImportDraft, ImportProfile
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing
from store.scope import Scope

LONGEST_NAME = 200


def profiles(scope: Scope, site_id: str) -> list[ImportProfile]:
    """How the files of the site's sources are read, by name. Raises as `save_profile`."""
    require(scope, Action.OPERATE, site_id=site_id)
    with reading() as records:
        return list(records.scalars(select(ImportProfile).where(ImportProfile.site_id == site_id).order_by(ImportProfile.name)))


def profile_named(scope: Scope, site_id: str, name: str) -> ImportProfile:
    """The profile of that name (or id).

    Raises:
        NotFound: the site has none of that name, or does not exist for the scope.
        Refused: not an operator of the site.
    """
    for each in profiles(scope, site_id):
        if name in (each.name, each.id):
            return each
    raise NotFound(_("no saved profile is called %(name)s", name=name))


def save_profile(scope: Scope, site_id: str, name: str, profile: Mapping[str, Any]) -> ImportProfile:
    """Keep how the files of a source are read; one of the same name is replaced.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an operator of the site, or no name.
    """
    require(scope, Action.OPERATE, site_id=site_id)
    name = _checked(name)
    with session() as records:
        same = select(ImportProfile).where(ImportProfile.site_id == site_id, ImportProfile.name == name)
        found = records.scalars(same).one_or_none() or ImportProfile(site_id=site_id, name=name)
        found.profile = dict(profile)
        records.add(found)
    return found


class Profiled(NamedTuple):
    """A saved profile, how many imports of the site were read by it, and when the last of them was asked for."""

    profile: ImportProfile
    imports: int
    last: datetime | None


def profiles_used(scope: Scope, site_id: str) -> list[Profiled]:
    """The site's saved profiles with what uses them. Raises as `save_profile`."""
    found = profiles(scope, site_id)
    of = FileImport
    by_name = (
        select(of.profile_name, func.count(), func.max(of.created_at)).where(of.site_id == site_id).group_by(of.profile_name)
    )
    with reading() as records:
        used = {name: (count, last) for name, count, last in records.execute(by_name)}
    return [Profiled(each, *used.get(each.name, (0, None))) for each in found]


def rename_profile(scope: Scope, site_id: str, profile_id: str, name: str) -> None:
    """Call a saved profile something else; imports that were read by it and files that are being looked at say so too.

    Raises:
        NotFound: the site has none of that id, or does not exist for the scope.
        Refused: not an operator of the site, no name, or another profile is called so.
    """
    name = _checked(name)
    known = profiles(scope, site_id)
    if any(each.name == name and each.id != profile_id for each in known):
        raise Refused(_("another profile is called %(name)s: choose another name, or delete that one first", name=name), "name")
    with session() as records:
        found = _profile_of(records, site_id, profile_id)
        read_by = select(FileImport).where(FileImport.site_id == site_id, FileImport.profile_name == found.name)
        looked_at = select(ImportDraft).where(ImportDraft.site_id == site_id, ImportDraft.profile_name == found.name)
        for each in (*records.scalars(read_by), *records.scalars(looked_at)):
            each.profile_name = name
        found.name = name


def delete_profile(scope: Scope, site_id: str, profile_id: str) -> None:
    """Keep a profile no longer; imports that were read by it keep how they were read. Raises as `profile_named`."""
    require(scope, Action.OPERATE, site_id=site_id)
    with session() as records:
        records.delete(_profile_of(records, site_id, profile_id))


def _profile_of(records: Session, site_id: str, profile_id: str) -> ImportProfile:
    found = records.get(ImportProfile, profile_id)
    if found is None or found.site_id != site_id:
        raise missing(ImportProfile, profile_id)
    return found


def _checked(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise Refused(_("a saved profile has a name of 1 to %(most)s characters: give one", most=LONGEST_NAME), "name")
    return name
