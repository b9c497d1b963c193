"""`loadstar user` and `loadstar key`: who types them can make people and keys, and sees a secret once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from cli import people
from config import settings as configuration
from store.records.access import audit, policy
from store.records.people import organisations, users
from store.records.plant import devices, directory, keys, sites
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.records import fresh


@pytest.fixture(autouse=True)
def records(tmp_path: Path) -> Iterator[None]:
    configuration.use(configuration.load(home=tmp_path, demo=False, secret_key=SecretStr("not secret")))
    fresh(configuration.settings().records_url)
    yield
    engine.configure()


@pytest.fixture
def north() -> str:
    return organisations.create_organisation(SYSTEM, name="North", kind="distributor").id


def _site(owner: str, name: str, *hardware: str) -> list[str]:
    site = sites.create_site(
        SYSTEM,
        name=name,
        kind="plant",
        organisation_id=owner,
        time_zone="Europe/London",
        currency="GBP",
        latitude=52.0,
        longitude=0.0,
    )
    return [devices.create_device(SYSTEM, site.id, name=each).id for each in hardware]


def _run(command: object, *words: str) -> Result:
    return CliRunner().invoke(command, words)


def test_a_user_made_here_can_sign_in_with_the_password_that_was_printed() -> None:
    said = _run(people.user, "create", "Ada@Example.org", "--name", "Ada", "--platform-admin")
    assert said.exit_code == 0
    assert "Created ada@example.org, platform administrator." in said.output
    password = said.output.partition("shown only now: ")[2].splitlines()[0]
    assert len(password) >= 20
    found = users.verify_password("ada@example.org", password)
    assert policy.scope_of(found.id).everything


def test_a_user_of_an_organisation_is_made_by_its_name(north: str) -> None:
    said = _run(people.user, "create", "first@example.org", "--name", "First", "--organisation", "North")
    assert "admin of North" in said.output
    said = _run(people.user, "create", "op@example.org", "--name", "Op", "--organisation", "North", "--role", "operator")
    assert "operator of North" in said.output
    assert users.user(SYSTEM, "op@example.org").organisation_id == north


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["create", "nonsense", "--name", "X"], "write it as name@example.org"),
        (["create", "a@example.org", "--name", "X", "--organisation", "South"], "No organisation South. There are:"),
        (["create", "a@example.org", "--name", "X", "--role", "admin"], "give --organisation too"),
        (["password", "nobody@example.org"], "No user nobody@example.org"),
    ],
)
def test_what_is_wrong_is_one_line(north: str, words: list[str], said: str) -> None:
    result = _run(people.user, *words)
    assert result.exit_code != 0
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_new_password_replaces_the_old_one() -> None:
    users.create_user(SYSTEM, email="a@example.org", name="A", password="the old four words")
    password = _run(people.user, "password", "a@example.org").output.partition("shown only now: ")[2].splitlines()[0]
    assert users.verify_password("a@example.org", "the old four words") is None
    found = users.verify_password("a@example.org", password)
    assert found
    assert found.password_until, "it was made here: good for some days, to choose another"


def test_a_key_is_printed_once_and_is_good(north: str) -> None:
    [device] = _site(north, "Works", "gateway")
    said = _run(people.key, "create", "gateway")
    key_id, secret = said.output.strip().split(".")
    entry = directory.load_directory().keys[key_id]
    assert (entry.device_id, entry.can_write, entry.secret_hash) == (device, True, keys.hash_of(secret))
    assert _run(people.key, "create", device).exit_code == 0


def test_a_name_that_two_sites_use_is_asked_about(north: str) -> None:
    [first] = _site(north, "Works", "gateway")
    [second] = _site(north, "Mill", "gateway")
    said = _run(people.key, "create", "gateway")
    assert said.exit_code != 0
    assert f"{first}  gateway, Works" in said.output
    assert f"{second}  gateway, Mill" in said.output


def test_an_unknown_device_is_answered_with_those_there_are(north: str) -> None:
    _site(north, "Works", "gateway")
    said = _run(people.key, "create", "gatewy")
    assert said.exit_code != 0
    assert "No device gatewy in use." in said.output
    assert "gateway, Works" in said.output


def test_the_audit_log_says_what_was_typed_at_the_command_line() -> None:
    _run(people.user, "create", "ada@example.org", "--name", "Ada")
    entry = audit.entries(SYSTEM, limit=1)[0]
    assert (entry.actor, entry.action, entry.subject_kind) == (audit.COMMAND_LINE, "create", "users")
