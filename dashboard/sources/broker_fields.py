"""What is asked of whoever describes a broker, and the description that it makes."""

from config.language import N_
from dashboard.parts.fields import Choice, Text
from dashboard.parts.given import Given
from dashboard.sources import topics
from store.records.plant.brokers import CA_CHARACTERS, PORT, TLS_PORT, Description
from store.records.schema import Broker

TLS = "tls"
FIELDS = (
    Text("name", N_("Name"), longest=120, required=True),
    Text("host", N_("Host"), longest=253, required=True, help=N_("Its name or address alone.")),
    Choice("tls", N_("Connection"), (("", N_("plain")), (TLS, N_("TLS")))),
    Text("port", N_("Port"), longest=5, help=N_("Empty: 1883, or 8883 with TLS."), keys="numeric"),
    Text("username", N_("User name"), longest=300),
    Text(
        "password",
        N_("Password"),
        longest=1000,
        kind="password",
        keeper="new-password",
        help=N_("Kept sealed, and never shown again."),
    ),
    Text(
        "topics",
        N_("Topics, and what publishes there"),
        longest=100_000,
        lines=4,
        required=True,
        of="subscriptions",
        like=topics.EXAMPLE,
        help=N_("One a line: topics = family, and for plain values a template. The families are in the guide for devices."),
    ),
    Text(
        "ca",
        N_("Certificates of its authority (PEM)"),
        longest=CA_CHARACTERS,
        lines=3,
        help=N_("Only with TLS, and only for an authority of your own. Empty: those that this machine trusts."),
    ),
)


def described(given: Given) -> Description:
    """The broker that was written down.

    Raises:
        Wrong: something cannot be read.
    """
    name, host, username, password = given.text("name"), given.text("host"), given.text("username"), given.secret("password")
    port, subscriptions = given.whole("port"), given.read("topics", topics.read)
    said = Description(
        name,
        host,
        subscriptions or (),
        port,
        tls=given.text("tls") == TLS,
        ca=given.text("ca") or None,
        username=username or None,
        password=password or None,
    )
    given.check()
    return said


def kept(broker: Broker) -> dict[str, str]:
    """What the fields begin with when a broker is described anew: its password is not among it."""
    usual = TLS_PORT if broker.tls else PORT
    return {
        "name": broker.name,
        "host": broker.host,
        "tls": TLS if broker.tls else "",
        "port": "" if broker.port == usual else str(broker.port),
        "username": broker.username or "",
        "topics": topics.written(broker.subscriptions),
        "ca": broker.ca or "",
    }
