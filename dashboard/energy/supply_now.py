"""A supply at this moment: the newest voltages, currents, frequency, power factor and unbalance of a meter."""

from dash import html

from config.language import _
from config.quantities import QUANTITIES
from dashboard.energy import supply_words as words
from dashboard.figures import wording
from dashboard.live.attention import allowed, words_of
from dashboard.live.tiles import Tile, element
from dashboard.parts.reading import Reader
from insight.attention import severity_of
from insight.now import Now
from insight.power_quality import UNBALANCE, live_unbalance, told_of
from models.presence import presence


def tiles(now: Now, meter_id: str, reader: Reader) -> list[html.Article]:
    """A tile a value, as old as it is; what is outside its limits says so."""
    found = [_tile(now, meter_id, each, reader) for each in told_of(now, meter_id) if each != UNBALANCE]
    if (unbalance := live_unbalance(now, meter_id)) is not None:
        value, how = unbalance
        number, note, title = reader.number(f"{value:.2f}"), _note(now, UNBALANCE, value), _(words.UNBALANCE_FROM[how])
        found.append(Tile(UNBALANCE, words_of(UNBALANCE), number, "%", note, "live", now.at, title=title))
    return [element(each, now.at) for each in found]


def _tile(now: Now, meter_id: str, quantity: str, reader: Reader) -> Tile:
    latest, unit = now.values[meter_id, quantity], QUANTITIES[quantity].label
    state = presence(latest.ts, now.view.meters[meter_id].expected_s, now.at)
    value = float(latest.value)
    number = reader.number(wording.exact(value, words.DIGITS))
    return Tile(quantity, words_of(quantity), number, unit, _note(now, quantity, value), state, latest.ts)


def _note(now: Now, quantity: str, value: float) -> str:
    """Outside of which limits the value is."""
    limit = now.view.limits.get(quantity)
    if limit is None or severity_of(value, limit) is None:
        return ""
    return _("outside %(allowed)s", allowed=allowed(limit, QUANTITIES[quantity].label))
