"""What is said of a solar home: the window in a sentence, and the cards of what it makes and uses."""

from typing import Any

import numpy as np
from dash import html

from config import language
from config.language import _
from dashboard.energy import calendar_words as words
from dashboard.energy.solar_asked import WINDOWS, Asked
from dashboard.figures import wording
from dashboard.parts.reading import Reader
from insight.key_figures import KeyFigure, key_figures
from insight.now import Now
from insight.solar_home import Figures, SolarHome


def says(asked: Asked, told: SolarHome, reader: Reader) -> str:
    """How much was made and used, how much of its own the site used, and how sure that is."""
    made, used = told.production.kwh, told.demand.kwh
    if not np.isfinite(made) and not np.isfinite(used):
        return _("There is no data of this time.")
    named = {"window": span(asked), "made": _energy(made, reader), "used": _energy(used, reader)}
    said = [_("%(window)s: %(made)s produced, %(used)s used.", **named)]
    if np.isfinite(told.self_consumption):
        said.append(_("%(share)s %% of what was produced stayed here.", share=wording.percent(told.self_consumption)))
    if np.isfinite(told.self_sufficiency):
        said.append(_("%(share)s %% of what was used did not come from the grid.", share=wording.percent(told.self_sufficiency)))
    if told.coverage < 0.995:
        said.append(_("%(share)s %% of the expected readings are there.", share=wording.percent(told.coverage)))
    if told.provisional:
        said.append(_("Some of it may still change: readings can come late."))
    return " ".join(said)


def span(asked: Asked) -> str:
    """The window in words."""
    if asked.window:
        return _("Last %(window)s", window=_(WINDOWS[asked.window][0]))
    start, end = (each.astimezone(asked.zone) for each in (asked.start, asked.end))
    first, last = f"{language.written(start, 'yMMMd')} {start:%H:%M}", f"{end:%H:%M}"
    return f"{first} – {last}" if start.date() == end.date() else f"{first} – {language.written(end, 'yMMMd')} {last}"


def cards(now: Now, asked: Asked, told: SolarHome, reader: Reader) -> list[html.Article]:
    """Now, total, average and peak, of what is produced and of what is used."""
    figures = key_figures(now)
    of_production = _four("production", _("Production"), figures.production, told.production, asked, reader)
    return [*of_production, *_four("demand", _("Demand"), figures.demand, told.demand, asked, reader)]


def _four(key: str, name: str, current: KeyFigure | None, of: Figures, asked: Asked, reader: Reader) -> list[html.Article]:
    window, peak_at = span(asked), ""
    if of.peak_at is not None:
        local = of.peak_at.astimezone(asked.zone)
        peak_at = f"{language.written(local, 'MMMd')} {local:%H:%M}"
    state = current.state if current else "never"
    states = {"live": _("live"), "partial": _("a part of it"), "never": _("no data yet")} | wording.STATES
    return [
        _card(
            key, _("%(name)s now", name=name), wording.scaled(current.value if current else None, "kW"), _(states[state]), reader
        ),
        _card(key, _("%(name)s, total", name=name), wording.scaled(of.kwh, "kWh"), window, reader),
        _card(key, _("%(name)s, average", name=name), wording.scaled(of.mean_kw, "kW"), window, reader),
        _card(key, _("%(name)s, peak", name=name), wording.scaled(of.peak_kw, "kW"), peak_at, reader),
    ]


def _card(key: str, label: str, number: tuple[str, str], note: str, reader: Reader) -> html.Article:
    value, unit = number
    reading: list[Any] = [html.Span(reader.number(value), className="value"), html.Span(unit, className="unit")]
    parts = [html.H2(label), html.P(reading, className="reading num"), html.P(note, className="note num")]
    return html.Article(parts, className=f"tile of-{key}")


def _energy(kwh: float, reader: Reader) -> str:
    return words.energy(kwh, reader) if np.isfinite(kwh) else wording.NONE
