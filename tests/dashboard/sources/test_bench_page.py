"""On the ingest bench operators see what a key sends, and why it is refused; administrators send a test reading."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from dashboard.sources import senders
from dashboard.sources.trial_post import Answered
from store.records.plant import brokers, keys, received
from store.records.plant.brokers import Description, Subscription
from store.records.plant.received import Received
from store.records.schema.columns import now
from store.scope import SYSTEM
from tests.dashboard.plant.asking import call, plant, said
from tests.dashboard.world import World

BODY = '{"energy_produced": 1, "energy_consumed": "much", "current_load": 5, "facility_id": 1}'
PARTLY = '{"readings": [{"meter": "mtr_1", "quantity": "power_kw", "value": 1, "ts": "x"}, {"meter": "mtr_2"}]}'
LINES = "power,phase=l1 active=1500i\n# a comment\npower active=nan"


def request(world: World, source: str, road: str, body: str, *verdict: dict[str, Any], status: int | None = 207, **told: int):
    counts = {"accepted": 0, "refused": 0, "held": 0, "waiting": 0} | told
    return Received(
        world.site, source, now(), road, f"/{road}", False, len(body), status, **counts, body=body, verdict=list(verdict)
    )


@pytest.fixture
def gate(world: World) -> str:
    """A key of a device, and what came with it."""
    ids = plant(world)
    key = keys.create_key(SYSTEM, device_id=ids["device"], name="gate").partition(".")[0]
    refused = {"kind": "refused", "code": "not_a_number", "message": "it is a string", "field": "energy_consumed"}
    missing = {"kind": "refused", "code": "missing_field", "message": "quantity is missing", "index": 1, "allowed": "all of them"}
    held = {"kind": "held", "code": "jump", "index": 0}
    line = {"kind": "refused", "code": "malformed_line", "message": "invalid number", "index": 2}
    whole = {"kind": "refused", "code": "malformed_json", "message": "not JSON: it ends", "value": "{"}
    received.keep(
        SYSTEM,
        [
            request(world, key, "hardware", BODY, refused, status=422, refused=1),
            request(world, key, "readings", PARTLY, missing, held, accepted=1, refused=1, held=1),
            request(world, key, "lines", LINES, line, status=400, waiting=1, refused=1),
            request(world, key, "readings", "{", whole, status=400, refused=1),
        ],
    )
    return key


def look(browser: Any, world: World, sender: str | None, newest: str | None = None, times: int = 1):
    return call(
        browser,
        ["bench-requests.children", "bench-newest.data"],
        {"bench-interval.n_intervals": times},
        {"bench-sender.value": sender, "bench-newest.data": newest, "bench-site.data": world.site},
    )


def test_an_operator_sees_what_came_and_what_was_said_of_each_reading(world: World, gate: str) -> None:
    browser = world.client("operator")
    page = browser.get(f"/site/{world.site}/bench?key={gate}").get_data(as_text=True)
    assert "gate" in page
    assert f"{gate}.SECRET" in page
    assert "Send a test reading" not in page, "only administrators post"
    answer = look(browser, world, gate)
    shown = said(answer)
    assert "energy_consumed much" in shown
    assert "It is a string." in shown
    assert "Quantity is missing." in shown
    assert "Allowed: all of them." in shown
    assert "the register rose by more than its meter can do" in shown
    assert "power active=nan" in shown
    assert "a comment" in shown
    assert "refused: malformed_json" in shown
    assert "1 waits for a mapping" in shown
    assert gate in received.watched(SYSTEM), "from when the page was opened it is written down"
    newest = answer.get_json()["response"]["bench-newest"]["data"]
    assert "bench-requests" not in look(browser, world, gate, newest).get_json().get("response", {}), "nothing new, nothing drawn"


def test_what_the_bench_shows_of_a_sender_is_of_the_one_that_is_chosen(world: World, gate: str) -> None:
    browser = world.client("admin")
    broker = brokers.create_broker(SYSTEM, world.site, Description("yard", "b.example", [Subscription("a/#", "plain")]))
    ended = keys.create_key(SYSTEM, site_id=world.site, name="old").partition(".")[0]
    keys.revoke_key(SYSTEM, ended)
    keys.note_refusals(SYSTEM, {ended: 3})

    def chosen(sender: str) -> str:
        inputs, state = {"bench-sender.value": sender}, {"bench-site.data": world.site}
        return said(call(browser, ["bench-about.children"], inputs, state))

    assert "Send a test reading" in chosen(gate)
    assert "mosquitto_pub" in chosen(broker.id)
    assert "Send a test reading" not in chosen(broker.id)
    assert re.search(r"3 requests came with this key's id.*this key has ended", chosen(ended))
    assert "Send a test reading" not in chosen(ended)


def test_a_site_without_keys_says_how_to_come_by_one(world: World) -> None:
    page = world.client("admin").get(f"/site/{world.site}/bench").get_data(as_text=True)
    assert "This site has no key and no broker yet" in page
    assert f"/site/{world.site}/keys" in page


@pytest.mark.parametrize("who", ["stranger", "chief", "resident"])
def test_for_others_there_is_no_bench(world: World, gate: str, who: str) -> None:
    browser = world.client(who)
    assert browser.get(f"/site/{world.site}/bench").status_code == 404
    assert look(browser, world, gate).status_code == 404


def test_a_key_of_another_site_is_not_looked_at(world: World, gate: str) -> None:
    foreign = keys.create_key(SYSTEM, site_id=world.foreign_site).partition(".")[0]
    received.keep(SYSTEM, [request(world, foreign, "lines", "secret")._replace(site_id=world.foreign_site)])
    assert look(world.client("admin"), world, foreign).status_code == 404
    assert foreign not in received.watched(SYSTEM)


def test_an_operator_posts_nothing(world: World, gate: str) -> None:
    answer = call(
        world.client("operator"),
        ["bench-answer.children"],
        {"bench-try.n_clicks": 1, "bench-send.n_clicks": None},
        {"bench-text.value": "{}", "bench-sender.value": gate, "bench-site.data": world.site},
    )
    assert answer.status_code == 404
    assert len(keys.keys(SYSTEM, world.site)) == 1


def test_a_device_api_that_does_not_answer_is_said_and_the_key_is_ended(world: World, gate: str) -> None:
    answer = call(
        world.client("admin"),
        ["bench-answer.children"],
        {"bench-try.n_clicks": 1, "bench-send.n_clicks": None},
        {"bench-text.value": "{}", "bench-sender.value": gate, "bench-site.data": world.site},
    )
    assert "The device API does not answer" in said(answer)
    [own] = [key for key in keys.keys(SYSTEM, world.site) if key.id != gate]
    assert own.revoked_at is not None
    assert own.expires_at - own.created_at < timedelta(minutes=5)


@pytest.mark.parametrize(("held", "words"), [([], None), ([{}], "1 reading is held"), ([{}, {}], "2 readings are held")])
def test_a_test_reading_that_would_be_held_is_said_to_be(world: World, held: list[dict[str, Any]], words: str | None) -> None:
    answered = Answered(200, json.dumps({"accepted": 3, "rejected": [], "held": held}))
    with world.server.test_request_context():
        told = str(senders.answer(answered, dry_run=True))
    assert "nothing was stored" in told
    assert "held as implausible" not in told if words is None else words in told
