"""A file that was sent for a site, looked at: how it is read, by what was said of it or a saved profile, and what that gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from config.settings import settings
from ingest.files import preview, read, said, shelf
from ingest.files.content import UnreadableFile
from ingest.files.detect import detect
from ingest.files.preview import Preview
from ingest.files.profile import Profile, UnfitProfile
from ingest.files.proposal import Proposal, container
from store.errors import Refused
from store.records.plant import import_drafts, import_profiles, sites
from store.records.plant.import_drafts import Draft
from store.scope import Scope

ANEW = "-"  # instead of a saved profile's name


@dataclass(frozen=True, slots=True)
class Look:
    """A file, what was said of it, what it means by that, and what it gives; or the problem that it has as a whole."""

    upload_id: str
    path: Path
    file_name: str
    size: int
    zone: str
    draft: Draft
    saved: Sequence[str]  # names of profiles of the site
    proposal: Proposal | None = None
    seen: Preview | None = None
    problem: str = ""

    @property
    def profile(self) -> Profile:
        """The profile. Raises `Refused`: the file cannot be read as it is."""
        if self.proposal is None:
            raise Refused(self.problem)
        return self.proposal.profile

    @property
    def preview(self) -> Preview:
        """What it gives. Raises `Refused`: the file cannot be read as it is."""
        if self.seen is None:
            raise Refused(self.problem)
        return self.seen


def look(scope: Scope, site_id: str, upload_id: str, said_now: Draft | None = None) -> Look:
    """The file by what is kept of what was said, or by what is said now.

    Raises:
        NotFound: the site or the upload does not exist for the scope.
        Refused: not an operator of the site, or the file has not come whole.
    """
    kept = import_drafts.draft(scope, site_id, upload_id)
    path, upload = shelf.finished(scope, settings(), upload_id)
    zone = sites.site(scope, site_id).time_zone
    saved = {each.name: msgspec.convert(each.profile, Profile) for each in import_profiles.profiles(scope, site_id)}
    draft = said_now or kept
    if draft == Draft():
        draft = Draft(profile_name=_fitting(path, saved))
    made = Look(upload_id, path, upload.file_name, upload.size, zone, draft, list(saved))
    try:
        proposal = _proposal(path, zone, draft, saved)
        seen = preview.preview(scope, settings(), site_id, path, proposal.profile)
    except (UnreadableFile, UnfitProfile) as wrong:
        return replace(made, problem=str(wrong))
    return replace(made, proposal=proposal, seen=seen)


def _proposal(path: Path, zone: str, draft: Draft, saved: Mapping[str, Profile]) -> Proposal:
    if (known := saved.get(draft.profile_name or "")) is not None:
        found = Proposal(said.applied(known, draft.told), [container(known.container)])
    else:
        found = detect(path, zone, draft.told)
    profile = msgspec.structs.replace(found.profile, meters=dict(found.profile.meters) | dict(draft.meters))
    return msgspec.structs.replace(found, profile=profile)


def _fitting(path: Path, saved: Mapping[str, Profile]) -> str | None:
    """The saved profile that was made for files of this kind, if there is one."""
    for name, profile in saved.items():
        try:
            first = next(read.blocks(path, profile), None)
        except (UnreadableFile, UnfitProfile):
            continue
        if first is not None and len(first) and len(first.problems) < len(first):
            return name
    return None
