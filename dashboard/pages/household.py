"""What one tells of one's home: voluntary, with consent, and deleted when the consent is withdrawn."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, Input, Output, State, callback, dcc, html, no_update, register_page

from dashboard.account import parts
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts.reading import reader
from dashboard.plant import inputs
from dashboard.web.access import current_scope, guard, residential
from store.errors import Refused
from store.records.people import household
from store.records.schema import Household

register_page(
    __name__,
    path="/household",
    name="Household",
    title="Household · Loadstar",
    nav={"section": navigation.MINE, "icon": "house"},
)

BUILDINGS = {
    "flat": "Flat",
    "terraced": "Terraced house",
    "semi_detached": "Semi-detached house",
    "detached": "Detached house",
    "other": "Something else",
}
HEATINGS = {
    "gas": "Gas",
    "oil": "Oil",
    "district": "District heating",
    "heat_pump": "Heat pump",
    "electric": "Electric heaters",
    "wood": "Wood",
    "other": "Something else",
}
APPLIANCES = {
    "electric_cooker": "Electric cookers",
    "dishwasher": "Dishwashers",
    "washing_machine": "Washing machines",
    "tumble_dryer": "Tumble dryers",
    "freezer": "Freezers",
    "air_conditioning": "Air conditioners",
    "electric_car": "Electric cars",
    "pv": "Solar systems",
}
UNSAID = "-"  # a select shows no choice that is empty
ABOUT = (
    "Everything here is voluntary. It is for one thing: to compare your use with that of homes like yours. Loadstar does not "
    "make that comparison yet; until then your answers are only kept. "
    "Your distributor does not see them. Withdraw your consent at any time, and they are deleted."
)


def _said(choice: str | None) -> str | None:
    return None if choice in (None, "", UNSAID) else choice


def _number(part_id: Any, value: float | None, mode: str = "numeric") -> dcc.Input:
    """A line for a number. Of one that cannot be, a browser's own field for numbers would send nothing, as of an empty line."""
    return inputs.line(part_id, "" if value is None else f"{value:g}", longest=12, inputMode=mode)


def _choice(part_id: str, options: dict[str, str], value: str | None) -> dbc.Select:
    given = [{"label": "Not said", "value": UNSAID}, *[{"label": words, "value": name} for name, words in options.items()]]
    return dbc.Select(id=part_id, options=given, value=value or UNSAID)


def _form(told: Household | None) -> list[Any]:
    counts = told.appliances if told else {}
    appliances = [
        html.Label(
            [
                html.Span(words, className="form-label"),
                _number({"type": "household-appliance", "name": name}, counts.get(name)),
            ],
            className="field",
        )
        for name, words in APPLIANCES.items()
    ]
    return [
        html.Div(
            [
                parts.field("Living area (m²)", _number("household-area", told.area_m2 if told else None, "decimal")),
                parts.field("People", _number("household-people", told.people if told else None)),
                parts.field("Building", _choice("household-building", BUILDINGS, told.building_type if told else None)),
                parts.field("Year built", _number("household-year", told.built_year if told else None)),
                parts.field("Heating", _choice("household-heating", HEATINGS, told.heating if told else None)),
            ],
            className="fields",
        ),
        html.H3("How many of each"),
        html.Div(appliances, className="fields counts"),
        dbc.Checkbox(
            id="household-consent",
            label="I agree that this is kept and used to compare like with like.",
            value=told is not None,
            className="mb-3",
        ),
        parts.button("Save", "household-save"),
    ]


def _consent(told: Household | None, asking: bool) -> Any:
    if told is None:
        return None
    given = html.P(f"You agreed on {reader().moment(told.consent_at)}.", className="muted")
    act: Any
    if asking:
        act = html.Div(
            parts.ask("household-act", "consent", "All your answers here are deleted at once. ", "Withdraw", "my consent")
        )
    else:
        act = parts.row_button("household-act", "ask", "consent", "Withdraw my consent", "Withdraw my consent")
    return parts.section("Your consent", given, act)


@guard(residential)
def layout(**_query: Any) -> html.Div:
    """The page."""
    told = household.household(current_scope())
    return html.Div(
        [
            html.Header([html.H1("Household"), html.P("About your home.")], className="page-head"),
            html.Div(id="household-notice", role="status"),
            parts.section("Your home", html.P(ABOUT, className="muted"), html.Div(_form(told), id="household-form")),
            html.Div(_consent(told, asking=False), id="household-consent-given"),
        ],
        className="narrow",
    )


def _whole(words: str, written: str | None) -> int | None:
    return inputs.whole(words, written) if str(written or "").strip() else None


@callback(
    Output("household-notice", "children"),
    Output("household-consent-given", "children"),
    Input("household-save", "n_clicks"),
    State("household-consent", "value"),
    State("household-area", "value"),
    State("household-people", "value"),
    State("household-building", "value"),
    State("household-year", "value"),
    State("household-heating", "value"),
    State({"type": "household-appliance", "name": ALL}, "value"),
    State({"type": "household-appliance", "name": ALL}, "id"),
    prevent_initial_call=True,
)
@guard(residential)
def save(
    clicks: int | None,
    consent: bool | None,
    area: str | None,
    people: str | None,
    building: str | None,
    year: str | None,
    heating: str | None,
    counts: list[str | None],
    appliances: list[dict[str, str]],
) -> Any:
    """Keep what was told, all of it or nothing."""
    if not clicks:
        return no_update, no_update
    try:
        owned = {
            each["name"]: _whole(f"The number of {APPLIANCES.get(each['name'], each['name']).lower()}", count)
            for each, count in zip(appliances, counts, strict=True)
        }
        told = household.keep_household(
            current_scope(),
            consent=bool(consent),
            area_m2=inputs.number("The living area", area),
            people=_whole("The number of people", people),
            building_type=_said(building),
            built_year=_whole("The year built", year),
            heating=_said(heating),
            appliances={name: count for name, count in owned.items() if count},
        )
    except Refused as refused:
        return parts.notice(sentence(refused), bad=True), no_update
    return parts.notice("Saved."), _consent(told, asking=False)


@callback(
    Output("household-notice", "children", allow_duplicate=True),
    Output("household-consent-given", "children", allow_duplicate=True),
    Output("household-form", "children"),
    Input({"type": "household-act", "act": ALL, "of": ALL}, "n_clicks"),
    prevent_initial_call=True,
)
@guard(residential)
def withdraw(clicks: list[int | None]) -> Any:
    """Ask before the consent is withdrawn, then delete what was told."""
    wanted = parts.pressed(clicks)
    if wanted is None:
        return (no_update,) * 3
    scope = current_scope()
    if wanted[0] != "do":
        return no_update, _consent(household.household(scope), asking=wanted[0] == "ask"), no_update
    household.withdraw_household(scope)
    return parts.notice("Your consent is withdrawn, and your answers are deleted."), None, _form(None)
