"""What someone may see: every store function takes a scope, and nothing outside it exists for its holder."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from store.errors import NotFound


class Role(StrEnum):
    """Roles, each holding the rights of those before it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


class Window(NamedTuple):
    """A stretch of time, its end not included."""

    start: datetime
    end: datetime


Times = tuple[Window, ...]  # apart from each other, the earliest first

ALWAYS: Times = (Window(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),)


def joined(windows: Iterable[Window]) -> Times:
    """The times that are in any of the windows."""
    found: list[Window] = []
    for window in sorted(windows):
        if found and window.start <= found[-1].end:
            found[-1] = Window(found[-1].start, max(found[-1].end, window.end))
        elif window.start < window.end:
            found.append(window)
    return tuple(found)


def within(times: Times, start: datetime, end: datetime) -> Times:
    """What of [start, end) is in the times."""
    cut = (Window(max(start, window.start), min(end, window.end)) for window in times)
    return tuple(window for window in cut if window.start < window.end)


def both(one: Times, other: Times) -> Times:
    """The times that are in one and in the other."""
    return joined(each for window in one for each in within(other, *window))


def holds(times: Times, moment: datetime) -> bool:
    """Whether the moment is in the times."""
    return any(window.start <= moment < window.end for window in times)


@dataclass(frozen=True, slots=True)
class Scope:
    """Sites seen whole, meters seen one by one, of what time, and by whom.

    `everything` is for the processes of Loadstar itself and for platform administrators.
    `site_ids` are sites of which every meter is seen; `part_site_ids` are those of which only `meter_ids` are.
    `operator_of` and `admin_of` are the sites and meters among them where the holder has at least that role.
    `held` are the times of sites and meters that are the holder's by dated grants: what was measured at any other time is
    somebody else's. Those that are not in it are seen at all times.
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
    held: Mapping[str, Times] = field(default_factory=dict, hash=False)

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

    def times(self, meter_id: str, site_id: str) -> Times:
        """The times of which the meter, which stands on that site, may be seen; none when it may not be seen at all."""
        if self.everything:
            return ALWAYS
        places = [place for place, seen in ((meter_id, self.meter_ids), (site_id, self.site_ids)) if place in seen]
        return joined(window for place in places for window in self.held.get(place, ALWAYS))

    def narrowed(self, by: "Scope") -> "Scope":
        """What both see, of what time: for work that was asked for when its holder saw more, or other things, than now.

        A meter that only one of them sees by its site is left out: which site that is, a scope does not know.
        """
        if self.everything or by.everything:
            other = by if self.everything else self
            return replace(
                other,
                everything=self.everything and by.everything,
                platform_admin=self.platform_admin and by.platform_admin,
                role=_lesser(self.role, by.role),
            )
        whole, meters = self.site_ids & by.site_ids, self.meter_ids & by.meter_ids
        places = (whole | meters) & (self.held.keys() | by.held.keys())
        return Scope(
            self.user_id,
            self.organisation_id if self.organisation_id == by.organisation_id else None,
            _lesser(self.role, by.role),
            site_ids=whole,
            part_site_ids=(self.part_site_ids & by.part_site_ids) - whole if meters else frozenset(),
            meter_ids=meters,
            operator_of=self.operator_of & by.operator_of & (whole | meters),
            admin_of=self.admin_of & by.admin_of & (whole | meters),
            held={place: both(self.held.get(place, ALWAYS), by.held.get(place, ALWAYS)) for place in places},
        )

    @property
    def key(self) -> str:
        """The same for scopes that see the same: part of every cache key."""
        if self.everything:
            return "everything"
        ids = [",".join(sorted(each)) for each in (self.site_ids, self.part_site_ids, self.meter_ids)]
        times = (f"{place}={_text(self.held[place])}" for place in sorted(self.held))
        return "|".join([*ids, ",".join(times)])


def _lesser(one: Role | None, other: Role | None) -> Role | None:
    return min(one, other, key=list(Role).index) if one is not None and other is not None else None


def _text(times: Times) -> str:
    return "+".join(f"{start.isoformat()}/{end.isoformat()}" for start, end in times)


SYSTEM = Scope(everything=True)
NOBODY = Scope()
