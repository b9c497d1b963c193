"""What a person has said of a file that they sent and have not imported yet: so it survives a reload and the way back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from store.errors import NotFound
from store.records.access.policy import Action, require
from store.records.plant import uploads
from store.records.schema import ImportDraft
from store.records.transaction.engine import reading, session
from store.scope import Scope


@dataclass(frozen=True, slots=True)
class Draft:
    """Entries of the profile by their names, meters by the names that the file has, and the saved profile it is read by."""

    told: Mapping[str, str] = field(default_factory=dict)
    meters: Mapping[str, str] = field(default_factory=dict)
    profile_name: str | None = None


def draft(scope: Scope, site_id: str, upload_id: str) -> Draft:
    """What was said of an upload for a site; nothing yet is an empty draft.

    Raises:
        NotFound: the site or the upload does not exist for the scope.
        Refused: not an operator of the site.
    """
    _theirs(scope, site_id, upload_id)
    with reading() as records:
        found = records.get(ImportDraft, upload_id)
        if found is None or found.site_id != site_id:
            return Draft()
        return Draft(dict(found.told), dict(found.meters), found.profile_name)


def keep(scope: Scope, site_id: str, upload_id: str, said: Draft) -> None:
    """Keep what was said of an upload for a site, in the place of what was. Raises as `draft`."""
    _theirs(scope, site_id, upload_id)
    with session() as records:
        found = records.get(ImportDraft, upload_id) or ImportDraft(upload_id=upload_id)
        found.site_id, found.told, found.meters, found.profile_name = (
            site_id,
            dict(said.told),
            dict(said.meters),
            said.profile_name,
        )
        records.add(found)


def _theirs(scope: Scope, site_id: str, upload_id: str) -> None:
    if not site_id or not upload_id:
        raise NotFound("no upload")
    require(scope, Action.OPERATE, site_id=site_id)
    uploads.upload(scope, upload_id)
