"""Who may ask for what: every route, page and callback of the application × everybody × what is theirs and what is not.

The ways in are read from the application, so a new one is in the matrix by itself; what its rule lets whom do is said a
second time here, in `LETS`, and a rule that `LETS` does not know fails. `./loadstar test -m matrix` runs it alone.
"""

import inspect
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import dash
import pytest

from config.settings import Settings
from dashboard import callbacks, doorkeeper
from dashboard.web import access
from dashboard.web.addresses import API, LIVE
from store.errors import NotFound, StoreAway
from store.records.access import grants, policy
from store.records.people import organisations, users
from store.records.plant import meters, regions, sites
from store.records.schema import Site
from store.records.signin import tokens
from store.records.transaction import engine
from store.records.transaction.lookup import required
from store.scope import NOBODY, SYSTEM, Scope
from tests.dashboard.world import PASSWORD, World, csrf, world_of
from tests.matrix import count

pytestmark = pytest.mark.matrix

OWN, FOREIGN, UNKNOWN = "own", "foreign", "unknown"
PLACES = (OWN, FOREIGN, UNKNOWN)


class Standing(NamedTuple):
    """What somebody is, in words of the design: whose sites they see, and whom they manage."""

    signed_in: bool = True
    sees: frozenset[str] = frozenset()
    operates: frozenset[str] = frozenset()  # as an operator, who is no administrator
    administers: frozenset[str] = frozenset()
    decides: frozenset[str] = frozenset()  # who belongs to the organisation
    manages_people: bool = False
    owns_sites: bool = False  # an administrator of a distributor
    leads: bool = False  # an administrator of an organisation
    residential: bool = False
    runs: bool = False


BOTH = frozenset({OWN, FOREIGN})
THEIRS, OTHERS = frozenset({OWN}), frozenset({FOREIGN})
PEOPLE = {
    "nobody": Standing(signed_in=False),
    "root": Standing(sees=BOTH, decides=BOTH, manages_people=True, runs=True),
    "admin": Standing(sees=THEIRS, administers=THEIRS, decides=THEIRS, manages_people=True, owns_sites=True, leads=True),
    "operator": Standing(sees=THEIRS, operates=THEIRS),
    "viewer": Standing(sees=THEIRS),
    "chief": Standing(sees=OTHERS, administers=OTHERS, decides=OTHERS, manages_people=True, owns_sites=True, leads=True),
    "stranger": Standing(sees=OTHERS),
    # of an organisation with a grant on the site, and of one without
    "customer admin": Standing(sees=THEIRS, administers=THEIRS, decides=THEIRS, manages_people=True, leads=True),
    "customer": Standing(),
    "resident": Standing(residential=True),
    "granted resident": Standing(sees=THEIRS, residential=True),
    "disabled": Standing(signed_in=False),
}

# What a token may change by them is said in tests/dashboard/api/test_imports_api.py.
WRITES = {("/api/v1/imports", "POST"), ("/api/v1/uploads", "POST")}

# Asked by parameters for what may not be theirs: tests/dashboard/api/test_series_api.py. Without any it is a bad request.
BY_PARAMETER = {"/api/v1/series"}

LETS: dict[str, Callable[[Standing, str], bool]] = {
    "public": lambda who, place: True,
    "with_provider": lambda who, place: False,  # there is none here; with one: tests/dashboard/signin/test_provider.py
    "in_development": lambda who, place: False,  # it is not; where it is: tests/dashboard/api/test_development.py
    "developer": lambda who, place: False,
    "signed_in": lambda who, place: who.signed_in,
    "oneself": lambda who, place: who.signed_in,  # and nobody who only looks: tests/dashboard/frame/test_view_as.py
    "people_admin": lambda who, place: who.manages_people,
    "approver": lambda who, place: who.manages_people or bool(who.administers),
    "organisation_led": lambda who, place: place in who.decides,
    "administers_meter": lambda who, place: place in who.administers or (who.runs and place != UNKNOWN),
    "operates_meter": lambda who, place: place in who.administers | who.operates or (who.runs and place != UNKNOWN),
    "prices_region": lambda who, place: place in who.administers or (who.runs and place != UNKNOWN),
    "platform_admin": lambda who, place: who.runs,
    "customers_admin": lambda who, place: who.runs or who.owns_sites,
    "organisation_admin": lambda who, place: who.leads,
    "residential": lambda who, place: who.residential,
    "meter_holder": lambda who, place: who.residential or (who.leads and not who.owns_sites and OWN not in who.sees),
    "asks_for_keys": lambda who, place: place in who.operates,
    # of dashboards, which none of these ids is: tests/dashboard/boards
    "sees_board": lambda who, place: False,
    "owns_board": lambda who, place: False,
    "several_sites": lambda who, place: len(who.sees) > 1,
    "plant_admin": lambda who, place: who.runs or who.owns_sites or bool(who.administers),
    "plant_operator": lambda who, place: who.runs or bool(who.operates) or bool(who.administers),
    "administers_site": lambda who, place: who.runs or place in who.administers,
    "operates_site": lambda who, place: who.runs or place in who.administers | who.operates,
    # whoever runs Loadstar passes the rule with any id, and the page then finds nothing under an unknown one
    "site_in": lambda who, place: place in who.sees or who.runs,
    "whole_site_in": lambda who, place: place in who.sees or who.runs,
}


@dataclass(frozen=True)
class Crowd:
    """Everybody of `PEOPLE`, in the world."""

    world: World
    ids: dict[str, str]
    site: dict[str, str]
    home: dict[str, str]  # organisations: a customer of one's own distributor, and another distributor
    meter: dict[str, str]
    region: dict[str, str]  # each has one site

    def places(self, rule: Callable[..., None]) -> dict[str, str]:
        """The ids by place of what the rule looks at."""
        meter_rules = dict.fromkeys(("administers_meter", "operates_meter"), self.meter)
        of_rules = meter_rules | {"organisation_led": self.home, "prices_region": self.region}
        return of_rules.get(name_of(rule), self.site)

    def path(self, template: str, place: str) -> str:
        """The address of a page there."""
        named = {"site": self.site, "organisation": self.home, "meter": self.meter, "region": self.region}
        for name, ids in ((f"<{what}_id>", ids) for what, ids in named.items()):
            template = template.replace(name, ids[place])
        return template

    def scope(self, who: str) -> Scope:
        return policy.scope_of(self.ids[who]) if who in self.ids else NOBODY

    def client(self, who: str) -> Any:
        return self.world.client(who.replace(" ", "-") if PEOPLE[who].signed_in else None)


@pytest.fixture(scope="session")
def crowded(first_records: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The records with everybody in them, made once."""
    file, ids = first_records
    home = tmp_path_factory.mktemp("crowd")
    shutil.copy(file, home / "records.sqlite3")
    engine.configure(f"sqlite:///{home}/records.sqlite3")
    made = everybody(ids)
    engine.configure("sqlite://")  # closes the file, so that it is whole
    return home / "records.sqlite3", made


def everybody(ids: dict[str, str]) -> dict[str, str]:
    north = next(each for each in organisations.organisations(SYSTEM) if each.name == "Northern Power").id
    granted = organisations.create_organisation(SYSTEM, name="Granted Works", kind="customer", distributor_id=north).id
    other = organisations.create_organisation(SYSTEM, name="Other Works", kind="customer", distributor_id=north).id
    made = dict(ids)
    for name, organisation_id, role in (
        ("viewer", north, "viewer"),
        ("customer admin", granted, "admin"),
        ("head of others", other, "admin"),
        ("customer", other, "viewer"),
        ("granted resident", None, None),
        ("disabled", north, "admin"),
    ):
        made[name] = users.create_user(
            SYSTEM,
            email=f"{name.replace(' ', '-')}@example.org",
            name=name,
            password=PASSWORD,
            organisation_id=organisation_id,
            role=role,
            approval="disabled" if name == "disabled" else "approved",
        ).id
    for place in ("site", "foreign site"):
        made[f"meter on {place}"] = meters.create_meter(SYSTEM, ids[place], name="A meter", role="condition").id
        made[f"region of {place}"] = regions.create_region(SYSTEM, name="A region").id
        with engine.session() as records:
            required(records, Site, ids[place]).region_id = made[f"region of {place}"]
    grants.create_grant(SYSTEM, organisation_id=granted, site_id=ids["site"], role="admin")
    grants.create_grant(SYSTEM, user_id=made["granted resident"], site_id=ids["site"])
    return made


@pytest.fixture
def crowd(dashboard_settings: Settings, crowded: tuple[Path, dict[str, str]]) -> Crowd:
    file, ids = crowded
    shutil.copy(file, dashboard_settings.home / "records.sqlite3")
    world = world_of(dashboard_settings, ids)
    home = {each.name: each.id for each in organisations.organisations(SYSTEM)}
    return Crowd(
        world,
        world.people,
        {OWN: world.site, FOREIGN: world.foreign_site, UNKNOWN: "sit_000000000000"},
        {OWN: home["Granted Works"], FOREIGN: home["Southern Grid"], UNKNOWN: "org_000000000000"},
        {OWN: ids["meter on site"], FOREIGN: ids["meter on foreign site"], UNKNOWN: "mtr_000000000000"},
        {OWN: ids["region of site"], FOREIGN: ids["region of foreign site"], UNKNOWN: "reg_000000000000"},
    )


def name_of(rule: Callable[..., None]) -> str:
    return rule.__qualname__.partition(".")[0]


def lets(rule: Callable[..., None], who: str, place: str) -> bool:
    assert name_of(rule) in LETS, f"say in LETS whom the rule {name_of(rule)} lets in"
    return LETS[name_of(rule)](PEOPLE[who], place)


def passes(rule: Callable[..., None], scope: Scope, given: dict[str, Any]) -> bool:
    try:
        rule(scope, given)
    except NotFound:
        return False
    return True


def pages(crowd: Crowd) -> Iterator[tuple[Callable[..., None], str, str]]:
    """Rule, place and address of every page."""
    for page in dash.page_registry.values():
        rule = access.rule_of(page["layout"])
        assert rule is not None
        template = page["path_template"] or page["path"]
        for place in PLACES if crowd.path(template, OWN) != template else (OWN,):
            path = crowd.path(template, place)
            if "<" not in path and not page["module"].endswith("not_found_404"):
                yield rule, place, path


@pytest.mark.parametrize("who", PEOPLE)
def test_pages_open_for_whom_their_rule_lets_and_what_is_foreign_answers_as_what_does_not_exist(crowd: Crowd, who: str) -> None:
    browser = crowd.client(who)
    refused: dict[str, dict[str, Any]] = {}
    for rule, place, path in pages(crowd):
        answer = browser.get(path)
        sent_away = answer.status_code in (302, 303) and answer.headers["Location"].startswith("/sign-in")
        sent_away |= b'<body class="front">' in answer.data  # what `/` tells whoever is not signed in
        opened = not sent_away and answer.status_code not in (401, 404)
        allowed = lets(rule, who, place)
        assert opened == (PEOPLE[who].signed_in and allowed and place != UNKNOWN), f"{who}, {place}: {path}: {answer.status_code}"
        count("pages")
        meant = crowd.places(rule)[place]
        if not allowed and meant in path:
            said = answer.get_data(as_text=True).replace(meant, "ID")
            words = said.partition('<main id="main"')[2].partition("</main>")[0] or answer.headers.get("Location", "")
            refused.setdefault(path.replace(meant, "ID"), {})[place] = (answer.status_code, words.replace(meant, "ID"))
            count("foreign = unknown")
    for path, answers in refused.items():
        assert len(set(answers.values())) == 1, f"{who}: {path} tells {answers}"


@pytest.mark.parametrize("who", PEOPLE)
def test_routes_answer_whom_their_rule_lets_and_nobody_else(crowd: Crowd, who: str) -> None:
    server, scope = crowd.world.server, crowd.scope(who)
    for route in server.url_map.iter_rules():
        if route.endpoint in doorkeeper.PAGE_ROUTES:
            continue
        rule = doorkeeper.rule_of_endpoint(server, route.endpoint)
        assert rule is not None, route.rule
        named = {"site_id": crowd.site, "region_id": crowd.region}
        looked_at = next((name for name in named if name in route.arguments), None)
        for place in PLACES if looked_at else (OWN,):
            given = {looked_at: named[looked_at][place]} if looked_at else {}
            assert passes(rule, scope, given) == lets(rule, who, place), f"{who}, {place}: {route.rule}"
            count("routes")


@pytest.mark.parametrize("who", PEOPLE)
def test_callbacks_run_for_whom_their_rule_lets_and_for_nobody_else(crowd: Crowd, who: str) -> None:
    app = crowd.world.server.extensions["loadstar-dash"]
    browser, scope = crowd.client(who), crowd.scope(who)
    if PEOPLE[who].signed_in:
        browser.get("/account")
    for output, registered in app.callback_map.items():
        function = registered.get("callback")
        if function is None:
            continue
        rule = callbacks.rule_of_callback(app, output)
        assert rule is not None, output
        names = list(inspect.signature(inspect.unwrap(function)).parameters)
        site_at = inspect.getclosurevars(rule).nonlocals.get("argument")  # what the rule takes for the site or the organisation
        for place in PLACES if site_at in names else (OWN,):
            allowed = lets(rule, who, place)
            meant = crowd.places(rule)[place]
            assert passes(rule, scope, {site_at: meant}) == allowed, f"{who}, {place}: {output}"
            count("callbacks")
            if not allowed:
                body = asked(output, registered, ["site_id" if name == site_at else name for name in names], meant)
                headers = csrf(browser) if PEOPLE[who].signed_in else {}
                answer = browser.post("/_dash-update-component", json=body, headers=headers)
                refused = {404} if PEOPLE[who].signed_in else {400, 401}
                assert answer.status_code in refused, f"{who}, {place}: {output} answers {answer.status_code}"


@pytest.mark.parametrize("who", PEOPLE)
def test_tokens_open_what_their_person_sees_and_nothing_else(crowd: Crowd, who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.series.connection._ask", away)  # at once: 503 says that somebody may ask
    server, program = crowd.world.server, crowd.world.server.test_client()
    headers = bearers(crowd, who)
    period = "from=2026-05-01T00:00:00Z&to=2026-05-02T00:00:00Z"
    for route in server.url_map.iter_rules():
        rule = doorkeeper.rule_of_endpoint(server, route.endpoint)
        if not route.rule.startswith(API) or rule in access.OPEN or not route.arguments <= {"site_id", "meter_id"}:
            continue
        assert route.methods is not None
        if (route.rule, *route.methods - {"OPTIONS"}) in WRITES:
            continue
        assert route.methods <= {"GET", "HEAD", "OPTIONS"}, f"say here what {route.rule} may change"
        for place in PLACES if route.arguments else (OWN,):
            path = f"{crowd.path(route.rule, place)}?{period}"
            for kind, header in headers.items():
                status = program.get(path, headers=header).status_code
                good = kind in ("personal", "program")
                may = place in PEOPLE[who].sees if route.arguments else lets(rule, who, place)
                wanted = {401} if not good else {404} if not may else {422} if route.rule in BY_PARAMETER else {200, 503}
                assert status in wanted, f"{who}, {place}, {kind}: {path} answers {status}"
                count("tokens")


@pytest.mark.parametrize("who", PEOPLE)
def test_hardware_is_told_of_sites_that_are_seen_and_of_no_other(crowd: Crowd, who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.series.connection._ask", away)  # at once: 503 says that somebody may ask
    program, browser, cookie = crowd.world.server.test_client(), crowd.client(who), "cookie"
    numbers = {place: sites.site(SYSTEM, crowd.site[place]).public_number for place in (OWN, FOREIGN)} | {UNKNOWN: 987_654}
    for place, number in numbers.items():
        told = set()
        for path in LIVE:
            for kind, header in (bearers(crowd, who) | {cookie: {}}).items():
                answer = (browser if kind == cookie else program).get(f"{path}?facility_id={number}", headers=header)
                good = kind in ("personal", "program") or (kind == cookie and PEOPLE[who].signed_in)
                wanted = {401} if not good else {200, 503} if place in PEOPLE[who].sees else {404}
                assert answer.status_code in wanted, f"{who}, {place}, {kind}: {path} answers {answer.status_code}"
                if answer.status_code == 404:
                    told.add(answer.get_data(as_text=True).replace(str(number), "N"))
                count("live hardware")
        assert len(told) <= 1, told


def away(*_asked: object) -> None:
    raise StoreAway("no store of readings")


def bearers(crowd: Crowd, who: str) -> dict[str, dict[str, str]]:
    """A person's tokens of each kind, those that are good and those that are not."""
    given = {"none": "", "nonsense": "Bearer pat_none.secret"}
    if PEOPLE[who].signed_in:
        scope = crowd.scope(who)
        revoked = tokens.create_token(scope, name="revoked")
        tokens.revoke_token(scope, tokens.own_tokens(scope)[0].id)
        given["revoked"] = f"Bearer {revoked}"
        given["personal"] = f"Bearer {tokens.create_token(scope, name='script')}"
        given["program"] = f"Bearer {tokens.sign_in(users.user(SYSTEM, crowd.ids[who])).access}"
    return {kind: {"Authorization": value} if value else {} for kind, value in given.items()}


def asked(output: str, registered: dict[str, Any], names: list[str], site_id: str) -> dict[str, Any]:
    """What the renderer would send for a callback: the site where the function takes it, nothing elsewhere."""
    given = [*registered["inputs"], *registered["state"]]
    values = [site_id if at < len(names) and names[at] == "site_id" else None for at in range(len(given))]
    filled = [
        [] if "ALL" in each["id"] else {"id": _id(each["id"]), "property": each["property"], "value": value}
        for each, value in zip(given, values, strict=True)
    ]
    outputs = [
        [] if "ALL" in one else {"id": _id(one.rpartition(".")[0]), "property": one.rpartition(".")[2].partition("@")[0]}
        for one in output.strip(".").split("...")
    ]
    return {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": filled[: len(registered["inputs"])],
        "state": filled[len(registered["inputs"]) :],
        "changedPropIds": [],
    }


def _id(text: str) -> Any:
    return json.loads(text.replace('["MATCH"]', '"one"')) if text.startswith("{") else text
