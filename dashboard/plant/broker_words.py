"""How it goes with a broker, in words: on its site's page, and where Loadstar itself is looked after."""

from datetime import datetime, timedelta

from dash import html

from config.language import _
from dashboard.parts.aria import data
from dashboard.parts.moments import ago
from store.records.schema import BrokerState

SILENT = timedelta(seconds=60)  # of the process that listens, which says how it goes every few seconds


def is_heard(state: BrokerState | None, now: datetime) -> bool:
    """Whether somebody listens to it, and the broker answers."""
    return state is not None and state.trouble is None and now - state.noted_at <= SILENT


def how_it_goes(state: BrokerState | None, now: datetime) -> html.Span:
    """Of a broker in use."""
    if state is None:
        return said("late", _("about to be listened to"))
    if now - state.noted_at > SILENT:
        return said("offline", _("not listened to; last %(age)s", age=ago(state.noted_at, now)))
    if state.trouble is not None:
        return said("offline", state.trouble)
    return said("live", _("connected %(age)s", age=ago(state.connected_since, now, "–")))


def said(state: str, words: str) -> html.Span:
    """Words that may be many, with the mark of a state."""
    return html.Span(words, className="state wraps", **data(state=state))
