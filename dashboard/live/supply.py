"""The way from what happened to a supply to the page of its power quality: to that meter, and to that time."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from dash import html

from config.language import _
from dashboard.parts.aria import data
from insight.now import Now
from insight.power_quality import OF_A_SUPPLY, TOLD, monday_of


def address(now: Now, meter_id: str, quantity: str, at: datetime) -> str:
    """The address of the week of the meter, and of the time in it; empty for what that page does not tell."""
    if quantity not in TOLD or not any((meter_id, each) in now.values for each in OF_A_SUPPLY):
        return ""
    week = monday_of(at.astimezone(now.view.zone).date())
    asked = {"of": meter_id, "week": f"{week}", "event": f"{quantity}.{at.timestamp():.0f}"}
    return f"/site/{now.view.id}/power-quality?{urlencode(asked)}"


def led_to(time: str, href: str) -> Any:
    """A time in words, as the way to that address where there is one."""
    return html.A(time, href=href, title=_("Power quality at that time"), **data(soft="")) if href else time
