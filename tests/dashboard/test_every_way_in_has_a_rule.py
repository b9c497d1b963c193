"""Nothing can be asked of the dashboard unless a rule says who may: no route, no page, no callback."""

import dash
import pytest

from dashboard import callbacks, doorkeeper
from dashboard.web import access
from tests.dashboard.world import World, csrf

PUBLIC = {
    "/healthz",
    "/readyz",
    "/_favicon.ico",
    "/assets/<wanted>/<path:path>",
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
    "/sign-in",
    "/first-administrator",
    "/api/v1/token",
    "/api/v1/token/refresh",
    "/api/v1/token/revoke",
    "/api/v1/openapi.json",
    "/api/v1/docs",
    "/api/hardware/",
    "/api/hardware/<path:path>",
    "/register",
    "/mail-sent",
    "/confirm-address",
    "/confirm-address/again",
    "/forgotten-password",
    "/new-password",
    "/undo-address",
    "/invitation",
    "/sign-in/code",
    "/sign-in/own-password",
    "/sign-in/set-up",
}


def test_every_route_has_a_rule(world: World) -> None:
    for route in world.server.url_map.iter_rules():
        if route.endpoint not in doorkeeper.PAGE_ROUTES:
            assert doorkeeper.rule_of_endpoint(world.server, route.endpoint), f"{route.rule} has no rule"


def test_only_these_routes_are_public(world: World) -> None:
    ruled = [route for route in world.server.url_map.iter_rules() if route.endpoint not in doorkeeper.PAGE_ROUTES]
    public = {route.rule for route in ruled if doorkeeper.rule_of_endpoint(world.server, route.endpoint) is access.public}
    assert public == PUBLIC


def test_only_what_a_provider_and_development_need_is_open_beside_them(world: World) -> None:
    ruled = [route for route in world.server.url_map.iter_rules() if route.endpoint not in doorkeeper.PAGE_ROUTES]
    rules = {route.rule: doorkeeper.rule_of_endpoint(world.server, route.endpoint) for route in ruled}
    more = {route for route, rule in rules.items() if rule in access.OPEN and rule is not access.public}
    of_development = {"/api/debug/test-hardware", "/api/debug/voltage-demo"}
    assert more == {"/sign-in/provider", "/sign-in/provider/back"} | of_development


def test_every_page_has_a_rule_and_none_is_public(world: World) -> None:
    assert dash.page_registry
    for page in dash.page_registry.values():
        rule = access.rule_of(page["layout"])
        assert rule is not None, f"{page['module']}.layout has no rule"
        assert rule is not access.public


def test_every_page_of_a_site_asks_for_the_site(world: World) -> None:
    for page in dash.page_registry.values():
        if page["path_template"]:
            with pytest.raises(access.NotFound):
                access.rule_of(page["layout"])(access.Scope(user_id="usr_x"), {"site_id": world.site})


def test_every_callback_has_a_rule(world: World) -> None:
    app = world.server.extensions["loadstar-dash"]
    in_server = {output: each for output, each in app.callback_map.items() if each.get("callback")}
    assert in_server
    for output in in_server:
        rule = callbacks.rule_of_callback(app, output)
        assert rule is not None, f"the callback of {output} has no rule"
        assert rule is not access.public


def test_a_callback_declared_without_a_rule_is_refused_at_run_time(world: World) -> None:
    app = world.server.extensions["loadstar-dash"]
    output, registered = next((output, each) for output, each in app.callback_map.items() if each.get("callback"))
    try:
        app.callback_map[output] = {**registered, "callback": lambda *_: "leak"}
        browser = world.client("root")
        browser.get("/account")
        answer = browser.post("/_dash-update-component", json={"output": output}, headers=csrf(browser))
        assert answer.status_code == 404
    finally:
        app.callback_map[output] = registered
