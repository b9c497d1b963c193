"""The people who may sign in: an administrator lists, adds, disables and enables them."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, Input, Output, State, callback, ctx, dcc, html, no_update, register_page

from dashboard import navigation, people
from dashboard.access import current_scope, guard, people_admin
from dashboard.aria import icon
from dashboard.faults import sentence
from store.errors import Refused
from store.records import organisations, passwords, users

register_page(
    __name__,
    path="/admin/users",
    name="Users",
    title="Users · Loadstar",
    nav={"section": navigation.PEOPLE, "icon": "people"},
)

ROLES = [
    {"value": "viewer", "label": "Viewer: sees"},
    {"value": "operator", "label": "Operator: sees and operates"},
    {"value": "admin", "label": "Administrator: and manages people"},
]
ABOUT = (
    "This section holds who may sign in. Organisations and the grants that let people see a site or a meter are records "
    "already; managing them here, with invitations and approvals, comes next."
)


def _field(label: str, control: Any, help_text: str | None = None) -> html.Div:
    parts = [html.Label(label, htmlFor=control.id, className="form-label"), control]
    return html.Div([*parts, html.P(help_text, className="form-text mb-0")] if help_text else parts, className="field")


def _form() -> html.Details:
    scope = current_scope()
    seen = organisations.organisations(scope)
    choices = [{"label": each.name, "value": each.id} for each in seen]
    if scope.platform_admin:
        choices.append({"label": "None: a residential customer", "value": ""})
    fields = [
        _field("Name", dcc.Input(id="users-name", autoComplete="off", maxLength=120)),
        _field("Email", dcc.Input(id="users-email", type="email", autoComplete="off", maxLength=254)),
        _field(
            "Password",
            dcc.Input(id="users-password", type="password", autoComplete="new-password", maxLength=1024),
            f"Leave it empty and Loadstar makes one. Your own: at least {passwords.SHORTEST} characters.",
        ),
        _field(
            "Organisation",
            dbc.Select(id="users-organisation", options=choices, value=scope.organisation_id or choices[0]["value"]),
        ),
        _field("Role in it", dbc.Select(id="users-role", options=ROLES, value="viewer")),
    ]
    return html.Details(
        [
            html.Summary([icon("person-plus"), "Add a user"], className="btn btn-primary"),
            html.Div(
                [
                    html.H2("Add a user"),
                    html.Div(fields, className="fields"),
                    html.Button("Add", id="users-add", className="btn btn-primary", type="button"),
                ],
                className="panel mt-3",
            ),
        ],
        id="users-form",
        className="disclosure",
    )


@guard(people_admin)
def layout(**_query: Any) -> html.Div:
    """The page."""
    return html.Div(
        [
            html.Header([html.H1("Users"), html.P("Who may sign in, and as what.")], className="page-head"),
            html.Div(id="users-notice", role="status"),
            _form(),
            html.Div(
                [
                    html.Label("Search users", htmlFor="users-filter", className="visually-hidden"),
                    dcc.Input(
                        id="users-filter",
                        type="search",
                        debounce=0.2,
                        placeholder="Search name, email, organisation, role, state",
                    ),
                ],
                className="toolbar",
            ),
            dcc.Store(id="users-order", data={"by": "name", "descending": False}),
            dcc.Store(id="users-asking"),
            dcc.Store(id="users-changed"),
            html.Div(_table("", "name", False, None), id="users-table"),
            html.Aside(
                [icon("info-circle"), html.P(ABOUT)],
                className="notice mt-4 no-print",
            ),
        ]
    )


def _table(wanted: str, by: str, descending: bool, asking: str | None) -> html.Div:
    scope = current_scope()
    return people.table(people.chosen(users.users(scope), wanted, by, descending), scope.user_id, by, descending, asking)


@callback(
    Output("users-table", "children"),
    Input("users-filter", "value"),
    Input("users-order", "data"),
    Input("users-asking", "data"),
    Input("users-changed", "data"),
    prevent_initial_call=True,
)
@guard(people_admin)
def show(wanted: str | None, order: dict[str, Any], asking: str | None, _changed: Any) -> html.Div:
    """The table as it is wanted now."""
    return _table(str(wanted or ""), str(order.get("by")), bool(order.get("descending")), asking)


@callback(
    Output("users-order", "data"),
    Input({"type": "users-sort", "column": ALL}, "n_clicks"),
    State("users-order", "data"),
    prevent_initial_call=True,
)
@guard(people_admin)
def sort(clicks: list[int | None], order: dict[str, Any]) -> Any:
    """Sort by the pressed head; again: the other way round."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return no_update
    column = ctx.triggered_id["column"]
    return {"by": column, "descending": column == order.get("by") and not order.get("descending")}


@callback(
    Output("users-asking", "data"),
    Output("users-changed", "data", allow_duplicate=True),
    Output("users-notice", "children", allow_duplicate=True),
    Input({"type": "users-act", "act": ALL, "user": ALL}, "n_clicks"),
    prevent_initial_call=True,
)
@guard(people_admin)
def act(clicks: list[int | None]) -> Any:
    """Ask before disabling, then do it; enable at once."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return no_update, no_update, no_update
    user_id, wanted = ctx.triggered_id["user"], ctx.triggered_id["act"]
    if wanted == "ask":
        return user_id, no_update, no_update
    if wanted == "keep":
        return None, no_update, no_update
    approval = "disabled" if wanted == "disable" else "approved"
    try:
        users.set_approval(current_scope(), user_id, approval)
    except Refused as refused:
        return None, no_update, _notice(sentence(refused), bad=True)
    said = "Disabled. Every session of theirs has ended." if approval == "disabled" else "Enabled. They may sign in again."
    return None, f"{user_id} {approval}", _notice(said)


@callback(
    Output("users-notice", "children"),
    Output("users-changed", "data"),
    Output("users-name", "value"),
    Output("users-email", "value"),
    Output("users-password", "value"),
    Input("users-add", "n_clicks"),
    State("users-name", "value"),
    State("users-email", "value"),
    State("users-organisation", "value"),
    State("users-role", "value"),
    State("users-password", "value"),
    prevent_initial_call=True,
)
@guard(people_admin)
def add(
    clicks: int | None, name: str | None, email: str | None, organisation_id: str | None, role: str | None, password: str | None
) -> Any:
    """Add the user; a password that Loadstar made is shown this once."""
    kept = (no_update,) * 4
    if not clicks:
        return no_update, *kept
    made = None if password else passwords.generated()
    try:
        user = users.create_user(
            current_scope(),
            email=str(email or ""),
            name=str(name or ""),
            password=str(password or made),
            organisation_id=organisation_id or None,
            role=role if organisation_id else None,
        )
    except Refused as refused:
        return _notice(sentence(refused), bad=True), *kept
    words: list[Any] = [f"{user.name} may sign in with {user.email}."]
    if made:
        words += [" The password is shown this once: ", html.Code(made, className="user-select-all"), ". Hand it over in person."]
    return _notice(words), user.id, "", "", ""


def _notice(words: Any, *, bad: bool = False) -> html.Div:
    return html.Div(
        [icon("exclamation-triangle" if bad else "check-lg"), html.P(words)],
        className=f"notice {'bad' if bad else 'good'}",
        role="alert" if bad else "status",
    )
