"""Who may come in, for how long, and how often one may try."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from config import settings as configuration
from store.errors import NotFound, Refused, StoreAway, StoreError, StoreFull
from store.records import schema
from store.records.access import policy
from store.records.people import users
from store.records.schema.columns import now
from store.records.signin import one_time_links, passwords, sessions
from store.records.transaction import engine
from store.scope import NOBODY, SYSTEM
from tests.store.records.world import PASSWORD, World


@pytest.fixture
def operator(world: World) -> schema.User:
    users.set_password(SYSTEM, world.people["north operator"], PASSWORD)
    return users.user(SYSTEM, world.people["north operator"])


def test_the_right_password_is_known_and_no_other(operator: schema.User) -> None:
    assert users.verify_password(" North.Operator@Example.org ", PASSWORD).id == operator.id
    assert users.verify_password("north.operator@example.org", PASSWORD + "!") is None
    assert users.verify_password("nobody@example.org", PASSWORD) is None


def test_whoever_has_no_password_cannot_sign_in(world: World) -> None:
    for tried in ("", "None", PASSWORD):
        assert users.verify_password("north.viewer@example.org", tried) is None


def test_an_unknown_address_costs_the_same_work_as_a_known_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    worked = []
    real = passwords._hasher

    class Counting:
        hash, check_needs_rehash = real.hash, real.check_needs_rehash

        def verify(self, kept: str, password: str) -> bool:
            worked.append(kept)
            return real.verify(kept, password)

    users.set_password(SYSTEM, world.people["north operator"], PASSWORD)
    monkeypatch.setattr(passwords, "_hasher", Counting())
    for address in ("north.operator@example.org", "north.viewer@example.org", "nobody@example.org"):
        users.verify_password(address, "a wrong password")
    assert len(worked) == 3


def test_passwords_are_kept_as_argon2id(operator: schema.User) -> None:
    assert operator.password_hash.startswith("$argon2id$")


def test_a_hash_made_with_less_work_is_renewed_at_the_next_sign_in(
    operator: schema.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert users.verify_password(operator.email, PASSWORD)
    assert "m=16,t=2" in users.user(SYSTEM, operator.id).password_hash
    assert users.verify_password(operator.email, PASSWORD)


def test_the_same_characters_are_the_same_password_however_they_are_composed(world: World) -> None:
    users.set_password(SYSTEM, world.people["north viewer"], "caf\u00e9 au lait, merci")
    assert users.verify_password("north.viewer@example.org", "cafe\u0301 au lait, merci")


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "x" * 300,
        "aaaaaaaaaaaaaaaa",
        "north.viewer@example.org",
        "North.Viewer2026",
        "password1234",
        "P@ssw0rd2024!",
        "123456789012",
        "qwertyuiop123",
        "letmeinletmein",
        "abcdefghijkl",
        "loadstar2026!",
        "trustno1trustno1",
        "iloveyou12345",
    ],
)
def test_a_password_that_anyone_would_try_is_refused(world: World, password: str) -> None:
    with pytest.raises(Refused, match="password"):
        users.set_password(SYSTEM, world.people["north viewer"], password)


@pytest.mark.parametrize(
    "password", ["four words are enough", "caf\u00e9 au lait, merci", "aB3$xK9mQ2pL", "all lower case and long"]
)
def test_no_rule_of_composition_stands_in_the_way(world: World, password: str) -> None:
    users.set_password(SYSTEM, world.people["north viewer"], password)


def test_what_is_generated_is_never_refused(world: World) -> None:
    assert not any(passwords.is_guessed(passwords.generated()) for _ in range(50))


def test_64_characters_and_more_are_a_good_password(world: World) -> None:
    users.set_password(SYSTEM, world.people["north viewer"], "ten words " * 12)
    assert users.verify_password("north.viewer@example.org", "ten words " * 12)


def test_a_new_password_signs_out_everywhere(operator: schema.User) -> None:
    token = sessions.open_session(operator)
    users.set_password(SYSTEM, operator.email, "another four words here")
    assert sessions.user_of(token) is None


def test_a_session_is_its_user_until_it_is_ended(operator: schema.User) -> None:
    here, there = (sessions.open_session(operator, "203.0.113.7", "a browser") for _ in range(2))
    assert here != there
    assert sessions.user_of(here).id == operator.id
    sessions.end_session(here)
    assert sessions.user_of(here) is None
    assert sessions.user_of(there).id == operator.id


def test_only_a_hash_of_a_sessions_token_is_kept(operator: schema.User) -> None:
    token = sessions.open_session(operator)
    with engine.reading() as session:
        [row] = session.query(schema.Session).all()
    assert token not in row.token_hash


@pytest.mark.parametrize("token", ["", "unknown", "x" * 10_000, "\x00", "é"])
def test_an_unknown_token_is_nobody(world: World, token: str) -> None:
    assert sessions.user_of(token) is None
    sessions.end_session(token)


def test_signing_out_everywhere_ends_every_session(operator: schema.User) -> None:
    tokens = [sessions.open_session(operator) for _ in range(3)]
    assert sessions.end_all(operator.id) == 3
    assert {sessions.user_of(token) for token in tokens} == {None}


def test_an_idle_session_ends_and_a_used_one_goes_on(operator: schema.User) -> None:
    idle = timedelta(minutes=configuration.settings().session_idle_minutes)
    start = now()
    token = sessions.open_session(operator, at=start)
    almost = start + idle - timedelta(seconds=1)
    assert sessions.user_of(token, at=almost)
    assert sessions.user_of(token, at=almost + idle - timedelta(seconds=1))
    assert sessions.user_of(token, at=almost + 2 * idle) is None


def test_a_session_ends_at_its_limit_however_busy(operator: schema.User) -> None:
    start = now()
    token = sessions.open_session(operator, at=start)
    end = start + timedelta(days=configuration.settings().session_days)
    moment = start
    while moment < end:
        assert sessions.user_of(token, at=moment)
        moment += timedelta(hours=11)
    assert sessions.user_of(token, at=end) is None


def test_a_session_in_use_is_written_once_a_minute_at_the_most(operator: schema.User) -> None:
    start = now()
    token = sessions.open_session(operator, at=start)
    seen = []
    for seconds in (10, 59, 60, 100, 121):
        sessions.user_of(token, at=start + timedelta(seconds=seconds))
        with engine.reading() as session:
            seen.append((session.query(schema.Session).one().seen_at - start).total_seconds())
    assert seen == [0, 0, 60, 60, 121]


@pytest.mark.parametrize("why", [StoreFull, StoreAway])
def test_who_is_signed_in_stays_so_while_the_records_can_be_read_and_not_written(
    operator: schema.User, monkeypatch: pytest.MonkeyPatch, why: type[StoreError]
) -> None:
    start = now()
    token = sessions.open_session(operator, at=start)

    def refuse() -> None:
        raise why("the disk that holds the records is full")

    monkeypatch.setattr(sessions, "session", refuse)
    seen = sessions.user_of(token, at=start + timedelta(minutes=2))
    assert seen is not None
    assert seen.id == operator.id


def test_old_sessions_are_cleared_away_at_the_next_sign_in(operator: schema.User) -> None:
    sessions.open_session(operator, at=now() - timedelta(days=60))
    sessions.open_session(operator)
    with engine.reading() as session:
        assert session.query(schema.Session).count() == 1


def test_disabling_a_user_ends_their_sessions_and_their_scope_at_once(operator: schema.User) -> None:
    token = sessions.open_session(operator)
    users.set_approval(SYSTEM, operator.id, "disabled")
    assert sessions.user_of(token) is None
    assert policy.scope_of(operator.id) == NOBODY
    with pytest.raises(Refused, match="disabled"):
        sessions.open_session(operator)
    users.set_approval(SYSTEM, operator.id, "approved")
    assert sessions.user_of(token) is None, "an old cookie stays ended"
    assert sessions.open_session(operator)


@pytest.mark.parametrize(("approval", "said"), [("pending", "waits"), ("rejected", "not approved")])
def test_whoever_is_not_approved_is_told_so_and_stays_out(operator: schema.User, approval: str, said: str) -> None:
    users.set_approval(SYSTEM, operator.id, approval)
    with pytest.raises(Refused, match=said):
        sessions.open_session(operator)


def test_an_administrator_cannot_shut_themselves_out(world: World) -> None:
    for who in ("north admin", "root"):
        with pytest.raises(Refused, match="another administrator"):
            users.set_approval(world.scope(who), world.people[who], "disabled")


def test_the_last_platform_administrator_stays(world: World) -> None:
    with pytest.raises(Refused, match="only platform administrator"):
        users.set_approval(SYSTEM, world.people["root"], "disabled")
    users.create_user(SYSTEM, email="second@example.org", name="Second", password=None, platform_admin=True)
    users.set_approval(SYSTEM, world.people["root"], "disabled")


def test_an_organisations_administrator_has_no_power_over_a_platform_administrator(world: World) -> None:
    boss = users.create_user(
        SYSTEM,
        email="boss@example.org",
        name="Boss",
        password=None,
        organisation_id=world.organisations["north"],
        role="viewer",
        platform_admin=True,
    )
    with pytest.raises(Refused, match="platform administrator"):
        users.set_approval(world.scope("north admin"), boss.id, "disabled")
    with pytest.raises(Refused, match="platform administrator"):
        users.set_password(world.scope("north admin"), boss.id, PASSWORD)


def test_an_address_has_one_account_however_it_is_written(world: World) -> None:
    with pytest.raises(Refused, match="account with this address"):
        users.create_user(SYSTEM, email="North.Viewer@EXAMPLE.org", name="Again", password=None)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"email": "no address"}, "not a valid email address"),
        ({"name": " "}, "name"),
        ({"role": "admin"}, "within an organisation"),
        ({"approval": "maybe"}, "pending, approved"),
        ({"password": "short"}, "12 characters"),
    ],
)
def test_an_impossible_user_is_refused_with_what_to_do(world: World, wrong: dict[str, str], said: str) -> None:
    good: dict[str, object] = {"email": "new@example.org", "name": "New", "password": None}
    with pytest.raises(Refused, match=said):
        users.create_user(SYSTEM, **(good | wrong))
    with pytest.raises(NotFound):
        users.user(SYSTEM, "new@example.org")


def test_the_first_user_of_an_organisation_becomes_its_admin(world: World) -> None:
    from store.records.people import organisations

    new = organisations.create_organisation(SYSTEM, name="New", kind="customer").id
    made = [
        users.create_user(SYSTEM, email=f"u{i}@example.org", name="U", password=None, organisation_id=new).role for i in range(2)
    ]
    assert made == ["admin", "viewer"]


def test_the_last_site_is_remembered_and_none_that_is_not_seen(world: World) -> None:
    scope = world.scope("north viewer")
    users.remember_site(scope, world.sites["north"])
    with pytest.raises(NotFound):
        users.remember_site(scope, world.sites["south"])
    assert users.user(SYSTEM, scope.user_id or "").last_site_id == world.sites["north"]


def test_a_theme_is_kept_and_a_foolish_one_refused(world: World) -> None:
    scope = world.scope("north viewer")
    users.choose_theme(scope, "dark")
    assert users.user(scope, scope.user_id).theme == "dark"
    with pytest.raises(Refused, match="auto, light or dark"):
        users.choose_theme(scope, "pink")


def test_colours_are_kept_and_none_that_there_are_not(world: World) -> None:
    scope = world.scope("north viewer")
    assert users.user(scope, scope.user_id).colours is None
    users.choose_colours(scope, "safe")
    assert users.user(scope, scope.user_id).colours == "safe"
    with pytest.raises(Refused, match="heat, safe or neutral"):
        users.choose_colours(scope, "pink")


def test_a_link_works_once_for_its_purpose_and_until_it_ends(records: str) -> None:
    token = one_time_links.create_link("first_administrator", 24)
    assert one_time_links.is_good(token, "first_administrator")
    assert not one_time_links.use_link(token, "something else")
    assert not one_time_links.use_link(token, "first_administrator", at=now() + timedelta(hours=24, seconds=1))
    assert one_time_links.use_link(token, "first_administrator")
    assert not one_time_links.use_link(token, "first_administrator")
    assert not one_time_links.is_good(token, "first_administrator")


def test_a_link_works_for_one_of_many_who_use_it_at_the_same_moment(records: str) -> None:
    token = one_time_links.create_link("first_administrator", 24)
    ready = threading.Barrier(6)

    def use(_: int) -> bool:
        ready.wait()
        return one_time_links.use_link(token, "first_administrator")

    with ThreadPoolExecutor(6) as pool:
        assert Counter(pool.map(use, range(6))) == {True: 1, False: 5}


def test_a_new_link_ends_the_ones_before_it(records: str) -> None:
    old = one_time_links.create_link("first_administrator", 24)
    one_time_links.create_link("first_administrator", 24, instead=True)
    assert not one_time_links.use_link(old, "first_administrator")


def test_the_first_administrator_is_made_once_and_a_refusal_leaves_the_link_good(records: str) -> None:
    token = one_time_links.create_link(users.FIRST_ADMINISTRATOR, 24)
    with pytest.raises(Refused, match="12 characters"):
        users.create_first_administrator(token, email="a@example.org", name="A", password="short")
    assert one_time_links.is_good(token, users.FIRST_ADMINISTRATOR)
    made = users.create_first_administrator(token, email="a@example.org", name="A", password=PASSWORD)
    assert policy.scope_of(made.id).platform_admin
    again = one_time_links.create_link(users.FIRST_ADMINISTRATOR, 24)
    with pytest.raises(Refused, match="link"):
        users.create_first_administrator(again, email="b@example.org", name="B", password=PASSWORD)
