"""A broker that is tried says which of address, TLS, account and topics fails, and disturbs nobody who listens."""

import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cli.ports import free_ports
from ingest.mqtt.trial import Step, tried
from store.records.plant.brokers import Connection, Subscription
from tests.ingest.mqtt.broker import Broker

pytestmark = pytest.mark.mosquitto


def to(port: int, **more: Any) -> Connection:
    given = {"host": "127.0.0.1", "tls": False, "ca": None, "username": None, "password": None, "topic": "plant/#"} | more
    topics = (Subscription(given.pop("topic"), "plain"),)
    return Connection(id="brk", site_id="sit", name="yard", port=port, client_id="own", subscriptions=topics, zone="UTC", **given)


def failing(steps: list[Step]) -> tuple[str, str]:
    """The step that failed, with its words; all before it are good, all after it were not come to."""
    at = next(at for at, each in enumerate(steps) if each.good is False)
    assert all(each.good is True or each.words == "not asked for" for each in steps[:at])
    assert all(each.good is None for each in steps[at + 1 :])
    return steps[at].name, steps[at].words


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(made, check=True, capture_output=True)
    return folder / "cert.pem"


def test_without_tls_each_step_is_told_apart(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    folder.mkdir()
    passwords, rules = folder / "passwords", folder / "rules"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "loadstar", "right"], check=True, capture_output=True)
    rules.write_text("user loadstar\ntopic read plant/#\n")
    broker = Broker(folder, access=f"allow_anonymous false\npassword_file {passwords}").start()
    right = {"username": "loadstar", "password": "right"}
    try:
        assert [each.good for each in tried(to(broker.port, **right))] == [True, None, True, True]
        name, words = failing(tried(to(broker.port, username="loadstar", password="wrong")))
        assert name == "Account"
        assert "check user name and password" in words
        assert "wrong" not in words
        assert failing(tried(to(broker.port, tls=True, **right)))[0] == "TLS"
    finally:
        broker.stop()
    with free_ports(1) as (port,):
        pass
    assert "nothing listens" in failing(tried(to(port)))[1]
    assert "no host of the name" in failing(tried(to(1883, host="broker.invalid")))[1]


def test_with_tls_a_certificate_has_to_be_of_the_authority_that_is_given(tmp_path: Path, certificate: Path) -> None:
    folder = tmp_path / "broker"
    broker = Broker(folder, listener=f"certfile {certificate}\nkeyfile {certificate.with_name('key.pem')}").start()
    try:
        name, words = failing(tried(to(broker.port, tls=True)))
        assert (name, "not to be trusted" in words) == ("TLS", True)
        assert [each.good for each in tried(to(broker.port, tls=True, ca=certificate.read_text()))] == [True] * 4
        name, words = failing(tried(to(broker.port)))
        assert (name, "may want TLS" in words) == ("Account", True)
    finally:
        broker.stop()


def test_what_speaks_but_is_no_broker_is_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.mqtt.trial.PATIENT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert failing(tried(to(silent.getsockname()[1])))[0] == "Account"
