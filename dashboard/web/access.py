"""Who may ask for what: deny by default, one rule on every route, page and callback.

A rule receives the scope of whoever asks and the arguments by name, and raises `NotFound` where the answer is no:
what somebody may not see does not exist for them, so nothing tells a foreign id from an unknown one.
`tests/dashboard/test_every_way_in_has_a_rule.py` walks all routes, pages and callbacks and fails on one without.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from flask import g
from flask_login import current_user

from config.settings import settings
from dashboard.web import arguments, refusals
from store.errors import NotFound, Refused
from store.records.access import policy
from store.records.people import dashboards, organisations
from store.records.plant import meters, regions, sites
from store.scope import NOBODY, Role, Scope

Rule = Callable[[Scope, Mapping[str, Any]], None]
P = ParamSpec("P")
R = TypeVar("R")

_RULE = "__access_rule__"


def public(_scope: Scope, _given: Mapping[str, Any]) -> None:
    """Anyone, signed in or not. Only for what signing in itself needs, health, and static files."""


def with_provider(_scope: Scope, _given: Mapping[str, Any]) -> None:
    """Anyone, signed in or not, where people may sign in by a provider; elsewhere there is no such way."""
    if settings().oidc_issuer is None:
        raise NotFound("no provider")


def in_development(_scope: Scope, _given: Mapping[str, Any]) -> None:
    """Anyone, where Loadstar is being developed: it is told what is nobody's. Elsewhere there is no such way."""
    if not settings().development:
        raise NotFound("not in development")


OPEN = frozenset((public, with_provider, in_development))  # nobody has to be signed in


def signed_in(scope: Scope, _given: Mapping[str, Any]) -> None:
    """Anyone who is signed in."""
    if scope.user_id is None:
        raise NotFound("nobody is signed in")


def developer(scope: Scope, given: Mapping[str, Any]) -> None:
    """Anyone who is signed in, where Loadstar is being developed."""
    signed_in(scope, given)
    in_development(scope, given)


def oneself(scope: Scope, given: Mapping[str, Any]) -> None:
    """Whoever is signed in, themselves: not an administrator who sees what they see. For what is personal."""
    signed_in(scope, given)
    if getattr(current_user, "viewer", None) is not None:
        raise NotFound("personal")


def people_admin(scope: Scope, _given: Mapping[str, Any]) -> None:
    """Platform administrators, and administrators of an organisation (the store keeps them within it)."""
    if not administers_people(scope):
        raise NotFound("no such page")


def platform_admin(scope: Scope, _given: Mapping[str, Any]) -> None:
    """Platform administrators."""
    if not scope.platform_admin:
        raise NotFound("no such page")


def administers_people(scope: Scope) -> bool:
    """Whether the scope's holder may list, create and disable users, all or those of their organisation."""
    return scope.platform_admin or (scope.role is Role.ADMIN and scope.organisation_id is not None)


def approver(scope: Scope, given: Mapping[str, Any]) -> None:
    """Whoever decides about people, organisations, or what is asked for on a site that they administer."""
    if not scope.admin_of:
        people_admin(scope, given)


def customers_admin(scope: Scope, _given: Mapping[str, Any]) -> None:
    """Platform administrators, and administrators of a distributor, who decide about its customers."""
    own = None
    if scope.role is Role.ADMIN and scope.organisation_id is not None:
        own = organisations.organisation(scope, scope.organisation_id).kind
    if not (scope.platform_admin or own == "distributor"):
        raise NotFound("no such page")


def organisation_admin(scope: Scope, _given: Mapping[str, Any]) -> None:
    """Administrators of an organisation, for the page of their own."""
    if scope.role is not Role.ADMIN or scope.organisation_id is None:
        raise NotFound("no such page")


def organisation_led(argument: str = "organisation_id") -> Rule:
    """Whoever decides who belongs to the organisation that the argument of that name gives."""

    def rule(scope: Scope, given: Mapping[str, Any]) -> None:
        signed_in(scope, given)
        organisation_id = given.get(argument)
        if not isinstance(organisation_id, str) or not policy.leads(scope, organisations.organisation(scope, organisation_id)):
            raise NotFound("no organisation")

    return rule


def residential(scope: Scope, given: Mapping[str, Any]) -> None:
    """People without an organisation, who have a household, themselves; not the platform's administrators."""
    oneself(scope, given)
    if scope.organisation_id is not None or scope.platform_admin:
        raise NotFound("no such page")


def meter_holder(scope: Scope, given: Mapping[str, Any]) -> None:
    """Whoever has single meters or may claim some: residents, and people of organisations that own no site.

    Of an organisation without meters only its administrators, who may claim one for it; a distributor's make sites.
    """
    signed_in(scope, given)
    if not has_own_meters(scope):
        raise NotFound("no such page")


def has_own_meters(scope: Scope) -> bool:
    """Whether single meters are the scope's holder's, or may be claimed by them."""
    if scope.platform_admin or scope.user_id is None:
        return False
    if scope.organisation_id is None or scope.meter_ids:
        return True
    return scope.role is Role.ADMIN and not scope.admin_of & scope.site_ids and not owns_sites(scope)


def site_in(argument: str = "site_id") -> Rule:
    """Whoever may see the site, whole or in part, that the argument of that name gives."""

    def rule(scope: Scope, given: Mapping[str, Any]) -> None:
        signed_in(scope, given)
        site_id = given.get(argument)
        if not isinstance(site_id, str):
            raise NotFound("no site")
        scope.require_site(site_id)

    return rule


def whole_site_in(argument: str = "site_id") -> Rule:
    """Whoever may see every meter of the site that the argument of that name gives: what it drew is told by all of them."""

    def rule(scope: Scope, given: Mapping[str, Any]) -> None:
        site_in(argument)(scope, given)
        if not scope.sees_whole_site(given[argument]):
            raise NotFound("not the whole site")

    return rule


def administers_site(argument: str = "site_id") -> Rule:
    """Administrators of the site that the argument of that name gives; for others its administration does not exist."""

    def rule(scope: Scope, given: Mapping[str, Any]) -> None:
        _require_site(scope, given, argument, policy.Action.ADMINISTER)

    return rule


def operates_site(argument: str = "site_id") -> Rule:
    """Operators and administrators of the site that the argument of that name gives; for others it does not exist."""

    def rule(scope: Scope, given: Mapping[str, Any]) -> None:
        _require_site(scope, given, argument, policy.Action.OPERATE)

    return rule


def _require_site(scope: Scope, given: Mapping[str, Any], argument: str, action: policy.Action) -> None:
    site_in(argument)(scope, given)
    if not policy.may(scope, action, site_id=given[argument]):
        raise NotFound("no such page")


def administers_meter(argument: str = "meter_id") -> Rule:
    """Administrators of the site of the meter that the argument of that name gives."""

    def rule(scope: Scope, given: Mapping[str, Any]) -> None:
        _require_meter(scope, given, argument, policy.Action.ADMINISTER)

    return rule


def operates_meter(argument: str = "meter_id") -> Rule:
    """Operators and administrators of the site of the meter that the argument of that name gives."""

    def rule(scope: Scope, given: Mapping[str, Any]) -> None:
        _require_meter(scope, given, argument, policy.Action.OPERATE)

    return rule


def _require_meter(scope: Scope, given: Mapping[str, Any], argument: str, action: policy.Action) -> None:
    signed_in(scope, given)
    meter_id = given.get(argument)
    if not isinstance(meter_id, str):
        raise NotFound("no meter")
    site_id = meters.require_meters(scope, [meter_id])[meter_id].site_id
    if not policy.may(scope, action, site_id=site_id):
        raise NotFound("no such page")


def prices_region(argument: str = "region_id") -> Rule:
    """Whoever may write the series of the region that the argument of that name gives."""

    def rule(scope: Scope, given: Mapping[str, Any]) -> None:
        signed_in(scope, given)
        region_id = given.get(argument)
        if not isinstance(region_id, str) or not regions.may_price(scope, regions.region(scope, region_id).id):
            raise NotFound("no region")

    return rule


def asks_for_keys(argument: str = "site_id") -> Rule:
    """Operators of the site that the argument of that name gives; its administrators make keys without asking."""

    def rule(scope: Scope, given: Mapping[str, Any]) -> None:
        site_in(argument)(scope, given)
        place = given[argument]
        if not policy.may(scope, policy.Action.OPERATE, site_id=place) or policy.may(
            scope, policy.Action.ADMINISTER, site_id=place
        ):
            raise NotFound("no such page")

    return rule


def several_sites(scope: Scope, given: Mapping[str, Any]) -> None:
    """Whoever may see several sites in use, whole or in part."""
    signed_in(scope, given)
    if len(sites.visible_sites(scope)) < 2:
        raise NotFound("no such page")


def sees_board(argument: str = "board_id") -> Rule:
    """Whoever may open the dashboard that the argument of that name gives: its person, and others if it is shared."""

    def rule(scope: Scope, given: Mapping[str, Any]) -> None:
        _board(scope, given, argument)

    return rule


def owns_board(argument: str = "board_id") -> Rule:
    """Whose dashboard it is that the argument of that name gives, alone or first of what a bar divides."""

    def rule(scope: Scope, given: Mapping[str, Any]) -> None:
        oneself(scope, given)
        if not _board(scope, given, argument).own:
            raise NotFound("another person's")

    return rule


def _board(scope: Scope, given: Mapping[str, Any], argument: str) -> dashboards.Board:
    signed_in(scope, given)
    board_id = given.get(argument)
    if not isinstance(board_id, str):
        raise NotFound("no dashboard")
    return dashboards.dashboard(scope, board_id.partition("|")[0])


def plant_operator(scope: Scope, _given: Mapping[str, Any]) -> None:
    """Whoever operates a site, as its administrators do too (the store keeps them within theirs)."""
    if not (scope.everything or scope.operator_of & scope.site_ids):
        raise NotFound("no such page")


def plant_admin(scope: Scope, _given: Mapping[str, Any]) -> None:
    """Whoever administers a site, or a distributor, which may have none yet (the store keeps them within theirs)."""
    if not (scope.everything or scope.admin_of & scope.site_ids or owns_sites(scope)):
        raise NotFound("no such page")


def owns_sites(scope: Scope) -> bool:
    """Whether the scope's holder may make sites: an administrator of a distributor, or of the platform."""
    if scope.platform_admin:
        return True
    if scope.organisation_id is None or scope.role is not Role.ADMIN:
        return False
    return organisations.organisation(scope, scope.organisation_id).kind == "distributor"


def ask(rule: Rule, given: Mapping[str, Any]) -> None:
    """Ask the rule for whoever asks now; what it refuses is noted."""
    try:
        rule(current_scope(), given)
    except (NotFound, Refused):
        refusals.note(rule.__qualname__.partition(".")[0], given)
        raise


def guard(rule: Rule) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Ask the rule before the function runs. Stands directly under `@callback`, on page layouts and on views.

    Keyword arguments that the function does not know are left out: Dash gives a page's layout whatever stands in
    the query string. Those of another type than it declares are a bad request.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        open_ended = any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values())

        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            known = kwargs if open_ended else {name: value for name, value in kwargs.items() if name in signature.parameters}
            given = signature.bind_partial(*args, **known)
            given.apply_defaults()
            ask(rule, given.arguments)
            arguments.check(function, given.arguments)
            return function(*args, **known)  # type: ignore[arg-type]  # P.kwargs without what is unknown

        setattr(guarded, _RULE, rule)
        return guarded

    return decorate


def rule_of(function: object) -> Rule | None:
    """The rule a function was guarded with, or none."""
    found: Rule | None = getattr(function, _RULE, None)
    return found


def with_rule(function: Callable[..., Any], rule: Rule) -> Callable[..., Any]:
    """The same function, known to be ruled: for Dash's own, which ask no store."""
    setattr(function, _RULE, rule)
    return function


def current_scope() -> Scope:
    """What the asking person may see; looked up once a request. Nobody is signed in: `NOBODY`."""
    if "scope" not in g:
        g.scope = policy.scope_of(current_user.id) if current_user.is_authenticated else NOBODY
    scope: Scope = g.scope
    return scope
