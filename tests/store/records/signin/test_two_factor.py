"""The second factor: on after a first code, each code once, and a way back for whoever has lost the app."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote
from xml.etree import ElementTree

import pyotp
import pytest
from pydantic import SecretStr

from config import settings as configuration
from store.errors import NotFound, Refused
from store.records import schema
from store.records.access import audit
from store.records.access.audit import Filter
from store.records.signin import two_factor
from store.records.transaction import engine
from store.scope import NOBODY, SYSTEM
from tests.store.records.world import World

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
STEP = timedelta(seconds=two_factor.STEP_S)
HERE = "203.0.113.7"


class App:
    """Somebody's authenticator app, after enrolment, and the recovery codes on a sheet of paper."""

    def __init__(self, world: World, who: str = "resident") -> None:
        self.scope = world.scope(who)
        self.user_id = world.people[who]
        self.enrolment = two_factor.begin(self.scope)
        self.paper = two_factor.confirm(self.scope, self.code(NOON), at=NOON)

    def code(self, at: datetime) -> str:
        return pyotp.TOTP(self.enrolment.secret).at(at)

    def opens(self, code: str, at: datetime) -> bool:
        return two_factor.check(self.user_id, code, HERE, at=at)


def test_it_counts_only_after_a_first_code_has_confirmed_it(world: World) -> None:
    scope = world.scope("resident")
    enrolment = two_factor.begin(scope)
    assert not two_factor.is_on(world.people["resident"])
    with pytest.raises(Refused, match="not right"):
        two_factor.confirm(scope, "000000", at=NOON)
    assert not two_factor.is_on(world.people["resident"])
    two_factor.confirm(scope, pyotp.TOTP(enrolment.secret).at(NOON), at=NOON)
    assert two_factor.is_on(world.people["resident"])
    assert not two_factor.is_on(world.people["neighbour"])


def test_beginning_again_before_that_replaces_the_secret(world: World) -> None:
    scope = world.scope("resident")
    first, second = two_factor.begin(scope), two_factor.begin(scope)
    with pytest.raises(Refused):
        two_factor.confirm(scope, pyotp.TOTP(first.secret).at(NOON), at=NOON)
    two_factor.confirm(scope, pyotp.TOTP(second.secret).at(NOON), at=NOON)
    with pytest.raises(Refused, match="on already"):
        two_factor.begin(scope)


def test_the_app_is_given_an_address_and_its_picture(world: World) -> None:
    enrolment = two_factor.begin(world.scope("resident"))
    assert unquote(enrolment.uri).startswith("otpauth://totp/Loadstar:resident@example.org?")
    assert enrolment.secret in enrolment.uri
    assert ElementTree.fromstring(enrolment.svg).tag.endswith("svg")
    assert "style=" not in enrolment.svg


def test_a_code_works_once_and_none_before_it_afterwards(world: World) -> None:
    app = App(world)
    assert not app.opens(app.code(NOON), NOON), "it has confirmed the app"
    later = NOON + 4 * STEP
    assert app.opens(app.code(later), later)
    assert not app.opens(app.code(later), later)
    assert not app.opens(app.code(later - STEP), later)
    assert app.opens(app.code(later + STEP), later + STEP)


def test_a_clock_may_be_half_a_minute_off_and_no_more(world: World) -> None:
    app = App(world)
    later = NOON + 10 * STEP
    assert not app.opens(app.code(later - 2 * STEP), later)
    assert not app.opens(app.code(later + 2 * STEP), later)
    assert app.opens(app.code(later - STEP), later)
    assert app.opens(app.code(later + STEP), later)


def test_of_many_at_once_a_code_opens_for_one(world: World) -> None:
    app = App(world)
    later = NOON + 4 * STEP
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: app.opens(app.code(later), later), range(4))) == 1


def test_each_of_ten_recovery_codes_works_once_however_it_is_typed(world: World) -> None:
    app = App(world)
    assert len(set(app.paper)) == two_factor.recovery_codes_left(app.scope) == 10
    assert app.opens(app.paper[0], NOON)
    assert not app.opens(app.paper[0], NOON)
    assert app.opens(app.paper[1].upper().replace("-", " "), NOON)
    assert two_factor.recovery_codes_left(app.scope) == 8


def test_new_recovery_codes_replace_the_old_ones(world: World) -> None:
    app = App(world)
    later = NOON + 4 * STEP
    fresh = two_factor.new_recovery_codes(app.scope, app.code(later), HERE, at=later)
    assert not app.opens(app.paper[0], later)
    assert app.opens(fresh[0], later)


@pytest.mark.parametrize("code", ["", "1", "0" * 6, "١٢٣٤٥٦", "\x00", "x" * 10_000, "----"])
def test_anything_else_opens_nothing(world: World, code: str) -> None:
    app = App(world)
    assert not app.opens(code, NOON + 4 * STEP)


def test_whoever_has_no_second_factor_has_no_code(world: World) -> None:
    two_factor.begin(world.scope("neighbour"))
    for who in ("neighbour", "stranger"):
        assert not two_factor.check(world.people[who], "000000", HERE, at=NOON)


def test_guessing_becomes_slow(world: World) -> None:
    app = App(world)
    for _ in range(5):
        assert not app.opens("000000", NOON)
    with pytest.raises(Refused, match="try again in"):
        for _ in range(5):
            app.opens("000000", NOON)
    failed = audit.entries(SYSTEM, Filter(action="second_factor_failed"))
    assert {entry.subject_id for entry in failed} == {app.user_id}


def test_guessing_becomes_slow_for_whoever_has_found_a_browser_signed_in(world: World) -> None:
    app = App(world)
    said = []
    for _ in range(7):
        with pytest.raises(Refused) as refused:
            two_factor.disable(app.scope, "000000", HERE, at=NOON)
        said.append(str(refused.value))
    assert "not right" in said[0]
    assert "too many tries" in said[-1]


def test_turning_it_off_needs_a_code(world: World) -> None:
    app = App(world)
    later = NOON + 4 * STEP
    with pytest.raises(Refused, match="not right"):
        two_factor.disable(app.scope, "000000", HERE, at=later)
    assert two_factor.is_on(app.user_id)
    two_factor.disable(app.scope, app.code(later), HERE, at=later)
    assert not two_factor.is_on(app.user_id)
    with pytest.raises(NotFound):
        two_factor.disable(app.scope, app.code(later), HERE, at=later)
    with pytest.raises(NotFound):
        two_factor.begin(NOBODY)


def test_an_administrator_turns_it_off_for_whoever_has_lost_it(world: World) -> None:
    operator = App(world, "north operator")
    for who in ("south admin", "north viewer", "resident"):
        with pytest.raises(NotFound):
            two_factor.reset(world.scope(who), operator.user_id)
    two_factor.reset(world.scope("north admin"), operator.user_id)
    assert not two_factor.is_on(operator.user_id)
    admin = App(world, "north admin")
    with pytest.raises(Refused, match="your own"):
        two_factor.reset(admin.scope, admin.user_id)
    two_factor.reset(world.scope("root"), admin.user_id)
    gone = audit.entries(SYSTEM, Filter(subject_kind="two_factor", action="delete"))
    assert {entry.subject_id for entry in gone} == {operator.user_id, admin.user_id}


def test_the_database_alone_gives_no_codes_away(world: World) -> None:
    app = App(world)
    with engine.reading() as records:
        kept = records.get(schema.TwoFactor, app.user_id)
        told = [row.after or "" for row in records.query(schema.AuditEntry).where(schema.AuditEntry.subject_kind == "two_factor")]
    assert app.enrolment.secret not in kept.secret
    assert not set(app.paper) & set(kept.recovery_hashes)
    assert told
    assert not any(kept.secret in each or kept.recovery_hashes[0] in each for each in told)
    with engine.session() as records:  # somebody else's secret in one's own row
        records.get(schema.TwoFactor, app.user_id).secret = kept.secret
        records.add(schema.TwoFactor(user_id=world.people["neighbour"], secret=kept.secret, confirmed_at=NOON))
    later = NOON + 4 * STEP
    assert not two_factor.check(world.people["neighbour"], app.code(later), HERE, at=later)


def test_with_another_secret_key_recovery_codes_still_work(world: World) -> None:
    app = App(world)
    changed = configuration.settings().model_copy(update={"secret_key": SecretStr("another")})
    configuration.use(changed)
    later = NOON + 4 * STEP
    assert not app.opens(app.code(later), later)
    assert app.opens(app.paper[0], later)
