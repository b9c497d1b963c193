"""Who may see and do what: the one place that says so.

| action | who |
|---|---|
| `SEE` | whoever's scope holds the site or the meter |
| `OPERATE` | operators: of the owner's organisation, or by a grant on the site or the meter |
| `ADMINISTER` | administrators, likewise: graph, devices, keys, meters, tariffs and grants of a site |
| `MANAGE_PEOPLE` | administrators of the organisation, for its people; those of its distributor too, by `leads` |
| `MANAGE_CUSTOMERS` | administrators of the distributor: which customers' organisations there are |
| `RUN` | platform administrators: organisations, regions, people without an organisation |

Loadstar's own processes and platform administrators may do everything. What the scope may not see is not found;
what it sees and may not do is refused.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, select

from config.language import N_, _
from store.errors import NotFound, Refused
from store.ids import entity_id
from store.records.schema import Entity, Grant, Meter, Organisation, Site, User
from store.records.schema.access import GIVEN
from store.records.schema.columns import now
from store.records.transaction.engine import reading
from store.scope import ALWAYS, NOBODY, Role, Scope, Window, joined


class Action(StrEnum):
    """What can be asked for, from the least to the most."""

    SEE = "see"
    OPERATE = "operate"
    ADMINISTER = "administer"
    MANAGE_PEOPLE = "manage people"
    MANAGE_CUSTOMERS = "manage customers"
    RUN = "run"


_NEEDED = {
    Action.OPERATE: N_("this needs the role of an operator on the site: ask one of its administrators"),
    Action.ADMINISTER: N_("only an administrator of the site may do this: ask one of them"),
    Action.MANAGE_PEOPLE: N_("only an administrator of the organisation may do this: ask one of them"),
    Action.MANAGE_CUSTOMERS: N_("only an administrator of the distributor may do this: ask one of them"),
    Action.RUN: N_("only a platform administrator may do this: ask one of them"),
}


def scope_of(user_id: str, at: datetime | None = None) -> Scope:
    """What a user may see at a moment, now by default; `NOBODY` unless the user and their organisation are approved.

    A grant that holds at that moment opens its site or meter, and of it the time of that grant and of earlier ones that the
    same holder had on it: a resident does not see what was measured before they came.
    """
    at = at or now()
    with reading() as session:
        user = session.get(User, user_id)
        if user is None or user.approval != "approved":
            return NOBODY
        role = Role(user.role) if user.role else None
        if user.platform_admin:
            return Scope(user.id, user.organisation_id, role, platform_admin=True, everything=True)
        if user.organisation is not None and user.organisation.approval != "approved":
            return NOBODY
        roles: dict[str, set[Role]] = {}  # by the id of a site or a meter
        if user.organisation is not None and user.organisation.kind == "distributor" and role is not None:
            for site_id in session.scalars(select(Site.id).where(Site.organisation_id == user.organisation_id)):
                roles.setdefault(site_id, set()).add(role)
        whole = set(roles)
        own = frozenset(whole)
        meters: dict[str, str] = {}  # meter id → its site
        windows: dict[str, list[Window]] = {}  # likewise by the id of a site or a meter
        for granted_site_id, meter_id, meter_site_id, granted, to_all, since, until in session.execute(_grants_to(user, at)):
            place = meter_id or granted_site_id or ""  # the database sees to it that it is one of them
            windows.setdefault(place, []).append(Window(since, until or ALWAYS[0].end))
            if until is not None and until <= at:
                continue
            if meter_id is not None:
                meters[meter_id] = meter_site_id
            else:
                whole.add(place)
            # What an organisation is given, each of its people has as far as their role in it goes.
            held = min(Role(granted), role, key=list(Role).index) if to_all is not None and role is not None else Role(granted)
            roles.setdefault(place, set()).add(held)
    return Scope(
        user.id,
        user.organisation_id,
        role,
        site_ids=frozenset(whole),
        part_site_ids=frozenset(meters.values()) - whole,
        meter_ids=frozenset(meters),
        operator_of=frozenset(place for place, held in roles.items() if held & {Role.OPERATOR, Role.ADMIN}),
        admin_of=frozenset(place for place, held in roles.items() if Role.ADMIN in held),
        held={place: joined(dated) for place, dated in windows.items() if place in roles and place not in own},
    )


def _grants_to(user: User, at: datetime) -> Select[str | None, str | None, str, str, str | None, datetime, datetime | None]:
    """Those that have begun by then, ended ones too.

    Without those that a distributor has on each of its meters: its people see its sites whole, and they are many.
    """
    owners = [user.id] if user.organisation_id is None else [user.id, user.organisation_id]
    return (
        select(Grant.site_id, Grant.meter_id, Meter.site_id, Grant.role, Entity.organisation_id, Grant.valid_from, Grant.valid_to)
        .join(Entity, Entity.id == Grant.entity_id)
        .outerjoin(Meter, Meter.id == Grant.meter_id)
        .where(
            Grant.entity_id.in_([entity_id(owner) for owner in owners]),
            GIVEN,
            Grant.valid_from <= at,
        )
    )


def may(
    scope: Scope, action: Action, *, site_id: str | None = None, meter_id: str | None = None, organisation_id: str | None = None
) -> bool:
    """Whether the holder may do it: to the site, to the meter on that site, or within the organisation."""
    if scope.everything:
        return True
    places = {place for place in (site_id, meter_id) if place is not None}
    match action:
        case Action.SEE:
            return scope.sees_meter(meter_id, site_id) if meter_id else site_id is not None and scope.sees_site(site_id)
        case Action.OPERATE:
            return bool(places & scope.operator_of)
        case Action.ADMINISTER:
            return bool(places & scope.admin_of)
        case Action.MANAGE_PEOPLE | Action.MANAGE_CUSTOMERS:
            return organisation_id is not None and administers(scope, organisation_id)
        case Action.RUN:
            return False


def administers(scope: Scope, organisation_id: str) -> bool:
    """Whether the holder is an administrator of the organisation."""
    return scope.everything or (scope.role is Role.ADMIN and scope.organisation_id == organisation_id)


def serves(scope: Scope, organisation: Organisation) -> bool:
    """Whether the holder decides about the organisation: an administrator of its distributor, or of the platform."""
    return may(scope, Action.MANAGE_CUSTOMERS, organisation_id=organisation.distributor_id)


def leads(scope: Scope, organisation: Organisation) -> bool:
    """Whether the holder decides who belongs to the organisation: an administrator of it, its distributor, or the platform."""
    return administers(scope, organisation.id) or serves(scope, organisation)


def require_lead(scope: Scope, organisation: Organisation | None, organisation_id: str) -> Organisation:
    """The organisation, when the holder decides who belongs to it.

    Raises:
        NotFound: it does not exist for the holder.
        Refused: it is the holder's own, but they do not administer it.
    """
    if organisation is None or not (leads(scope, organisation) or scope.organisation_id == organisation_id):
        raise NotFound(f"no organisation {organisation_id}")
    if not leads(scope, organisation):
        raise Refused(_(_NEEDED[Action.MANAGE_PEOPLE]))
    return organisation


def manages(scope: Scope, person: User) -> bool:
    """Whether the holder decides about a person: an administrator of the organisation, its distributor, or the platform."""
    if person.organisation is None:
        return may(scope, Action.RUN)
    return leads(scope, person.organisation)


def holder(scope: Scope) -> str:
    """The id of whoever the scope is of, for what everyone may do for themselves; raises `NotFound` for nobody."""
    if scope.user_id is None:
        raise NotFound("nobody is signed in")
    return scope.user_id


def require(
    scope: Scope, action: Action, *, site_id: str | None = None, meter_id: str | None = None, organisation_id: str | None = None
) -> None:
    """Raise unless the holder may do it.

    Raises:
        NotFound: the site, the meter or the organisation does not exist for the holder.
        Refused: the holder sees it, but does not have the role.
    """
    if may(scope, action, site_id=site_id, meter_id=meter_id, organisation_id=organisation_id):
        return
    if (site_id or meter_id) and not may(scope, Action.SEE, site_id=site_id, meter_id=meter_id):
        raise NotFound(f"no {'meter' if meter_id else 'site'} {meter_id or site_id}")
    if organisation_id is not None and scope.organisation_id != organisation_id:
        raise NotFound(f"no organisation {organisation_id}")
    needed = _NEEDED.get(action, N_("this is not yours to see"))
    raise Refused(_(needed))
