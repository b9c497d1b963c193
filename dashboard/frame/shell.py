"""The frame around every page, as HTML from the server: it is seen before any script has run.

Dash draws only what stands in `main`. What it would ask for first (layout, callbacks, the page itself) is already in
the document, and `assets/js/shell/10-fetch.js` hands it over without a request.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from zoneinfo import ZoneInfo

import dash
from dash import Dash, dcc, html
from dash._pages import _path_to_page
from dash._utils import to_json
from flask import Flask, g, render_template, request
from flask_login import current_user

from config import clock, language
from config.language import N_, _
from dashboard.figures import lines
from dashboard.frame import landing, navigation
from dashboard.web import static
from dashboard.web.access import current_scope
from insight import site_state
from models import local_time
from models.natural_order import natural
from store.records.people import pictures
from store.records.plant import sites
from store.scope import Scope

KINDS = {"plant": N_("Plant"), "campus": N_("Campus"), "pv_battery": N_("PV and battery")}
STATES = {"live": N_("live"), "late": N_("late"), "offline": N_("offline"), "never": N_("no data yet")}
THEMES = ("auto", "light", "dark")
THEME_COOKIE = "loadstar-theme"
SKELETON = (
    '<div class="skeletons" aria-busy="true"><div class="row-of">'
    + '<div class="skeleton" style="height:88px"></div>' * 6
    + '</div><div class="skeleton" style="height:320px"></div></div>'
)
# old browsers' gaps, and a table that no page uses
NOT_NEEDED = re.compile(r"/deps/polyfill|/dash_table/")


@dataclass(frozen=True, slots=True)
class SiteMark:
    """A site as the switcher and the clock show it."""

    id: str
    name: str
    kind: str
    kind_words: str
    time_zone: str
    replay: bool
    source_note: str
    state: str
    state_words: str
    href: str


def theme_choice() -> str:
    """`auto`, `light` or `dark`, as this browser has it."""
    chosen = request.cookies.get(THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


def site_marks(scope: Scope, shown_id: str | None = None) -> list[SiteMark]:
    """The sites of the scope by name, each with its state now; an archived one only while a page of it is shown."""
    seen = sites.visible_sites(scope)
    if shown_id is not None and scope.sees_site(shown_id) and all(site.id != shown_id for site in seen):
        seen.append(sites.site(scope, shown_id))
    states = site_state.states(scope, [site.id for site in seen])
    return [
        SiteMark(
            id=site.id,
            name=site.name,
            kind=site.kind,
            kind_words=_(KINDS[site.kind]),
            time_zone=site.time_zone,
            replay=site.replay,
            source_note=site.source_note,
            state=states[site.id],
            state_words=_("archived") if site.archived_at else _(STATES[states[site.id]]),
            href=landing.first_page(site.id, site.kind),
        )
        for site in sorted(seen, key=lambda site: natural(site.name))
    ]


def first_paint(scope: Scope, site_id: str | None, path: str) -> str:
    """What `main` shows before any script: the overview's numbers, or the outline of a page."""
    if site_id is not None and path.endswith("/overview") and find_spec("dashboard.live.first_paint"):
        painted: str = import_module("dashboard.live.first_paint").html(scope, site_id)
        return painted
    return SKELETON


def page_at(path: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The registered page of a path and what the path gives it; `({}, {})` when there is none."""
    page, given = _path_to_page(path.strip("/"))
    return page, given or {}


def not_found_page() -> dict[str, Any]:
    """The page for a path that is none."""
    page_of_nothing: dict[str, Any] = next(page for name, page in dash.page_registry.items() if name.endswith("not_found_404"))
    return page_of_nothing


def layout() -> html.Div:
    """Dash's part of the page. Within a page's document, it already holds the page."""
    content: Any = None
    tab = "Loadstar"
    if g.get("drawing_path"):
        page, given = page_at(g.drawing_path)
        if g.get("nothing_here") or not page:
            page, given = not_found_page(), {}
        content = page["layout"](**(request.args.to_dict() | given))
        tab = page["title"](**given)
    return html.Div(
        [
            dcc.Location(id="_pages_location", refresh="callback-nav"),
            html.Div(content, id="_pages_content", disable_n_clicks=True),
            dcc.Store(id="_pages_store", data={"title": tab}),
            html.Div(id="_pages_dummy", disable_n_clicks=True),
        ]
    )


def title(name: str, site_id: str | None = None, **_given: str) -> str:
    """What the browser's tab says of the page of that name: two sites' tabs are told apart by it."""
    of = [sites.site(current_scope(), site_id).name] if site_id else []
    return " · ".join([_(name), *of, "Loadstar"])


def _frame_site(marks: list[SiteMark], site_id: str | None) -> SiteMark | None:
    """The site of the page, or the last used one on pages that belong to none."""
    shown_id = site_id or current_user.last_site_id
    return next((mark for mark in marks if mark.id == shown_id), marks[0] if marks else None)


def _clock(time_zone: str) -> dict[str, Any]:
    """The clock of a site in the frame: what it shows now, and what the browser goes on by."""
    zone, now = ZoneInfo(time_zone), clock.now()
    local = now.astimezone(zone)
    shown = f"{local:%H:%M:%S} {local_time.name(now, zone)}"
    return {"shown": shown, "date": language.written(local, "yMMMEd"), "stretches": lines.clock(zone, now, now)}


def _picture(scope: Scope) -> str | None:
    """Where the picture of whoever's page it is lies, if they have one; another address for another picture."""
    chosen = pictures.picture_moment(scope, current_user.id)
    return f"/picture/{current_user.id}?{chosen.timestamp():.0f}" if chosen else None


class Shell(Dash):
    """Dash, drawing its index into Loadstar's frame."""

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]  # Dash names each part
        """The whole document of a page."""
        scope = current_scope()
        path = request.path
        page, given = page_at(path)
        if g.get("nothing_here") or not page:
            page, given = not_found_page(), {}
        site_id = given.get("site_id")
        marks = site_marks(scope, site_id)
        site = _frame_site(marks, site_id)
        g.drawing_path = path
        return render_template(
            "shell.html",
            title=page["title"](**given),
            theme=theme_choice(),
            site=site,
            of_site=site_id is not None,
            sites=marks,
            person=current_user,
            picture=_picture(scope),
            sections=navigation.sections(scope, site.id if site else None, site.kind if site else None, path),
            now_ms=clock.now_us() // 1000,
            clock=_clock(site.time_zone) if site else None,
            first_paint=first_paint(scope, site_id, path),
            scripts=self._scripts(parts["scripts"]),
            boot_layout=to_json(self.get_layout()),
            boot_dependencies=to_json(self._callback_list),
            **{name: parts[name] for name in ("config", "app_entry")},
            renderer=self.renderer,
        )

    def _scripts(self, tags: str) -> dict[str, str | Sequence[str]]:
        """The shell's own script, and those that `assets/js/shell/70-later.js` runs after the first paint.

        Plotly is among them: dcc fetches its own 4.8 MB of it where `window.Plotly` is missing.
        """
        suites = [address for address in re.findall(r'<script src="([^"]+)"></script>', tags) if not NOT_NEEDED.search(address)]
        plotly = [static.url(f"plotly/{file.name}") for file in sorted((static.ASSETS / "plotly").glob("*.js"))]
        return {
            "shell": static.url("bundle/loadstar.js"),
            "later": [*suites, *plotly],
            "inline": re.findall(r"<script>(.*?)</script>", tags, re.DOTALL),
        }


def install(server: Flask, theme_first: str) -> None:
    """Give templates what they ask for."""
    server.jinja_env.globals.update(asset=static.url, theme_first=theme_first)
