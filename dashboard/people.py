"""The table of people and the words about them: what `pages/users.py` shows, without callbacks."""

from collections.abc import Sequence

from dash import html

from dashboard.aria import aria, data
from dashboard.signin.person import ROLES
from store.records.schema import User

COLUMNS = {
    "name": "Name",
    "email": "Email",
    "organisation": "Organisation",
    "role": "Role",
    "approval": "State",
    "since": "Since",
}
STATES = {"approved": "active", "pending": "waits for approval", "rejected": "rejected", "disabled": "disabled"}
MOST_ROWS = 500


def organisation_of(user: User) -> str:
    """The name of the user's organisation, or what they are without one."""
    if user.organisation is not None:
        return user.organisation.name
    return "—" if user.platform_admin else "Residential"


def role_of(user: User) -> str:
    """The user's role in words."""
    roles = [*(["Platform administrator"] if user.platform_admin else []), *([ROLES[user.role]] if user.role else [])]
    return ", ".join(roles) or "—"


def _cells(user: User) -> dict[str, str]:
    return {
        "name": user.name,
        "email": user.email,
        "organisation": organisation_of(user),
        "role": role_of(user),
        "approval": STATES[user.approval],
        "since": f"{user.created_at:%Y-%m-%d}",
    }


def chosen(people: Sequence[User], wanted: str, by: str, descending: bool) -> list[User]:
    """The people whose row holds every word that is wanted, sorted by a column."""
    words = wanted.casefold().split()
    rows = [(cells, user) for user in people for cells in [_cells(user)] if _holds(cells, words)]
    rows.sort(key=lambda row: (row[0].get(by, "").casefold(), row[0]["email"]), reverse=descending)
    return [user for _, user in rows]


def _holds(cells: dict[str, str], words: Sequence[str]) -> bool:
    text = " ".join(cells.values()).casefold()
    return all(word in text for word in words)


def table(people: Sequence[User], me: str | None, by: str, descending: bool, asking: str | None) -> html.Div:
    """The table: sortable heads, and on each row but one's own the button that disables or enables."""
    heads = [
        html.Th(
            html.Button(words, id={"type": "users-sort", "column": column}, className="sort", type="button"),
            scope="col",
            **(aria(sort="descending" if descending else "ascending") if column == by else {}),
        )
        for column, words in COLUMNS.items()
    ]
    rows = [_row(user, me, asking) for user in people[:MOST_ROWS]]
    head = html.Thead(html.Tr([*heads, html.Th(html.Span("Actions", className="visually-hidden"), scope="col")]))
    note = f"{len(people):,} people" if len(people) != 1 else "1 person"
    if len(people) > MOST_ROWS:
        note += f"; the first {MOST_ROWS} are shown, so search for the one you want"
    return html.Div(
        [
            html.Div(
                html.Table([head, html.Tbody(rows)], **aria(label="Users")),
                className="table-frame",
                tabIndex=0,
                role="region",
                **aria(label="Users, scrolls sideways"),
            ),
            html.P(note, className="muted small mt-2 mb-0", role="status"),
        ]
    )


def _row(user: User, me: str | None, asking: str | None) -> html.Tr:
    cells = _cells(user)
    state = html.Span(cells["approval"], className="state", **data(state="live" if user.approval == "approved" else "never"))
    return html.Tr(
        [
            html.Th(cells["name"], scope="row"),
            html.Td(cells["email"]),
            html.Td(cells["organisation"]),
            html.Td(cells["role"]),
            html.Td(state),
            html.Td(cells["since"], className="figure"),
            html.Td(_acts(user, me, asking), className="acts"),
        ]
    )


def _acts(user: User, me: str | None, asking: str | None) -> list[html.Button | html.Span]:
    if user.id == me:
        return [html.Span("you", className="tag")]
    if user.approval in ("disabled", "rejected", "pending"):
        words = "Enable" if user.approval == "disabled" else "Approve"
        return [_button(user, "enable", words, f"{words} {user.name}", "btn-quiet")]
    if user.id == asking:
        return [
            html.Span("Ends their sessions at once. ", className="muted small me-2"),
            _button(user, "disable", "Disable", f"Disable {user.name} now", "btn-danger"),
            html.Span(" "),
            _button(user, "keep", "Keep", f"Keep {user.name}", "btn-quiet"),
        ]
    return [_button(user, "ask", "Disable", f"Disable {user.name}", "btn-quiet")]


def _button(user: User, act: str, words: str, label: str, kind: str) -> html.Button:
    return html.Button(
        words,
        id={"type": "users-act", "act": act, "user": user.id},
        className=f"btn btn-sm {kind}",
        type="button",
        **aria(label=label),
    )
