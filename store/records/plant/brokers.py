"""Brokers of MQTT that a site's values come through: where they are, the account there, and the topics that are asked for."""

import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import select

from config.language import _
from models import topic_template
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.schema import Broker, Channel, Site
from store.records.transaction import sealing
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Scope

_PASSWORDS = "passwords of brokers"
CA_CHARACTERS = 65_536
TOPICS = 200  # of one broker
TOPIC_BYTES = 65_535  # MQTT's own limit
PORT, TLS_PORT = 1883, 8883
FAMILIES = (
    "ahoydtu",
    "dsmr",
    "emon",
    "esphome",
    "homeassistant_discovery",
    "homeassistant_statestream",
    "opendtu",
    "plain",
    "shelly1",
    "shelly2",
    "tasmota",
    "things_stack",
    "thingsboard",
    "victron",
    "zigbee2mqtt",
)


class Subscription(NamedTuple):
    """A filter of topics (`plant/#`), what publishes there, and how its topics are made where that is not known."""

    topic: str
    family: str
    template: str = ""


class Connection(NamedTuple):
    """All that is needed to listen to a broker; its password in the clear, for the process that does."""

    id: str
    site_id: str
    name: str
    host: str
    port: int
    tls: bool
    ca: str | None
    username: str | None
    password: str | None
    client_id: str
    subscriptions: tuple[Subscription, ...]
    zone: str  # of the site: what its devices' clocks keep


@dataclass(frozen=True, slots=True)
class Description:
    """A broker as its administrator describes it.

    `host` is a name or an address, `port` 1883 where none is given, or 8883 with TLS, by which the broker has to prove who it
    is: by a certificate of those authorities that the machine trusts, or of those in `ca` (PEM). `subscriptions`: what for.
    """

    name: str
    host: str
    subscriptions: Sequence[Subscription]
    port: int | None = None
    tls: bool = False
    ca: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def brokers_of(scope: Scope, site_id: str) -> list[Broker]:
    """The site's brokers, by name; their passwords stay sealed.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with reading() as records:
        return list(records.scalars(select(Broker).where(Broker.site_id == site_id).order_by(Broker.name, Broker.id)))


def require_broker(scope: Scope, broker_id: str) -> Broker:
    """One broker.

    Raises:
        NotFound: there is none, or it is of a site that does not exist for the scope.
        Refused: not an administrator of its site.
    """
    with reading() as records:
        found = records.get(Broker, broker_id)
    if found is None or not scope.sees_site(found.site_id):
        raise missing(Broker, broker_id)
    require(scope, Action.ADMINISTER, site_id=found.site_id)
    return found


def create_broker(scope: Scope, site_id: str, described: Description, *, client_id: str | None = None) -> Broker:
    """Have a broker listened to, within seconds; its password is kept sealed.

    Args:
        scope: whose; an administrator of the site.
        site_id: whose values come through it.
        described: where it is, and what is asked for there.
        client_id: under which the broker keeps what comes while nobody listens; made up when none is given.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, or something of it cannot be.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with session() as records:
        required(records, Site, site_id)
        made = Broker(site_id=site_id, client_id=client_id or f"loadstar-{secrets.token_hex(8)}")
        _describe(made, described)
        records.add(made)
        records.flush()
        made.password = _sealed(described.password, made.id)
    return made


def change_broker(scope: Scope, broker_id: str, described: Description) -> Broker:
    """Describe a broker anew; without a password the one that is kept stays, unless the account goes.

    What goes to another host or account is told no password of before.

    Raises:
        NotFound: as `require_broker`.
        Refused: not an administrator of the site, something of it cannot be, or another host is given without its password.
    """
    before = require_broker(scope, broker_id)
    with session() as records:
        found = required(records, Broker, broker_id)
        _describe(found, described)
        elsewhere = (before.host, before.port, before.username) != (found.host, found.port, found.username)
        weaker = before.tls and not found.tls
        if described.password:
            found.password = _sealed(described.password, broker_id)
        elif found.username is None:
            found.password = None
        elif before.password is not None and (elsewhere or weaker):
            raise Refused(_("the password is kept for the host, the port and the account of before: type it again"), "password")
    return found


def archive_broker(scope: Scope, broker_id: str) -> None:
    """Listen to a broker no more; its channels and what they mean stay. Raises as `require_broker`."""
    _enable(scope, broker_id, enabled=False)


def restore_broker(scope: Scope, broker_id: str) -> None:
    """Listen to a broker again, within seconds; raises as `require_broker`."""
    _enable(scope, broker_id, enabled=True)


def _enable(scope: Scope, broker_id: str, *, enabled: bool) -> None:
    require_broker(scope, broker_id)
    with session() as records:
        required(records, Broker, broker_id).enabled = enabled


def delete_broker(scope: Scope, broker_id: str) -> None:
    """Listen to a broker no more, and forget it with its channels; what came through it stays. Raises as `require_broker`."""
    require_broker(scope, broker_id)
    with session() as records:
        for channel in records.scalars(select(Channel).where(Channel.broker_id == broker_id)):
            records.delete(channel)
        records.delete(required(records, Broker, broker_id))


def connections(scope: Scope) -> dict[str, Connection]:
    """What the process that listens needs of each broker that is to be listened to, by its id.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    query = select(Broker, Site.time_zone).join(Site, Site.id == Broker.site_id)
    with reading() as records:
        rows = records.execute(query.where(Broker.enabled, Site.archived_at.is_(None))).all()
    return {broker.id: _connection(broker, zone) for broker, zone in rows}


def connection(scope: Scope, broker_id: str) -> Connection:
    """What is needed to try a broker, its password in the clear and never to be shown; raises as `require_broker`."""
    broker = require_broker(scope, broker_id)
    with reading() as records:
        return _connection(broker, required(records, Site, broker.site_id).time_zone)


def _connection(broker: Broker, zone: str) -> Connection:
    return Connection(
        id=broker.id,
        site_id=broker.site_id,
        name=broker.name,
        host=broker.host,
        port=broker.port,
        tls=broker.tls,
        ca=broker.ca,
        username=broker.username,
        password=_unsealed(broker),
        client_id=broker.client_id,
        subscriptions=tuple(Subscription(**each) for each in broker.subscriptions),
        zone=zone,
    )


def _describe(broker: Broker, given: Description) -> None:
    if not given.name.strip():
        raise Refused(_("a broker has a name: give one"), "name")
    if not given.host.strip() or "/" in given.host or any(each.isspace() for each in given.host.strip()):
        raise Refused(_("the host is a name or an address alone: write it like broker.example.org"), "host")
    if given.ca and not given.tls:
        raise Refused(_("certificates are of use with TLS only: turn it on, or leave them out"), "ca")
    broker.name, broker.host, broker.tls = given.name.strip(), given.host.strip(), given.tls
    broker.port = given.port or (TLS_PORT if given.tls else PORT)
    broker.ca = _certificates(given.ca) if given.ca else None
    broker.username = given.username or None
    if not given.subscriptions or len(given.subscriptions) > TOPICS:
        raise Refused(_("give the topics to listen to, %(most)s at the most", most=TOPICS), "subscriptions")
    for each in given.subscriptions:
        _check(each)
    broker.subscriptions = [each._asdict() for each in given.subscriptions]


def _check(given: Subscription) -> None:
    parts = given.topic.split("/")
    wrong = any(("+" in part and part != "+") or ("#" in part and part != "#") for part in parts) or "#" in parts[:-1]
    if not given.topic or "\0" in given.topic or len(given.topic.encode()) > TOPIC_BYTES or wrong:
        raise Refused(
            _(
                "%(topic)s is no filter of topics: + stands for one whole part, and # for all the rest at the end",
                topic=f"{given.topic[:100]!r}",
            ),
            "subscriptions",
        )
    if given.topic == "#" or given.topic.startswith("$"):
        raise Refused(_("%(topic)s is everything, or the broker's own: name what publishes", topic=given.topic), "subscriptions")
    try:
        topic_template.read(given.template)
    except ValueError as error:
        raise Refused(str(error), "subscriptions") from error
    if given.family not in FAMILIES:
        raise Refused(
            _("no family %(family)s; choose one of %(families)s", family=f"{given.family!r}", families=", ".join(FAMILIES)),
            "subscriptions",
        )


def _certificates(pem: str) -> str:
    if len(pem) > CA_CHARACTERS:
        raise Refused(_("these are too many certificates: give those of the broker's own authority"), "ca")
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise Refused(_("this is no certificate in PEM: %(why)s", why=error), "ca") from error
    return pem


def _sealed(password: str | None, broker_id: str) -> str | None:
    return sealing.seal(sealing.derived_key(_PASSWORDS), password, broker_id) if password else None


def _unsealed(broker: Broker) -> str | None:
    """The password; none when there is none, or the secret key is another: the broker will say that it is wrong."""
    return sealing.unseal(sealing.derived_key(_PASSWORDS), broker.password, broker.id) if broker.password else None
