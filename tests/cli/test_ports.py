"""Ports for servers that start in a moment."""

import socket

import pytest

from cli.ports import OUTGOING, free_ports


def test_no_outgoing_connection_takes_a_port_that_a_server_is_about_to_listen_on() -> None:
    first_outgoing = int(OUTGOING.read_text().split()[0])
    with free_ports(20) as ports:
        assert len(set(ports)) == 20
        assert all(10_080 < port < first_outgoing for port in ports)


def test_a_port_in_use_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.ports.SPAN", 300)
    with free_ports(1) as (port,):
        pass
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        with free_ports(300) as ports:
            assert port not in ports


def test_what_one_has_picked_another_does_not_get_before_a_server_listens_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.ports.SPAN", 300)
    monkeypatch.setattr("cli.ports._first_outgoing", lambda: 20_000)  # where nobody else looks
    with free_ports(40) as picked:
        pass
    with free_ports(300) as ports:
        assert not {*picked} & {*ports}
    monkeypatch.setattr("cli.ports.LISTENS_S", -1.0)  # its time is over
    with free_ports(300) as ports:
        assert {*picked} <= {*ports}
