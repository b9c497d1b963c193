"""What is said of batteries: throughput, cycles, efficiency, health, worth and hours at limits, each with how sure it is."""

import numpy as np

from config.language import _, ngettext
from dashboard.energy import calendar_words as words
from dashboard.figures import wording
from dashboard.parts.reading import Reader
from insight.battery import Batteries, Battery
from models import battery

PRICED = 0.995  # a share that rounds to all of it


def says(of: Battery, told: Batteries, reader: Reader) -> str:
    """How much went through, what of it came out again, and what that was worth."""
    if not np.isfinite(of.charged_kwh) and not np.isfinite(of.discharged_kwh):
        return _("There is no data of these days.")
    named = {
        "name": of.name or ngettext("%(num)s battery", "%(num)s batteries", len(told.every)),
        "charged": energy(of.charged_kwh, reader),
        "discharged": energy(of.discharged_kwh, reader),
        "days": ngettext("%(num)s day", "%(num)s days", max(1, round(told.days))),
    }
    said = [_("%(name)s: %(charged)s went in and %(discharged)s came out in %(days)s.", **named)]
    if np.isfinite(of.cycles):
        said.append(_("That is %(cycles)s full cycles.", cycles=reader.number(wording.number(of.cycles))))
    if np.isfinite(of.round_trip.efficiency):
        said.append(_("Of what goes in %(share)s %% comes out again.", share=_percent(of.round_trip.efficiency, reader)))
    if of.priced > 0:
        amount = reader.money(abs(of.earned), told.currency)
        saved = of.earned >= 0
        said.append(
            _("It saved and earned %(amount)s.", amount=amount) if saved else _("It cost %(amount)s more.", amount=amount)
        )
    if of.provisional:
        said.append(_("Some of it may still change: readings can come late."))
    return " ".join(said)


def facts(of: Battery, told: Batteries, reader: Reader) -> dict[str, str]:
    """The figures of the period, each by its name."""
    said = {_("Charged"): energy(of.charged_kwh, reader), _("Discharged"): energy(of.discharged_kwh, reader)}
    if np.isfinite(of.cycles):
        a_day = reader.number(wording.number(of.cycles / told.days, 2))
        cycles = reader.number(wording.number(of.cycles))
        said[_("Full cycles")] = _("%(cycles)s, %(a_day)s a day", cycles=cycles, a_day=a_day)
    said[_("Round-trip efficiency")] = round_trip(of, reader, in_full=True)
    if of.held is not None:
        said[_("State of health")] = health(of, reader)
    said[_("Saved and earned")] = worth(of, told.currency, reader)
    if of.charged_kwh > 0:
        said[_("Charged from the grid")] = f"{_percent(min(1.0, of.bought_kwh / of.charged_kwh), reader)} %"
    if of.discharged_kwh > 0:
        said[_("Sold to the grid")] = f"{_percent(min(1.0, of.sold_kwh / of.discharged_kwh), reader)} %"
    if at := of.limits:
        names = (_("At its lower limit"), _("At its upper limit")) if at.declared else (_("At its lowest"), _("At its highest"))
        for name, hours, percent in zip(names, (at.low_h, at.high_h), (at.low_pct, at.high_pct), strict=True):
            said[name] = _(
                "%(hours)s h at %(percent)s %%, %(share)s %% of the time",
                hours=reader.count(round(hours)),
                percent=reader.number(wording.number(percent)),
                share=_percent(hours / at.hours, reader),
            )
    if np.isfinite(of.coverage):
        said[_("Coverage")] = f"{wording.percent(of.coverage)} %"
    return said


def round_trip(of: Battery, reader: Reader, *, in_full: bool = False) -> str:
    """The share that comes out again, or that this cannot be told; `in_full` says of how much, and why not."""
    if not np.isfinite(of.round_trip.efficiency):
        why = _("cannot be told yet: it was not charged from empty to full in all between two equal states of charge")
        return why if in_full else wording.NONE
    share = f"{reader.number(wording.number(100 * of.round_trip.efficiency))} %"
    if not in_full:
        return share
    return _("%(share)s of %(energy)s", share=share, energy=energy(of.round_trip.charged_kwh, reader))


def health(of: Battery, reader: Reader) -> str:
    """What it holds, beside what it is said to hold."""
    held = of.held
    if held is None or not np.isfinite(held.kwh):
        least, far = battery.LEAST_SWINGS, f"{battery.FAR:g}"
        return _("cannot be told yet: that takes %(least)s charges and discharges over %(far)s points", least=least, far=far)
    named = {
        "kwh": reader.number(wording.number(held.kwh)),
        "low": reader.number(wording.number(held.low_kwh)),
        "high": reader.number(wording.number(held.high_kwh)),
        "count": held.charges + held.discharges,
    }
    if not np.isfinite(of.health):
        return _("holds %(kwh)s kWh (%(low)s to %(high)s in half of %(count)s counts)", **named)
    named |= {"share": _percent(of.health, reader), "size": reader.number(wording.number(of.capacity_kwh))}
    return _(
        "%(share)s %%: holds %(kwh)s kWh (%(low)s to %(high)s in half of %(count)s counts) of %(size)s kWh",
        **named,
    )


def worth(of: Battery, currency: str, reader: Reader) -> str:
    """Money, and for which share of the energy there is a price; a dash where nothing went through."""
    if not np.isfinite(of.priced):
        return wording.NONE
    if of.priced == 0:
        return _("no price known")
    amount = reader.money(of.earned, currency)
    if of.priced > PRICED:
        return amount
    return _("%(cost)s for %(share)s %% of it", cost=amount, share=wording.percent(of.priced))


def energy(kwh: float, reader: Reader) -> str:
    """An energy with its unit; a dash where it is not known."""
    return words.energy(kwh, reader) if np.isfinite(kwh) else wording.NONE


def meanings() -> list[str]:
    """How each figure is found."""
    return [
        _("Full cycles are half of what went in and out, as multiples of what the battery is said to hold."),
        _(
            "Round-trip efficiency is what came out over what went in between two moments at which the battery rested equally "
            "full, with at least one whole charge between them. Steps without readings are never counted over."
        ),
        _(
            "Health compares what the battery holds with what it is said to hold. What it holds is counted: energy in and energy "
            "out for each point of the state of charge, over charges and discharges of at least %(far)s points; the geometric "
            "mean of both takes their losses out.",
            far=f"{battery.FAR:g}",
        ),
        _(
            "Saved and earned is what the site would have paid for energy without its batteries, less what it paid, in the "
            "native interval of its prices. Discharge counts at the price of a kWh, or at the export price where it was sold; "
            "charge from the grid at the price of a kWh, charge from the site's own production at what that would have sold "
            "for. Tiers, demand charges and taxes are left out."
        ),
        _(
            "Limits are those that the site sets for the state of charge, else the lowest and highest of these days, to within a "
            "point. Cycles by depth are counted by rainflow (ASTM E1049)."
        ),
    ]


def _percent(share: float, reader: Reader) -> str:
    return reader.number(f"{100 * share:.0f}" if share >= 0.1 or share == 0 else wording.number(100 * share, 2))
