"""What the buttons of the wizard do: keep what is said, make the missing meters, begin the import."""

import msgspec

from config.language import _, ngettext
from config.settings import settings
from dashboard.importing import list_table, meters_table
from dashboard.importing.look import Look, look
from dashboard.importing.saying import Controls, said
from dashboard.parts.forms import Go
from dashboard.parts.notices import Words
from ingest.files import importing
from ingest.files.profile import Profile
from store.errors import Refused
from store.records.plant import fed_meters, import_drafts, import_profiles
from store.scope import Scope


def keep(scope: Scope, site_id: str, upload_id: str, controls: Controls) -> Look:
    """Keep what the controls say; the file as it is read by that.

    Raises:
        Refused: it cannot be read so; nothing is kept then.
        UnfitProfile: as `ingest.files.said`.
    """
    before = look(scope, site_id, upload_id)
    draft = said(scope, site_id, before, controls)
    made = look(scope, site_id, upload_id, draft)
    if made.problem:
        raise Refused(made.problem)
    import_drafts.keep(scope, site_id, upload_id, draft)
    return made


def create(scope: Scope, site_id: str, upload_id: str, fed_from: str) -> tuple[Look, Words]:
    """Make the meters that the site does not have, all fed from a node.

    Raises:
        NotFound: the node does not exist for the scope.
        Refused: not an administrator of the site, or the meters would break a rule.
    """
    found = look(scope, site_id, upload_id)
    names = meters_table.missing(found.preview)
    method, interval_s = _declared(found.profile)
    made = fed_meters.add(scope, site_id, names, fed_from=fed_from, method=method, interval_s=interval_s)
    words = ngettext("%(num)s meter created.", "%(num)s meters created.", len(made))
    return look(scope, site_id, upload_id), words


def _declared(profile: Profile) -> tuple[str, int]:
    """Where the energy of meters comes from that are first heard of by a file, and how often (s)."""
    for method, of in (("counter", "total"), ("interval", "energy"), ("power", "power")):
        found = [column for column in profile.columns if of in column.quantity]
        if found:
            return method, found[0].interval_s or 900
    return "interval", 900


def start(scope: Scope, site_id: str, upload_id: str, controls: Controls, save_as: str) -> Go:
    """Begin the import of what was previewed; where it is to be seen.

    Raises:
        Refused: something is still asked, the controls say other than was previewed, or the import cannot be begun.
    """
    found = look(scope, site_id, upload_id)
    if said(scope, site_id, found, controls) != found.draft:
        raise Refused(_("something was changed since the preview: press “Apply”, look at the preview, then start"))
    if found.proposal is not None and found.proposal.asked():
        raise Refused(_("settle first how the file is read: nothing is imported on a guess"))
    name, profile = save_as.strip(), found.profile
    if name:
        import_profiles.save_profile(scope, site_id, name, msgspec.to_builtins(profile))
    made = importing.start_upload(scope, settings(), site_id, upload_id, profile, profile_name=name or None)
    return Go(list_table.path(site_id, made.id))
