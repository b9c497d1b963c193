"""The brokers of a site, as a table: how it goes with each, tried, described anew, archived."""

from collections.abc import Mapping
from typing import NamedTuple

from dash import html

from config import clock
from config.language import N_, _
from dashboard.parts.fields import Choice, filled
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.moments import ago
from dashboard.parts.notices import Bad, Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.plant import broker_words, wiring
from dashboard.sources import broker_fields
from dashboard.web.access import administers_site
from ingest.mqtt import trial
from store.errors import NotFound
from store.records.plant import broker_states, brokers
from store.records.schema import Broker, BrokerState
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("name", N_("Broker")),
    Column("where", N_("Where"), sortable=False),
    Column("state", N_("State"), sortable=False),
    Column("last", N_("Last message"), sortable=False, moment=True),
    Column("pace", N_("Per minute"), sortable=False, number=True),
    Column("refused", N_("Refused"), sortable=False, number=True),
)


class Line(NamedTuple):
    """A broker as its row needs it; nothing is known of one that was never listened to."""

    broker: Broker
    state: BrokerState | None


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], context: str) -> Page[Line]:
    states = broker_states.states_of(scope, context)
    shown = [
        Line(each, states.get(each.id)) for each in brokers.brokers_of(scope, context) if each.enabled or chosen.get("archived")
    ]
    return wiring.page(shown, wanted, key=lambda line: line.broker.name)


def _row(_scope: Scope, record: Line) -> Row:
    broker, state, now = record.broker, record.state, clock.now()
    cells = (
        html.Span(
            [
                html.Code(f"{broker.host}:{broker.port}", className="long"),
                " ",
                html.Span("TLS", className="tag") if broker.tls else None,
            ]
        ),
        broker_words.how_it_goes(state, now) if broker.enabled else broker_words.said("offline", _("archived")),
        ago(state.last_message_at if state else None, now),
        reader().number(f"{state.messages_a_minute:.0f}") if state and broker_words.is_heard(state, now) else "–",
        reader().count(state.refused) if state else "–",
    )
    if not broker.enabled:
        return Row(broker.id, broker.name, cells, (RESTORE, DELETE))
    return Row(broker.id, broker.name, cells, (TRY, Act("edit", _("Edit"), asks=lambda: _edit(broker), sure=_("Save")), ARCHIVE))


def _edit(broker: Broker) -> Question:
    about = _("Its password stays as long as host, port and account do, unless another is written.")
    return Question(about, filled(broker_fields.FIELDS, broker_fields.kept(broker)))


TRY = Act("try", N_("Try"))
ARCHIVE = Act(
    "archive",
    N_("Archive"),
    asks=lambda: Question(_("It is listened to no more. Its channels, what they mean, and what it brought stay.")),
    danger=True,
)
RESTORE = Act("restore", N_("Listen again"))
DELETE = Act(
    "delete",
    N_("Delete"),
    asks=lambda: Question(
        _("It is forgotten with its channels and what they mean. What it brought stays. This cannot be taken back.")
    ),
    danger=True,
)


def _do(scope: Scope, asked: Asked) -> Words | Bad:
    broker = brokers.require_broker(scope, asked.key)
    if broker.site_id != asked.context:
        raise NotFound("no such broker on this site")
    match asked.act:
        case "try":
            return _verdict(broker, trial.tried(brokers.connection(scope, broker.id)))
        case "archive":
            brokers.archive_broker(scope, broker.id)
            return _("%(name)s is archived.", name=broker.name)
        case "restore":
            brokers.restore_broker(scope, broker.id)
            return _("%(name)s is listened to within seconds.", name=broker.name)
        case "delete":
            brokers.delete_broker(scope, broker.id)
            return _("%(name)s is deleted.", name=broker.name)
        case _other:
            brokers.change_broker(scope, broker.id, broker_fields.described(asked.read(broker_fields.FIELDS)))
            return _("Saved. Loadstar reconnects within seconds.")


def _verdict(broker: Broker, steps: list[trial.Step]) -> Words | Bad:
    """What came of trying a broker, step by step."""
    good = all(each.good is not False for each in steps)
    words = _("%(name)s: all is well.", name=broker.name) if good else _("%(name)s does not work yet.", name=broker.name)
    lines = [html.Li([html.Strong(_(each.name)), " ", _outcome(each)]) for each in steps]
    told = [html.P(words, className="mb-1"), html.Ul(lines, className="mb-0 ps-3")]
    return told if good else Bad(told)


def _outcome(step: trial.Step) -> html.Span:
    if step.good is None:
        return html.Span(step.words or _("not come to"), className="muted")
    return broker_words.said("live" if step.good else "offline", step.words or _("good"))


def _add(scope: Scope, given: Given, site_id: str) -> Words:
    made = brokers.create_broker(scope, site_id, broker_fields.described(given))
    return _("%(name)s is listened to within seconds. Press Try in its row to see what of it works.", name=made.name)


FORM = Form("brokers", N_("Add a broker"), administers_site("of"), broker_fields.FIELDS, do=_add, changes=("brokers",))
TABLE = Table(
    "brokers",
    N_("Brokers"),
    administers_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    filters=(Choice("archived", N_("Show"), (("", N_("In use")), ("all", N_("Include archived")))),),
    empty=N_("No broker. Values that devices publish by MQTT come in once their broker is added here."),
    sort="name",
)
