"""Makes the document of a report's numbers: the one place that decides what stands in it, and in which order."""

from collections.abc import Sequence

from config.language import N_, _
from insight.reports.numbers import BEFORE, YEAR_BEFORE, Day, Report, Total, change, earlier
from models.report_asked import COMPARISON, COST, DAYS, MONTHS, NOTES, SUBJECTS
from models.report_periods import Span
from reporting import naming, telling
from reporting.document import (
    CHANGE,
    DAY,
    HIGH,
    LOW,
    MONEY,
    MONTH,
    NUMBER,
    SHARE,
    Cell,
    Column,
    DaysChart,
    Document,
    Section,
    Table,
)
from reporting.facts import AGAINST, facts
from reporting.reader import Reader, decimals_of, scaled

MOST_WITH_USUAL = 100  # days in a picture: of more the line is no line
EARLIER = {BEFORE: N_("Before"), YEAR_BEFORE: N_("A year before")}
MARKS = {1: HIGH, -1: LOW, 0: ""}


def document(report: Report, reader: Reader, parts: Sequence[str] | None = None) -> Document:
    """The document, in the language that is spoken here; `parts` in the place of those that it was asked for with."""
    shown = report.asked.parts if parts is None else parts
    known = report.told.kwh is not None
    sections = [_chart(report)] if known else []
    if known:
        sections += [made for name, of in SECTIONS.items() if name in shown for made in (of(report),) if made]
    if NOTES in shown:
        sections.append(Section(_(naming.PARTS[NOTES]), telling.notes(report, reader)))
    return Document(
        title=_("Energy report"),
        subject=subject(report.site, report.subjects),
        period=naming.period(report.asked.kind, Span(report.asked.first, report.asked.last)),
        answer=telling.answer(report, reader),
        facts=[each for name, each in facts(report, reader).items() if name != AGAINST],
        sections=sections,
        made=_made(report, reader),
    )


def subject(site: str, subjects: Sequence[str], most: int = 3) -> str:
    """What a report is of: the site, or what of it."""
    if not subjects:
        return site
    more = len(subjects) - most
    named = ", ".join(subjects[:most]) + (" " + _("and %(more)s more", more=more) if more > 0 else "")
    return f"{site} · {named}"


def _made(report: Report, reader: Reader) -> str:
    local = report.made_at.astimezone(reader.zone)
    tariffs = ", ".join(each.name for each in report.tariffs if each.name)
    said = _("Made on %(day)s at %(time)s (%(zone)s)", day=reader.day(local), time=f"{local:%H:%M}", zone=report.zone)
    return _("%(made)s, by the tariff %(tariffs)s", made=said, tariffs=tariffs) if tariffs else said


def _chart(report: Report) -> Section:
    values = [each.kwh for each in report.days]
    divisor, unit = scaled(max((each for each in values if each is not None), default=None), "kWh")
    chart = DaysChart(
        says=" ".join(telling.unusual(report)) or _("Energy of each day."),
        unit=unit,
        days=[each.day for each in report.days],
        values=[None if each is None else each / divisor for each in values],
        usual=[
            None if each.usual_kwh is None or len(values) > MOST_WITH_USUAL else each.usual_kwh / divisor for each in report.days
        ],
        marks=[MARKS[each.verdict] for each in report.days],
    )
    remark = _("Bars are days, the line is what is usual for them.") if any(each is not None for each in chart.usual) else ""
    return Section(_("Day by day"), chart=chart, remark=remark)


def _energy_column(totals: Sequence[Total], words: str, **more: bool) -> tuple[Column, float]:
    """A column of energies, in the unit that suits the largest, and by what they are divided for it."""
    largest = max((each.kwh for each in totals if each.kwh is not None), default=None)
    divisor, unit = scaled(largest, "kWh")
    return Column(words, NUMBER, unit, decimals_of(largest / divisor if largest else None), **more), divisor


def _over(value: float | None, divisor: float) -> float | None:
    return None if value is None else value / divisor


def _comparison(report: Report) -> Section | None:
    told = report.told
    spans = [(_("This report"), told), *((_(EARLIER[name]), total) for name, total in earlier(report))]
    energy, divisor = _energy_column([each for _name, each in spans], _("Energy"))
    daily = Column(_("A day"), NUMBER, energy.unit, decimals_of(_over(told.daily_kwh, divisor)))
    columns = [Column(_("Period")), Column(_("Days")), energy, daily, Column(_("Change a day"), CHANGE)]
    columns += [Column(_("Cost"), MONEY, report.currency), Column(_("Coverage"), SHARE)]
    rows: list[list[Cell]] = [
        [
            name,
            naming.days(Span(each.first, each.last)),
            _over(each.kwh, divisor),
            _over(each.daily_kwh, divisor),
            None if each is told else change(told.daily_kwh, each.daily_kwh, (told, each)),
            each.cost,
            each.coverage,
        ]
        for name, each in spans
    ]
    remark = _("A change is of the energy a day, for not all months are as long, and only between what is there to nine tenths.")
    return Section(_(naming.PARTS[COMPARISON]), table=Table("comparison", columns, rows), remark=remark)


def _cost(report: Report) -> Section | None:
    if report.told.cost is None or not report.cost_parts:
        return None
    total, several = sum(report.cost_parts.values()), len(report.cost_parts) > 1
    has_shares = several and min(report.cost_parts.values()) > 0  # what is earned is no part of what is paid
    columns = [Column(_("Part")), Column(_("Cost"), MONEY, report.currency, bar=several), Column(_("Share"), SHARE)]
    rows: list[list[Cell]] = [
        [_(naming.COSTS[name]), cost, cost / total if has_shares else None]
        for name, cost in sorted(report.cost_parts.items(), key=lambda each: -each[1])
    ]
    if several:
        rows.append([_("Together"), total, None])
    return Section(_(naming.PARTS[COST]), table=Table("cost", *_without_empty(columns, rows), summed=several))


def _months(report: Report) -> Section | None:
    if len(report.months) < 2:
        return None
    energy, divisor = _energy_column(report.months, _("Energy"), bar=True)
    daily = Column(_("A day"), NUMBER, energy.unit, decimals_of(_over(report.told.daily_kwh, divisor)))
    columns = [Column(_("Month"), MONTH), energy, daily, *_paid_columns(report), Column(_("Coverage"), SHARE)]
    rows: list[list[Cell]] = [
        [each.first, _over(each.kwh, divisor), _over(each.daily_kwh, divisor), *_paid_cells(each), each.coverage]
        for each in report.months
    ]
    return Section(_(naming.PARTS[MONTHS]), _partly(report.months), Table("months", *_without_empty(columns, rows)))


def _subjects(report: Report) -> Section | None:
    if not report.parts:
        return None
    energy, divisor = _energy_column([each.total for each in report.parts], _("Energy"), bar=True)
    columns = [
        Column(_("Building or use")),
        energy,
        Column(_("Share"), SHARE),
        Column(_("Change a day"), CHANGE),
        Column(_("Cost"), MONEY, report.currency),
        Column(_("By floor area"), NUMBER, "kWh/m²", 1),
        Column(_("Coverage"), SHARE),
    ]
    rows: list[list[Cell]] = [
        [
            each.name,
            _over(each.total.kwh, divisor),
            each.share,
            change(each.total.daily_kwh, each.before.daily_kwh, (each.total, each.before)),
            each.total.cost,
            each.kwh_per_m2,
            each.total.coverage,
        ]
        for each in report.parts
    ]
    return Section(_(naming.PARTS[SUBJECTS]), table=Table("buildings", *_without_empty(columns, rows)))


def _each_day(report: Report) -> Section | None:
    largest = max((each.kwh for each in report.days if each.kwh is not None), default=None)
    divisor, unit = scaled(largest, "kWh")
    decimals = decimals_of(_over(largest, divisor))
    columns = [
        Column(_("Day"), DAY),
        Column(_("Energy"), NUMBER, unit, decimals),
        Column(_("Usual"), NUMBER, unit, decimals),
        *_paid_columns(report),
        Column(_("Coverage"), SHARE),
        Column(_("Holiday")),
    ]
    rows: list[list[Cell]] = [
        [each.day, _over(each.kwh, divisor), _over(each.usual_kwh, divisor), *_paid_cells(each), each.coverage, each.holiday]
        for each in report.days
    ]
    table = Table("days", *_without_empty(columns, rows), [MARKS[each.verdict] for each in report.days])
    return Section(_(naming.PARTS[DAYS]), table=table)


def _without_empty(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> tuple[list[Column], list[list[Cell]]]:
    """The table without the columns that say nothing: no building has an area, no tariff a price, no day is a holiday."""
    kept = [at for at in range(len(columns)) if not rows or any(row[at] not in (None, "") for row in rows)]
    return [columns[at] for at in kept], [[row[at] for at in kept] for row in rows]


def _paid_columns(report: Report) -> list[Column]:
    mass = max((each.co2_kg for each in report.days if each.co2_kg is not None), default=None)
    masses = [Column(words, NUMBER, "kg", decimals_of(mass)) for words in ("CO₂", _("CO₂, market-based"))]
    return [Column(_("Cost"), MONEY, report.currency), *masses]


def _paid_cells(of: Total | Day) -> list[Cell]:
    return [of.cost, of.co2_kg, of.market_co2_kg]


def _partly(totals: Sequence[Total]) -> list[str]:
    """Of which months some meters are silent."""
    partly = [each for each in totals if each.kwh is not None and not each.whole and each.telling < each.meters]
    named = [(naming.period("month", Span(each.first, each.last)), each) for each in partly]
    return [
        _("%(month)s is of %(telling)s of %(meters)s meters.", month=month, telling=each.telling, meters=each.meters)
        for month, each in named
    ]


SECTIONS = {COMPARISON: _comparison, COST: _cost, MONTHS: _months, SUBJECTS: _subjects, DAYS: _each_day}
