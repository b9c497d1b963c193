"""Pictures of the pages: whoever may read the state folder needs nobody's password for them."""

import click
import pytest
from click.testing import CliRunner

from cli.screens import screens, sign_in_here
from tests.dashboard.world import World


@pytest.mark.parametrize(("email", "seen"), [("admin@example.org", "admin@example.org"), (None, "operator@example.org")])
def test_somebody_is_signed_in_without_their_password_until_the_pictures_are_taken(
    world: World, email: str | None, seen: str
) -> None:
    browser = world.client()
    with sign_in_here(world.settings, email) as cookie:
        browser.set_cookie(cookie.name, cookie.value)
        shown = browser.get("/account")
        assert shown.status_code == 200
        assert seen in shown.get_data(as_text=True)
    assert browser.get("/account").status_code == 302


def test_whoever_is_not_here_is_said_to_be_missing_and_how_to_make_them(world: World) -> None:
    with (
        pytest.raises(click.ClickException, match=r"nobody@example.org.*loadstar user create"),
        sign_in_here(world.settings, "nobody@example.org"),
    ):
        pass


def test_where_nobody_has_an_account_the_link_is_named(empty_world: World) -> None:
    with pytest.raises(click.ClickException, match="first administrator"), sign_in_here(empty_world.settings, None):
        pass


def test_pictures_of_a_loadstar_that_is_not_up_are_refused_with_how_to_start_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOADSTAR_HOME", str(world.settings.home))
    monkeypatch.setenv("LOADSTAR_DASHBOARD_PORT", "1")
    said = CliRunner().invoke(screens, [])
    assert said.exit_code == 1
    assert "nothing answers at http://127.0.0.1:1: `./loadstar up` starts Loadstar" in said.output
