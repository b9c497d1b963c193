"""The hours of some days as a table: a row an hour of the day, a column a day, the higher the power the hotter its cell."""

from datetime import date

import numpy as np
from dash import html

from config import language
from config.language import _
from dashboard.energy.heat_asked import Asked
from dashboard.figures import daily_pattern, shades, wording
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import Reader
from insight.heat_map import HoursByDay
from models import statistics

DIGITS = 2
IN_MW = 1000  # kW from which on cells are in MW


def says(told: HoursByDay, reader: Reader) -> str:
    """The picture in a few sentences: the highest hour, and the hour of the day that is usually the highest and the lowest."""
    if not np.isfinite(told.kw).any():
        return _("There is no data of these days.")
    hour, at = np.unravel_index(np.nanargmax(told.kw), told.kw.shape)
    said = [
        _(
            "%(name)s used most on %(day)s between %(start)s and %(end)s: %(power)s.",
            name=told.subject.name,
            day=language.written(told.dates[int(at)], "yMMMEd"),
            **_between(int(hour)),
            power=reader.number(wording.power(float(told.kw[hour, at]))),
        )
    ]
    means = np.array([statistics.mean(of_hour) for of_hour in told.kw])
    most, least = (_between(int(of(means))) for of in (np.nanargmax, np.nanargmin))
    said.append(
        _(
            "On average it uses most between %(start)s and %(end)s, and least between %(other_start)s and %(other_end)s.",
            **most,
            **{f"other_{name}": at for name, at in least.items()},
        )
    )
    if told.coverage < 0.995:
        said.append(_("%(share)s %% of the expected readings are there.", share=wording.percent(told.coverage)))
    if told.provisional:
        said.append(_("Some of it may still change: readings can come late."))
    return " ".join(said)


def unit(told: HoursByDay) -> str:
    """What the cells are in: short numbers have room on most screens."""
    return "MW" if np.nanmax(np.abs(told.kw), initial=0.0) >= IN_MW else "kW"


def table(asked: Asked, told: HoursByDay, reader: Reader) -> html.Div:
    """The hours; a day leads to its page in the calendar."""
    levels = np.array(shades.between(told.kw), object).reshape(told.kw.shape)
    shown = told.kw / (IN_MW if unit(told) == "MW" else 1)
    heads = [html.Th(_("Hour"), scope="col", className="who")]
    heads += [html.Th(_day(asked, day, at), scope="col") for at, day in enumerate(told.dates)]
    rows = [
        html.Tr(
            [
                html.Th(f"{hour:02}:00", scope="row", className="who", title=daily_pattern.label(hour)),
                *(
                    _cell(power, level, day, hour, reader)
                    for power, level, day in zip(shown[hour].tolist(), levels[hour], told.dates, strict=True)
                ),
            ]
        )
        for hour in range(24)
    ]
    label = _("Mean power in %(unit)s by hour of the day and day", unit=unit(told))
    return html.Div(
        html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="shaded hours"),
        className="table-frame",
        tabIndex=0,
        role="region",
        **aria(label=label),
        **data(scale=asked.scale),
    )


def _day(asked: Asked, day: date, place: int) -> html.A:
    """The day of the month, with the month where it begins."""
    shown = language.written(day, "MMMd") if place == 0 or day.day == 1 else f"{day.day}"
    of = f"&of={asked.subject_id}" if asked.subject_id else ""
    whole = language.written(day, "yMMMEd")
    href = f"/site/{asked.site_id}/calendar?day={day}{of}"
    return html.A(shown, href=href, title=whole, **aria(label=whole), **data(soft=""))


def _between(hour: int) -> dict[str, str]:
    return {"start": f"{hour:02}:00", "end": f"{hour + 1:02}:00"}


def _cell(power: float, level: int | None, day: date, hour: int, reader: Reader) -> html.Td:
    if level is None:
        return html.Td("", title=f"{language.written(day, 'MMMEd')}, {daily_pattern.label(hour)}: {_('no data')}")
    return html.Td(reader.number(wording.number(power, DIGITS)), **data(level=f"{level}"))
