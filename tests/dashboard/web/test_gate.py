"""What costs much is let in a few at a time, also while it is sent; who reads slowly holds up nobody else."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from flask import Flask, Response, request
from werkzeug.test import Client, TestResponse

from dashboard.web import gate
from tests.dashboard.world import World

PIECES = 20


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A server with one answer, long and sent bit by bit, to whoever `?who=` says."""
    made = Flask("files")
    monkeypatch.setattr(gate, "current_scope", lambda: SimpleNamespace(user_id=request.args["who"]))
    monkeypatch.setattr(gate, "WAIT_S", 0.2)

    @made.get("/file")
    @gate.costly
    def file() -> Response:
        def pieces() -> Iterator[str]:
            for number in range(PIECES):
                assert gate._room._value < gate.AT_ONCE, "a piece is made where there is room for it"
                yield f"{number}\n"

        return Response(pieces())

    @made.get("/broken")
    @gate.costly
    def broken() -> Response:
        raise ZeroDivisionError

    return made


def ask(server: Flask, who: str, path: str = "/file") -> TestResponse:
    return Client(server).get(path, query_string={"who": who})


def test_an_answer_that_is_sent_bit_by_bit_is_one_at_a_time_for_each_person(server: Flask) -> None:
    slow = ask(server, "one")
    assert next(slow.iter_encoded()) == b"0\n"
    assert ask(server, "one").status_code == 429
    slow.close()
    assert ask(server, "one").get_data(as_text=True).count("\n") == PIECES
    assert ask(server, "one").status_code == 200, "what has been sent is over"


def test_many_who_read_slowly_leave_room_for_everybody_else(server: Flask) -> None:
    slow = [ask(server, f"slow {number}") for number in range(3 * gate.AT_ONCE)]
    assert [next(each.iter_encoded()) for each in slow] == [b"0\n"] * len(slow)
    assert ask(server, "quick").get_data(as_text=True).count("\n") == PIECES
    for each in slow:
        each.close()


def test_what_breaks_or_is_broken_off_leaves_nobody_waiting(server: Flask) -> None:
    for _ in range(3):
        assert ask(server, "one", "/broken").status_code == 500
        ask(server, "one").close()
    assert ask(server, "one").status_code == 200
    assert gate._room._value == gate.AT_ONCE


def test_an_answer_that_nobody_ended_is_forgotten(server: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    held = ask(server, "one")
    assert ask(server, "one").status_code == 429
    monkeypatch.setattr(gate, "FORGOTTEN_S", -1.0)
    assert ask(server, "one").status_code == 200
    held.close()


def test_every_file_that_is_made_for_somebody_goes_through_the_gate(world: World) -> None:
    made = {
        rule.rule: _is_gated(world.server.view_functions[rule.endpoint])
        for rule in world.server.url_map.iter_rules()
        if rule.rule.endswith((".csv", ".xlsx", ".pdf", ".zip")) or "export" in rule.rule
    }
    assert made.keys() >= {"/admin/audit-log.csv", "/account/export.json", "/admin/meters.csv", "/site/<site_id>/devices.csv"}
    assert set(made.values()) == {True}, made


def _is_gated(function: object) -> bool:
    """Whether the function, or one that it wraps, is let in by the gate."""
    while function is not None:
        if getattr(function, gate.GATED, False):
            return True
        function = getattr(function, "__wrapped__", None)
    return False
