"""What people keep of themselves: household, notifications, picture, language."""

import pytest

from store.errors import NotFound, Refused
from store.records.people import household, lists, pictures, preferences, users
from store.scope import NOBODY
from tests.store.records.world import World

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"


def test_a_household_is_kept_with_consent_and_gone_without(world: World) -> None:
    scope = world.scope("resident")
    told = {"area_m2": 82.5, "people": 3, "building_type": "flat", "built_year": 1974, "heating": "gas"}
    with pytest.raises(Refused, match="consent"):
        household.keep_household(scope, consent=False, **told)
    assert household.household(scope) is None
    household.keep_household(scope, consent=True, **told, appliances={"freezer": 1, "dishwasher": 0})
    kept = household.household(scope)
    assert (kept.area_m2, kept.heating, kept.appliances) == (82.5, "gas", {"freezer": 1})
    first = kept.consent_at
    household.keep_household(scope, consent=True, people=4)
    kept = household.household(scope)
    assert (kept.people, kept.area_m2, kept.consent_at) == (4, None, first)
    assert household.household(world.scope("neighbour")) is None
    assert household.withdraw_household(scope)
    assert household.household(scope) is None
    assert not household.withdraw_household(scope)


@pytest.mark.parametrize(
    "wrong",
    [
        {"area_m2": 1.0},
        {"people": 0},
        {"building_type": "castle"},
        {"built_year": 12},
        {"heating": "hope"},
        {"appliances": {"death_ray": 1}},
        {"appliances": {"freezer": -1}},
    ],
)
def test_an_impossible_household_is_refused(world: World, wrong: dict[str, object]) -> None:
    with pytest.raises(Refused):
        household.keep_household(world.scope("resident"), consent=True, **wrong)


def test_notifications_are_chosen_by_kind_and_channel(world: World) -> None:
    scope = world.scope("resident")
    assert preferences.notifications(scope)["report", "mail"] is True
    preferences.choose_notification(scope, "report", "mail", False)
    preferences.choose_notification(scope, "alert", "browser", False)
    preferences.choose_notification(scope, "alert", "browser", False)
    chosen = preferences.notifications(scope)
    assert (chosen["report", "mail"], chosen["alert", "browser"], chosen["alert", "mail"]) == (False, False, True)
    assert preferences.notifications(world.scope("neighbour"))["report", "mail"] is True
    for kind, channel in (("gossip", "mail"), ("alert", "pigeon")):
        with pytest.raises(Refused):
            preferences.choose_notification(scope, kind, channel, True)


def test_mail_about_the_security_of_an_account_comes_always(world: World) -> None:
    preferences.choose_notification(world.scope("resident"), "security", "mail", False)
    assert preferences.notifications(world.scope("resident"))["security", "mail"]


def test_a_picture_is_kept_replaced_and_removed(world: World) -> None:
    scope = world.scope("resident")
    for content in (PNG, PNG + b"2"):
        pictures.keep_picture(scope, content, "image/png")
    assert pictures.picture(scope, scope.user_id).content == PNG + b"2"
    assert pictures.picture(world.scope("north admin"), scope.user_id), "they have a meter on its site"
    for who in ("neighbour", "south admin", "shop admin"):
        with pytest.raises(NotFound):
            pictures.picture(world.scope(who), scope.user_id)
    pictures.remove_picture(scope)
    assert pictures.picture(scope, scope.user_id) is None


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PNG + b"x" * 300_000, "image/png"), (PNG, "image/svg+xml"), (b"<svg/>", "image/png"), (b"", "image/png")],
)
def test_what_is_no_picture_is_refused(world: World, content: bytes, kind: str) -> None:
    with pytest.raises(Refused):
        pictures.keep_picture(world.scope("resident"), content, kind)


def test_name_language_and_time_zone_are_ones_own_choice(world: World) -> None:
    scope = world.scope("resident")
    users.rename(scope, " Ada ")
    users.choose_language(scope, "en-GB")
    users.choose_time_zone(scope, "Asia/Kolkata")
    mine = users.user(scope, scope.user_id)
    assert (mine.name, mine.language, mine.time_zone) == ("Ada", "en-GB", "Asia/Kolkata")
    users.choose_language(scope, None)
    users.choose_time_zone(scope, None)
    for wrong in (
        lambda: users.rename(scope, " "),
        lambda: users.choose_language(scope, "<b>"),
        lambda: users.choose_time_zone(scope, "Mars/Base"),
    ):
        with pytest.raises(Refused):
            wrong()


def test_nobody_keeps_nothing(world: World) -> None:
    for act in (
        lambda: household.keep_household(NOBODY, consent=True),
        lambda: household.household(NOBODY),
        lambda: preferences.notifications(NOBODY),
        lambda: pictures.keep_picture(NOBODY, PNG, "image/png"),
        lambda: users.rename(NOBODY, "X"),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_page_has_a_row_at_least_however_foolishly_it_is_asked_for(world: World) -> None:
    from store.records.schema.listing import Wanted
    from store.scope import SYSTEM

    assert len(lists.people(SYSTEM, Wanted(count=-3)).rows) == 1
