"""Every answer carries a strict policy, and static files come compressed, fingerprinted and from here."""

import gzip
import re

import brotli
import pytest
from flask import Flask
from pydantic import SecretStr

from config.settings import Settings
from dashboard.app import create_app
from dashboard.web import compression, security, static
from tests.dashboard.world import World


def _csp(answer) -> dict[str, list[str]]:
    rules = [rule.split() for rule in answer.headers["Content-Security-Policy"].split(";")]
    return {name: sources for name, *sources in rules}


@pytest.mark.parametrize("path", ["/sign-in", "/account", "/nowhere", "/healthz", "/_dash-layout"])
def test_every_answer_has_the_headers(world: World, path: str) -> None:
    answer = world.client("operator").get(path)
    assert _csp(answer)["default-src"] == ["'none'"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"


def test_scripts_run_from_here_and_by_hash_only(world: World) -> None:
    answer = world.client("operator").get("/account")
    sources = _csp(answer)["script-src"]
    assert sources[0] == "'self'"
    assert all(source.startswith("'sha256-") for source in sources[1:])
    assert "unsafe-eval" not in answer.headers["Content-Security-Policy"]


def test_every_inline_script_of_a_page_is_allowed_by_its_hash(world: World) -> None:
    answer = world.client("operator").get("/account")
    sources = _csp(answer)["script-src"]
    inline = re.findall(
        r"<script(?![^>]*(?:src=|application/json))[^>]*>(.*?)</script>", answer.get_data(as_text=True), re.DOTALL
    )
    assert len(inline) >= 2
    for script in inline:
        assert security.script_hash(script) in sources


@pytest.mark.parametrize("path", ["/account", "/sign-in"])
def test_a_page_names_no_other_host(world: World, path: str) -> None:
    page = world.client("operator" if path == "/account" else None).get(path).get_data(as_text=True)
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page)


def test_under_tls_cookies_are_bound_to_the_host(world: World, dashboard_settings: Settings) -> None:
    server: Flask = create_app(dashboard_settings.model_copy(update={"behind_proxy": True}))
    proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "energy.example"}
    answer = server.test_client().get("/sign-in", headers=proxied)
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert "Secure" in cookie
        assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert "upgrade-insecure-requests" in answer.headers["Content-Security-Policy"]


def test_no_secret_key_no_start(dashboard_settings: Settings) -> None:
    with pytest.raises(ValueError, match="secret key"):
        create_app(dashboard_settings.model_copy(update={"secret_key": None}))
    assert isinstance(dashboard_settings.secret_key, SecretStr)


@pytest.mark.parametrize(
    "path", ["bundle/loadstar.css", "bundle/loadstar.js", "bundle/sign-in.js", "fonts/inter-latin-wght-normal.woff2"]
)
def test_an_asset_is_kept_for_a_year_under_its_fingerprint(world: World, path: str) -> None:
    answer = world.client().get(static.url(path))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert not answer.headers.getlist("Set-Cookie")


def test_an_asset_of_an_older_release_is_not_kept(world: World) -> None:
    assert world.client().get("/assets/older/bundle/loadstar.css").headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize(
    "path",
    ["../config/settings.py", "tokens.py", "nothing.css", "%2e%2e/pyproject.toml", "css", "vendor/README.md", "//etc/passwd"],
)
def test_nothing_but_assets_is_served(world: World, path: str) -> None:
    assert world.client().get(f"/assets/{static.release()}/{path}").status_code in (302, 308, 404)


def test_static_files_are_compressed_in_what_the_browser_takes(world: World) -> None:
    plain = world.client().get(static.url("bundle/loadstar.css")).data
    by_brotli = world.client().get(static.url("bundle/loadstar.css"), headers={"Accept-Encoding": "gzip, br"})
    by_gzip = world.client().get(static.url("bundle/loadstar.css"), headers={"Accept-Encoding": "gzip"})
    assert brotli.decompress(by_brotli.data) == gzip.decompress(by_gzip.data) == plain
    assert "Accept-Encoding" in by_brotli.headers["Vary"]


def test_what_was_compressed_thoroughly_is_served_so(world: World) -> None:
    kept: compression.Kept = world.server.extensions["loadstar-static"]
    plain = world.client().get(static.url("bundle/loadstar.css")).data
    thorough = kept.make(plain, "br")
    answer = world.client().get(static.url("bundle/loadstar.css"), headers={"Accept-Encoding": "br"})
    assert answer.data == thorough
    assert len(thorough) < 60_000


def test_dynamic_answers_are_compressed_but_not_the_sign_in_page(world: World) -> None:
    takes = {"Accept-Encoding": "br"}
    page = world.client("operator").get("/account", headers=takes)
    assert page.headers["Content-Encoding"] == "br"
    assert b"Account" in brotli.decompress(page.data)
    assert "Content-Encoding" not in world.client().get("/sign-in", headers=takes).headers
    assert "X-As-It-Is" not in world.client().get("/sign-in", headers=takes).headers


def test_a_script_of_dash_is_kept_for_a_year(world: World) -> None:
    page = world.client("operator").get("/account").get_data(as_text=True)
    addresses = re.findall(r'<(?:script defer src|link rel="preload" as="script" href)="([^"]+)"', page)
    assert len(addresses) >= 5
    for address in addresses:
        answer = world.client().get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["Cache-Control"], address


def test_dash_serves_no_file_that_it_does_not_name(world: World) -> None:
    for path in ("dash/dash.py", "dash/../config/settings.py", "flask/app.py", "store/scope.py"):
        assert world.client().get(f"/_dash-component-suites/{path}").status_code in (302, 308, 404)
