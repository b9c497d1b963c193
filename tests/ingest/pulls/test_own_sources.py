"""Addresses of one's own: their values pass the judge of devices, and their keys go nowhere else."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.settings import Settings
from store.errors import Refused
from store.records.plant import pull_sources, pull_turns, sites
from store.scope import SYSTEM
from tests.ingest.pulls.pulled import HOUR, NOW, OWN, own, pull, readings, source, words
from tests.ingest.pulls.services import Played, Reply, Seen
from tests.ingest.world import World, use_records


def test_values_of_an_own_source_pass_the_judge_of_devices_and_are_stored_once(
    asking: Settings, works: World, played: Played
) -> None:
    made = own(works, played)
    now = datetime.now(UTC).replace(microsecond=0)
    moments = [now - n * timedelta(minutes=5) for n in range(5)]
    rows: list[dict[str, Any]] = [{"at": each.isoformat(), "power": 1500 + n} for n, each in enumerate(moments)]
    rows += [
        {"at": "2019-01-01T00:00:00Z", "power": 1},
        {"at": f"{now:%Y-%m-%dT%H:%M:%S}", "power": 1},
        {"at": now.isoformat(), "power": "1"},
        {"at": now.isoformat(), "power": None},
        {"at": (now - HOUR).isoformat(), "power": 1e14},
        {"at": 5, "power": 1},
    ]
    played.answer = lambda _seen: Reply(json.dumps({"data": rows}).encode())
    assert pull(asking, made, now) == {"written": 5, "same": 0, "refused": 5}
    seen = played.seen[-1]
    assert seen.headers["x-api-key"] == "s3cret of the plant"
    assert datetime.fromisoformat(seen.query["to"]) - datetime.fromisoformat(seen.query["from"]) > timedelta(days=30)
    kept = readings(works.grid)
    assert list(kept["ts"]) == moments[::-1]
    assert kept["value"].to_numpy() == pytest.approx([1.504, 1.503, 1.502, 1.501, 1.5])
    assert set(kept["source"]) == {made}
    assert "5 values were left out" in words(made)
    assert pull(asking, made, now)["written"] == 0
    assert source(made).value_at == now


def test_an_own_source_may_answer_in_columns_or_with_one_value_of_the_moment(
    asking: Settings, works: World, played: Played
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    seconds = [int((now - HOUR).timestamp()), now.timestamp() - 0.5]
    played.answer = lambda seen: Reply(
        json.dumps({"time": seconds, "v": [1.5, 2.5]} if seen.path == "/columns" else {"em:0": {"total": 3.25}}).encode()
    )
    columns = own(works, played, "/columns?key={key}", items="", time="time", value="v", precision="s", unit="", header="")
    pull(asking, columns, now)
    rows = readings(works.grid)
    assert list(rows["value"]) == [1.5, 2.5]
    assert played.seen[-1].query == {"key": "s3cret of the plant"}
    alone = own(works, played, "/now", meter_id=works.load, items="", time="", value='"em:0".total', precision="asked", unit="kW")
    pull(asking, alone, now)
    rows = readings(works.load)
    assert list(zip(rows["ts"], rows["value"], strict=True)) == [(now, 3.25)]
    played.answer = lambda _seen: Reply(b'{"em:0": {"watt": 1}}')
    pull(asking, alone, now)
    assert "no 'total'" in words(alone)


def test_what_has_not_changed_is_not_sent_again_and_what_was_not_stored_is(
    asking: Settings, works: World, played: Played
) -> None:
    made = own(works, played, "/v1/power")
    now = datetime.now(UTC).replace(microsecond=0)
    rows = [{"at": now.isoformat(), "power": 1500}, {"at": now.isoformat(), "power": "none"}]
    marks = {"ETag": 'W/"41"', "Last-Modified": "Mon, 30 Mar 2026 10:00:00 GMT"}

    def answer(seen: Seen) -> Reply:
        same = (seen.headers.get("if-none-match"), seen.headers.get("if-modified-since")) == tuple(marks.values())
        return Reply(status=304) if same else Reply(json.dumps({"data": rows}).encode(), headers=marks)

    played.answer = answer
    # Of an answer of which something was refused the whole is asked for again.
    for _ in range(2):
        assert pull(asking, made, now)["refused"] == 1
        assert "if-none-match" not in played.seen[-1].headers
    assert len(readings(works.grid)) == 1
    del rows[1]
    assert pull(asking, made, now) == {"written": 0, "same": 1, "refused": 0}
    assert pull(asking, made, now + HOUR) == {"written": 0, "same": 0, "refused": 0}
    assert played.seen[-1].headers["if-none-match"] == marks["ETag"]
    assert (source(made).failures, source(made).answered_at, source(made).problem) == (0, now + HOUR, [])
    # What changed has another mark, and what is described anew is asked for as if for the first time.
    marks["ETag"] = '"42"'
    rows[0]["power"] = 1501
    assert pull(asking, made, now + 2 * HOUR)["written"] == 1
    assert list(readings(works.grid)["value"]) == [1.501]
    pull_sources.change_own(SYSTEM, made, OWN._replace(meter_id=works.grid), name="Inverter", address=f"{played.url}/v1/power")
    assert pull(asking, made, now + 3 * HOUR)["same"] == 1
    assert "if-none-match" not in played.seen[-1].headers


@pytest.mark.parametrize(
    ("change", "about"),
    [
        ({"address": "https://elsewhere.example/x"}, "address"),
        ({"address": "file:///etc/passwd"}, "address"),
        ({"quantity": "joy"}, "quantity"),
        ({"quantity": "energy_kwh"}, "interval_s"),
        ({"quantity": "energy_total_kwh", "interval_s": 900}, "interval_s"),
        ({"meter_id": "mtr_000000000000"}, "meter_id"),
        ({"value": ""}, "value"),
        ({"value": "a[["}, "value"),
        ({"time": ""}, "time"),
        ({"precision": "asked"}, "time"),
        ({"precision": "guess"}, "precision"),
        ({"header": "Host"}, "header"),
        ({"header": "X: y\r\n"}, "header"),
        ({"every_s": 5}, "every_s"),
        ({"name": " "}, "name"),
        ({"key": "naïve"}, "key"),
    ],
)
def test_what_cannot_be_asked_is_refused_beside_its_field(
    asking: Settings, works: World, played: Played, change: dict[str, Any], about: str
) -> None:
    told = {"name": "x", "address": played.url, "key": None}
    described = OWN._replace(**{"meter_id": works.grid} | {name: what for name, what in change.items() if name not in told})
    with pytest.raises(Refused) as refused:
        pull_sources.add_own(
            SYSTEM, works.site_id, described, **told | {name: what for name, what in change.items() if name in told}
        )
    assert refused.value.about == about


def test_a_key_goes_to_no_other_address_and_is_forgotten_with_its_source(asking: Settings, works: World, played: Played) -> None:
    made = own(works, played)
    described = OWN._replace(meter_id=works.grid)
    pull_sources.change_own(SYSTEM, made, described, name="Renamed", address=f"{played.url}/v2")
    order = pull_turns.order(SYSTEM, made)
    assert order is not None
    assert order.key == "s3cret of the plant"
    use_records(asking.model_copy(update={"pull_addresses": f"{played.url},https://other.example"}))
    for address, header in (("https://other.example/x", "X-API-Key"), (played.url, "Other")):
        with pytest.raises(Refused, match="type it again"):
            pull_sources.change_own(SYSTEM, made, described._replace(header=header), name="Renamed", address=address)
    pull_sources.archive_source(SYSTEM, made)
    assert source(made).secret is None
    assert pull_turns.order(SYSTEM, made) is None
    with pytest.raises(Refused, match="archived"):
        pull_sources.ask_now(SYSTEM, made)
    assert pull(asking, made, NOW) == {}
    assert [each.id for each in pull_sources.sources_of(SYSTEM, works.site_id)] == []


def test_a_meter_of_a_site_that_is_out_of_use_is_not_asked_for(asking: Settings, works: World, played: Played) -> None:
    made = own(works, played)
    later = datetime.now(UTC) + HOUR
    assert pull_turns.due(SYSTEM, later) == [made]
    sites.archive_site(SYSTEM, works.site_id)
    assert pull_turns.due(SYSTEM, later) == []
