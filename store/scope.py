"""What someone may see: every store function takes a scope, and nothing outside it exists for its holder."""

from dataclasses import dataclass, field
from enum import StrEnum

from store.errors import NotFound


class Role(StrEnum):
    """Roles, each holding the rights of those before it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Scope:
    """Sites seen whole, meters seen one by one, and by whom.

    `everything` is for the processes of Loadstar itself and for platform administrators.
    `site_ids` are sites of which every meter is seen; `part_site_ids` are those of which only `meter_ids` are.
    `operator_of` and `admin_of` are the sites and meters among them where the holder has at least that role.
    """

    user_id: str | None = None
    organisation_id: str | None = None
    role: Role | None = None
    platform_admin: bool = False
    everything: bool = False
    site_ids: frozenset[str] = field(default_factory=frozenset)
    part_site_ids: frozenset[str] = field(default_factory=frozenset)
    meter_ids: frozenset[str] = field(default_factory=frozenset)
    operator_of: frozenset[str] = field(default_factory=frozenset)
    admin_of: frozenset[str] = field(default_factory=frozenset)

    def sees_whole_site(self, site_id: str) -> bool:
        """Whether every meter of the site may be seen."""
        return self.everything or site_id in self.site_ids

    def sees_site(self, site_id: str) -> bool:
        """Whether the site may be seen at all, perhaps only in part."""
        return self.sees_whole_site(site_id) or site_id in self.part_site_ids

    def require_site(self, site_id: str) -> None:
        """Raise `NotFound` unless the site may be seen at all."""
        if not self.sees_site(site_id):
            raise NotFound(f"no site {site_id}")

    def sees_meter(self, meter_id: str, site_id: str | None) -> bool:
        """Whether the meter, which stands on that site, may be seen."""
        return self.everything or meter_id in self.meter_ids or (site_id is not None and site_id in self.site_ids)

    @property
    def key(self) -> str:
        """The same for scopes that see the same: part of every cache key."""
        if self.everything:
            return "everything"
        return "|".join(",".join(sorted(ids)) for ids in (self.site_ids, self.part_site_ids, self.meter_ids))


SYSTEM = Scope(everything=True)
NOBODY = Scope()
