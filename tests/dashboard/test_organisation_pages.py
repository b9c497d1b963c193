"""Organisations: the list for those who decide about them, and each one's page with its people, invitations and meters."""

import pytest

from config import settings as configuration
from dashboard.frame import navigation
from store.records.access import policy
from store.records.people import invitations, mail, organisations, users
from store.records.plant import sites
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.pressing import fill, press, rows
from tests.dashboard.world import World


def _north(world: World) -> str:
    return sites.site(SYSTEM, world.site).organisation_id


def _bakery(world: World, **more) -> str:
    made = organisations.create_organisation(SYSTEM, name="Bakery", kind="customer", distributor_id=_north(world))
    if more:
        organisations.set_organisation_approval(SYSTEM, made.id, more["approval"])
    return made.id


def _client(world: World, who: str):
    browser = world.client(who)
    browser.get("/account")
    return browser


def _act(browser, act: str, key: str, **given: str) -> str:
    return rows(press(browser, "organisations", do="act", act=act, row=key, given=given))


def _invite(world: World, browser, organisation_id: str, email: str, role: str = "viewer"):
    return fill(world, browser, "invite", organisation_id, email=email, role=role)


@pytest.mark.parametrize(
    ("who", "list_of_all", "own"),
    [("root", 200, 404), ("admin", 200, 200), ("operator", 404, 404), ("resident", 404, 404)],
)
def test_who_opens_which_page(world: World, who: str, list_of_all: int, own: int) -> None:
    browser = world.client(who)
    assert browser.get("/admin/organisations").status_code == list_of_all
    assert browser.get("/organisation").status_code == own


def test_an_administrator_of_a_customer_has_a_page_of_their_own_and_no_list(world: World) -> None:
    users.create_user(
        SYSTEM, email="baker@example.org", name="Baker", password="seventeen calm otters", organisation_id=_bakery(world)
    )
    browser = world.client("baker")
    page = browser.get("/organisation")
    assert page.status_code == 200
    assert b"Bakery" in page.data
    assert browser.get("/admin/organisations").status_code == 404


def test_a_foreign_organisation_and_an_unknown_one_get_the_same_answer(world: World) -> None:
    south = sites.site(SYSTEM, world.foreign_site).organisation_id
    browser = world.client("admin")
    for each in (south, "org_unknown"):
        assert browser.get(f"/admin/organisations/{each}").status_code == 404
        assert press(browser, "members", context=each).status_code == 404
        assert press(browser, "invitations", context=each, search=None).status_code == 404
        assert press(browser, "its-meters", context=each).status_code == 404
        assert _invite(world, browser, each, "somebody@example.org").status_code == 404


def test_a_distributors_administrator_finds_its_customers_only(world: World) -> None:
    _bakery(world)
    found = rows(press(_client(world, "admin"), "organisations"))
    assert "Bakery" in found
    assert "Southern Grid" not in found


def test_renaming_approving_disabling_and_deleting(world: World) -> None:
    bakery = _bakery(world, approval="pending")
    browser = _client(world, "admin")
    assert "The people of Bakery may sign in" in _act(browser, "approve", bakery)
    assert "is called Big Bakery now" in _act(browser, "rename", bakery, name="Big Bakery")
    baker = users.create_user(SYSTEM, email="baker@example.org", name="Baker", password=None, organisation_id=bakery)
    asked = rows(press(browser, "organisations", do="ask", act="disable", row=bakery))
    assert "the sessions of its one person end" in asked
    _act(browser, "disable", bakery)
    assert policy.scope_of(baker.id).user_id is None
    assert "still has 1 user" in _act(browser, "delete", bakery)
    users.delete_user(SYSTEM, baker.id)
    assert "Big Bakery is deleted" in _act(browser, "delete", bakery)


def test_nobody_decides_about_their_own_distributor(world: World) -> None:
    browser = _client(world, "admin")
    for act in ("disable", "delete"):
        said = _act(browser, act, _north(world))
        assert "ask one of them" in said
    assert organisations.organisation(SYSTEM, _north(world)).approval == "approved"


def test_an_administrator_of_a_distributor_adds_its_customer(world: World) -> None:
    browser = _client(world, "admin")
    foreign, mill = sites.site(SYSTEM, world.foreign_site).organisation_id, {"name": "Mill", "kind": "customer"}
    assert b"No organisation" in fill(world, browser, "organisations", **mill, distributor=foreign).data
    assert b"Mill created" in fill(world, browser, "organisations", **mill, distributor=_north(world)).data


def test_an_invitation_is_mailed_listed_and_withdrawn(world: World) -> None:
    browser = _client(world, "admin")
    home = _north(world)
    told = _invite(world, browser, home, "New@example.org").get_data(as_text=True)
    assert "The invitation to new@example.org as viewer is written, but no mail server is set up" in told
    assert "ask a platform administrator, who finds it in the Outbox" in told
    (letter,) = mail.outbox(SYSTEM)
    assert letter.recipient == "new@example.org"
    assert "/invitation?token=" in letter.text
    assert b"invited already" in _invite(world, browser, home, "new@example.org").data
    assert len(mail.outbox(SYSTEM)) == 1
    (kept,) = invitations.invitations(SYSTEM, home)
    assert "new@example.org" in rows(press(browser, "invitations", context=home, search=None))
    said = rows(press(browser, "invitations", context=home, search=None, do="act", act="withdraw", row=kept.id, given={}))
    assert "withdrawn" in said
    assert invitations.invitations(SYSTEM, home) == []


def test_with_a_mail_server_an_invitation_is_on_its_way_and_without_one_a_platform_administrator_reads_it(world: World) -> None:
    home = _north(world)
    assert "read it in the Outbox" in _invite(world, _client(world, "root"), home, "one@example.org").get_data(as_text=True)
    configuration.use(world.settings.model_copy(update={"smtp_host": "mail.example.org"}))
    assert "as viewer is on its way" in _invite(world, _client(world, "root"), home, "two@example.org").get_data(as_text=True)


def test_the_first_person_of_an_organisation_is_invited_as_what_they_will_be(world: World) -> None:
    browser = _client(world, "admin")
    home = organisations.create_organisation(SYSTEM, name="Mill", kind="customer", distributor_id=_north(world)).id
    page = shown(browser, f"/admin/organisations/{home}")
    assert "The first person administers the organisation." in page
    assert "invite them as an administrator" in _invite(world, browser, home, "one@example.org").get_data(as_text=True)
    assert "The first person" not in shown(browser, f"/admin/organisations/{_north(world)}")


def test_its_people_are_listed_and_given_roles_there(world: World) -> None:
    browser = _client(world, "admin")
    home = _north(world)
    found = rows(press(browser, "members", context=home))
    assert "operator@example.org" in found
    assert "Northern Power" not in found
    given = {"role": "viewer"}
    said = rows(press(browser, "members", context=home, do="act", act="role", row=world.people["operator"], given=given))
    assert "Operator is viewer now" in said


def test_the_navigation_leads_to_what_one_may_open(world: World) -> None:
    names = {}
    for who in ("root", "admin", "operator"):
        with world.server.test_request_context("/"):
            parts = navigation.sections(policy.scope_of(world.people[who]), None, None, "/")
            names[who] = {item.name for part in parts for item in part.items}
    assert {"Users", "Organisations", "Your organisation"} <= names["admin"]
    assert "Your organisation" not in names["root"]
    assert not {"Users", "Organisations", "Your organisation"} & names["operator"]
