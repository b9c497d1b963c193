"""Tokens of the JSON API for people: what opens, what no longer does, and what a copy is worth."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from store.errors import NotFound, Refused
from store.records import schema
from store.records.access import audit
from store.records.access.audit import Filter
from store.records.people import organisations, registration, users
from store.records.schema.columns import now
from store.records.signin import sessions, tokens
from store.records.transaction import engine, sealing
from store.scope import NOBODY, SYSTEM
from tests.store.records.world import World


def _user(world: World, who: str = "resident") -> schema.User:
    return users.user(SYSTEM, world.people[who])


def test_a_personal_token_is_its_maker_with_the_rights_it_was_given(world: World) -> None:
    scope = world.scope("resident")
    reads, writes = tokens.create_token(scope, name="reads"), tokens.create_token(scope, name="writes", can_write=True)
    assert [tokens.bearer_of(token).can_write for token in (reads, writes)] == [False, True]
    assert {tokens.bearer_of(token).user.id for token in (reads, writes)} == {scope.user_id}
    assert [token.name for token in tokens.own_tokens(scope)] == ["writes", "reads"]
    assert tokens.own_tokens(world.scope("neighbour")) == []


def test_of_a_personal_token_a_hash_is_kept(world: World) -> None:
    token = tokens.create_token(world.scope("resident"), name="script")
    [kept] = tokens.own_tokens(world.scope("resident"))
    assert token.partition(".")[2] not in kept.secret_hash
    assert len(kept.secret_hash) == 64


def test_a_personal_token_ends_at_its_time_or_when_it_is_revoked(world: World) -> None:
    scope = world.scope("resident")
    token = tokens.create_token(scope, name="script", days=1)
    assert tokens.bearer_of(token, at=now() + timedelta(hours=23))
    assert tokens.bearer_of(token, at=now() + timedelta(hours=25)) is None
    with pytest.raises(NotFound):
        tokens.revoke_token(world.scope("neighbour"), token.partition(".")[0])
    assert tokens.bearer_of(token)
    tokens.revoke_token(scope, token.partition(".")[0])
    assert tokens.bearer_of(token) is None
    tokens.revoke_token(scope, token.partition(".")[0])


def test_when_a_personal_token_was_used_is_kept_once_a_minute_and_is_no_news(world: World) -> None:
    scope, start = world.scope("resident"), now()
    token = tokens.create_token(scope, name="script")
    newest = audit.entries(SYSTEM, limit=1)
    seen = []
    for seconds in (1, 30, 61, 90):
        tokens.bearer_of(token, at=start + timedelta(seconds=seconds))
        seen.append((tokens.own_tokens(scope)[0].last_used_at - start).total_seconds())
    assert seen == [1, 1, 61, 61]
    assert audit.entries(SYSTEM, limit=1) == newest


def test_a_token_needs_a_name_an_end_and_a_maker(world: World) -> None:
    scope = world.scope("resident")
    for wrong in ({"name": " "}, {"name": "x", "days": 0}, {"name": "x", "days": 367}):
        with pytest.raises(Refused):
            tokens.create_token(scope, **wrong)
    with pytest.raises(NotFound):
        tokens.create_token(NOBODY, name="x")


def test_nobody_has_more_than_fifty_tokens(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST", 2)
    scope = world.scope("resident")
    first, _ = (tokens.create_token(scope, name="x") for _ in range(2))
    with pytest.raises(Refused, match="revoke one"):
        tokens.create_token(scope, name="x")
    tokens.revoke_token(scope, first.partition(".")[0])
    tokens.create_token(scope, name="x")


def test_a_program_is_its_user_for_ten_minutes_and_then_refreshes(world: World) -> None:
    pair = tokens.sign_in(_user(world), "203.0.113.7", "curl/8")
    bearer = tokens.bearer_of(pair.access)
    assert (bearer.user.id, bearer.can_write) == (world.people["resident"], True)
    later = now() + timedelta(seconds=tokens.ACCESS_S + 1)
    assert tokens.bearer_of(pair.access, at=later) is None
    following = tokens.refresh(pair.refresh, at=later)
    assert tokens.bearer_of(following.access, at=later).user.id == world.people["resident"]
    assert following.refresh != pair.refresh


HERE, CLIENT = "203.0.113.7", "gateway/2"


def test_a_program_whose_answer_was_lost_gets_the_same_pair_again(world: World) -> None:
    first, start = tokens.sign_in(_user(world), HERE, CLIENT), now()
    lost = tokens.refresh(first.refresh, HERE, CLIENT, at=start)
    again = tokens.refresh(first.refresh, HERE, CLIENT, at=start + timedelta(seconds=9))
    assert (again.access, again.refresh) == (lost.access, lost.refresh)
    assert again.expires_in_s == lost.expires_in_s - 9
    assert tokens.bearer_of(again.access).user.id == world.people["resident"]
    assert tokens.refresh(again.refresh, HERE, CLIENT).refresh != again.refresh


@pytest.mark.parametrize(
    ("address", "client", "after_s"),
    [("198.51.100.9", CLIENT, 1), (HERE, "curl/8", 1), (HERE, CLIENT, 11), (None, None, 1)],
    ids=["from elsewhere", "by another program", "later", "by nobody known"],
)
def test_a_refresh_token_that_was_copied_ends_the_program_and_is_written_down(
    world: World, address: str | None, client: str | None, after_s: int
) -> None:
    stolen, start = tokens.sign_in(_user(world), HERE, CLIENT), now()
    owner = tokens.refresh(stolen.refresh, HERE, CLIENT, at=start)
    with pytest.raises(Refused, match="sign in again"):
        tokens.refresh(stolen.refresh, address, client, at=start + timedelta(seconds=after_s))
    with pytest.raises(Refused):
        tokens.refresh(owner.refresh, HERE, CLIENT)
    assert tokens.bearer_of(owner.access) is None
    assert audit.entries(SYSTEM, Filter(action="token_copied"))[0].subject_id == world.people["resident"]


def test_a_token_before_the_last_one_was_copied_however_soon_it_comes(world: World) -> None:
    first, start = tokens.sign_in(_user(world), HERE, CLIENT), now()
    second = tokens.refresh(first.refresh, HERE, CLIENT, at=start)
    third = tokens.refresh(second.refresh, HERE, CLIENT, at=start + timedelta(seconds=1))
    with pytest.raises(Refused):
        tokens.refresh(first.refresh, HERE, CLIENT, at=start + timedelta(seconds=2))
    assert tokens.bearer_of(third.access) is None


def test_many_at_once_of_one_program_all_get_the_same_next_pair(world: World) -> None:
    pair = tokens.sign_in(_user(world), HERE, CLIENT)
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: tokens.refresh(pair.refresh, HERE, CLIENT).refresh, range(8)))
    assert len(found) == 1
    assert tokens.refresh(found.pop(), HERE, CLIENT)


@pytest.mark.parametrize(
    "ended", ["revoke", "old revoke", "end_program", "sign out everywhere", "password", "reset", "disabled", "deleted"]
)
def test_what_ends_a_program_ends_it_at_once(world: World, ended: str) -> None:
    person = _user(world)
    first = tokens.sign_in(person)
    pair = tokens.refresh(first.refresh)
    foreign = tokens.sign_in(_user(world, "neighbour"))
    match ended:
        case "revoke":
            tokens.revoke(pair.refresh)
        case "old revoke":
            tokens.revoke(first.refresh)
        case "end_program":
            [program] = tokens.own_programs(world.scope("resident"))
            with pytest.raises(NotFound):
                tokens.end_program(world.scope("neighbour"), program.id)
            tokens.end_program(world.scope("resident"), program.id)
        case "sign out everywhere":
            sessions.end_all(person.id)
        case "password":
            users.set_password(SYSTEM, person.id, "another four words here")
        case "reset":
            registration.reset_password(registration.ask_new_password(person.email).token, "another four words here")
        case "disabled":
            users.set_approval(SYSTEM, person.id, "disabled")
        case "deleted":
            with engine.session() as records:
                records.delete(records.get(schema.User, person.id))
    assert tokens.bearer_of(pair.access) is None
    with pytest.raises(Refused):
        tokens.refresh(pair.refresh)
    assert tokens.bearer_of(foreign.access)


def test_people_of_a_disabled_organisation_have_no_good_token(world: World) -> None:
    scope = world.scope("shop viewer")
    personal, pair = tokens.create_token(scope, name="x"), tokens.sign_in(_user(world, "shop viewer"))
    organisations.set_organisation_approval(SYSTEM, world.organisations["shop"], "disabled")
    assert tokens.bearer_of(personal) is None
    assert tokens.bearer_of(pair.access) is None
    with pytest.raises(Refused, match="organisation"):
        tokens.sign_in(_user(world, "shop viewer"))
    organisations.set_organisation_approval(SYSTEM, world.organisations["shop"], "approved")
    with pytest.raises(Refused):
        tokens.refresh(pair.refresh)


@pytest.mark.parametrize("approval", ["pending", "disabled", "rejected"])
def test_whoever_is_not_approved_has_no_good_token(world: World, approval: str) -> None:
    token = tokens.create_token(world.scope("resident"), name="script")
    users.set_approval(SYSTEM, world.people["resident"], approval)
    assert tokens.bearer_of(token) is None
    with pytest.raises(Refused, match="account"):
        tokens.sign_in(_user(world))


def test_a_program_has_to_sign_in_again_after_the_absolute_limit(world: World) -> None:
    pair = tokens.sign_in(_user(world))
    with pytest.raises(Refused):
        tokens.refresh(pair.refresh, at=now() + timedelta(days=31))


def _forged(access: str, alg: str, sign: bool, **claims: object) -> str:
    _, body, signature = access.split(".")
    told = {**json.loads(base64.urlsafe_b64decode(body + "==")), **claims}

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': alg})}.{part(told)}.{signature if sign else ''}"


def test_forged_tokens_open_nothing(world: World) -> None:
    pair = tokens.sign_in(_user(world))
    personal = tokens.create_token(world.scope("resident"), name="x")
    family = tokens.own_programs(world.scope("resident"))[0].id
    forged = [
        _forged(pair.access, "none", sign=False),
        _forged(pair.access, "HS256", sign=True, sub=world.people["root"]),
        _forged(pair.access, "HS256", sign=True, exp=2**40),
        personal + "x",
        personal.partition(".")[0],
        personal.partition(".")[0] + ".",
        "pat_000000000000." + personal.partition(".")[2],
        "pat_é.ü",
        "",
        ".",
        "..",
        "a.b.c",
        "é.ü.\x00",
        pair.refresh,
        "x" * 10_000,
    ]
    assert [token for token in forged if tokens.bearer_of(token) is not None] == []
    for token in (
        "",
        "x",
        f"{family}.1.",
        f"{family}.1.{'0' * 64}",
        f"{family}.2.{pair.refresh.rpartition('.')[2]}",
        "é.1.ü",
        pair.access,
    ):
        with pytest.raises(Refused):
            tokens.refresh(token)
        tokens.revoke(token)
    assert tokens.bearer_of(pair.access), "and none of them has ended the program"


def test_a_token_for_one_purpose_is_none_for_another() -> None:
    assert len({sealing.derived_key(purpose) for purpose in ("access tokens", "refresh tokens", "second factors")}) == 3
