"""A broker tried, step by step, as the process that listens would go: which of address, TLS, account and topics fails.

Under a client id of its own and without a session: whoever listens goes on meanwhile, and nothing of what waits is taken.
"""

import secrets
import socket
import ssl
import threading
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from config.language import N_, _
from store.records.plant.brokers import Connection

STEPS = (N_("Address"), N_("TLS"), N_("Account"), N_("Topics"))
PATIENT_S = 4.0  # for each answer


class Step(NamedTuple):
    """A step, whether it went well (None: it was not come to, or is not asked for), and what there is to say."""

    name: str
    good: bool | None
    words: str = ""


class Failed(Exception):
    """A step failed; its place in `STEPS`, and what to do about it."""

    def __init__(self, at: int, words: str) -> None:
        super().__init__(words)
        self.at, self.words = at, words


def tried(to: Connection) -> list[Step]:
    """What came of each step; those after one that failed were not come to."""
    failed: Failed | None = None
    try:
        _try(to)
    except Failed as problem:
        failed = problem
    steps = []
    for at, name in enumerate(STEPS):
        if failed is not None and at >= failed.at:
            steps.append(Step(name, False if at == failed.at else None, failed.words if at == failed.at else ""))
        else:
            steps.append(Step(name, None, _("not asked for")) if at == 1 and not to.tls else Step(name, True))
    return steps


def _try(to: Connection) -> None:
    _reach(to)
    named = f"loadstar-try-{secrets.token_hex(6)}"
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=named, clean_session=True, reconnect_on_failure=False)
    if to.username is not None:
        client.username_pw_set(to.username, to.password)
    if to.tls:
        client.tls_set_context(ssl.create_default_context(cadata=to.ca))
    client.connect_timeout = PATIENT_S
    signed_in, granted, ended = threading.Event(), threading.Event(), threading.Event()
    said: dict[str, Any] = {}

    def on_connect(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        said["reason"] = reason
        signed_in.set()

    def on_subscribe(_client: Any, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        said["topics"] = reasons
        granted.set()

    def on_disconnect(_client: Any, _data: Any, _flags: Any, _reason: Any, _properties: Any) -> None:
        ended.set()
        signed_in.set()
        granted.set()

    client.on_connect, client.on_subscribe, client.on_disconnect = on_connect, on_subscribe, on_disconnect
    try:
        client.connect(to.host, to.port)
    except OSError as error:
        raise Failed(2, _("it ends the connection: %(why)s", why=error)) from None
    client.loop_start()
    try:
        signed_in.wait(PATIENT_S)
        _check_account(to, said.get("reason"), closed=ended.is_set())
        client.subscribe([(each.topic, 1) for each in to.subscriptions])
        granted.wait(PATIENT_S)
        _check_topics(to, said.get("topics"))
    finally:
        client.disconnect()
        client.loop_stop()


def _reach(to: Connection) -> None:
    """Come as far as MQTT begins: what it says of a failure cannot be told apart, and it leaves sockets open."""
    where = {"host": to.host, "port": to.port}
    try:
        with socket.create_connection((to.host, to.port), PATIENT_S) as plain:
            if to.tls:
                ssl.create_default_context(cadata=to.ca).wrap_socket(plain, server_hostname=to.host).close()
    except socket.gaierror:
        raise Failed(0, _("there is no host of the name %(host)s: correct it", host=to.host)) from None
    except ssl.SSLCertVerificationError as error:
        raise Failed(
            1,
            _(
                "its certificate is not to be trusted (%(why)s): give the certificates of its authority, or the name that it is "
                "made for",
                why=error.verify_message,
            ),
        ) from None
    except ssl.SSLError:
        raise Failed(1, _("it does not speak TLS at %(host)s:%(port)s: turn TLS off, or give its other port", **where)) from None
    except ConnectionRefusedError:
        raise Failed(0, _("nothing listens at %(host)s:%(port)s: check the port, and whether the broker runs", **where)) from None
    except TimeoutError:
        raise Failed(0, _("%(host)s:%(port)s does not answer: check the address, and any firewall in between", **where)) from None
    except OSError as error:
        raise Failed(
            1 if to.tls and isinstance(error, ConnectionResetError) else 0,
            _("%(host)s:%(port)s cannot be reached: %(why)s", **where, why=error.strerror or error),
        ) from None


def _check_account(to: Connection, reason: Any, *, closed: bool) -> None:
    if reason is None:
        if closed and not to.tls:
            raise Failed(2, _("it ends the connection without a word: it may want TLS, or is no broker of MQTT"))
        raise Failed(2, _("it says nothing to a sign-in: it may want TLS, or is no broker of MQTT"))
    if reason.is_failure:
        raise Failed(2, _("the broker refuses the account (%(why)s): check user name and password", why=reason))


def _check_topics(to: Connection, reasons: Any) -> None:
    if reasons is None:
        raise Failed(3, _("the broker says nothing to the topics: try again, or ask for fewer"))
    refused = [each.topic for each, reason in zip(to.subscriptions, reasons, strict=False) if reason.is_failure]
    if refused:
        raise Failed(3, _("the account may not read %(topics)s: allow it at the broker", topics=", ".join(refused)))
