"""A new key, said the only time that it can be, and what a first post with it looks like in several languages."""

from collections.abc import Collection, Mapping
from typing import Any

from dash import html

from config import clock
from config.language import N_, _
from config.settings import settings
from dashboard.parts.aria import data
from dashboard.parts.notices import around
from dashboard.plant import snippets
from dashboard.plant.snippets import EXAMPLE, HARDWARE, Post

SECRET = "SECRET"  # noqa: S105 - in the place of one
PUT_IN = N_("Replace SECRET with the key's secret, which was shown when the key was created.")
SHOWN_ONCE = N_("This is shown once: copy it now, Loadstar keeps only a hash.")


def of_device(fields: Collection[str]) -> Post:
    """A post of the standard fields; a field that the device gives no meaning is 0, which is stored nowhere."""
    return Post(HARDWARE, {name: value if name in fields else 0 for name, value in EXAMPLE.items()})


def of_meter(meter_id: str) -> Post:
    """A reading of a meter, as whoever has a key of its site posts it."""
    at = clock.now().isoformat(timespec="seconds")
    return Post("/api/v1/readings", {"readings": [{"meter": meter_id, "quantity": "power_kw", "ts": at, "value": 1.2}]})


def view(key: str, post: Post | None = None) -> html.Div:
    """The key, which is shown this once, and each snippet of a first post, each with a button that copies it."""
    place = f"key-{key.partition('.')[0]}"
    drawn: list[Any] = [
        html.P(
            [
                *around(N_("The key: %(key)s"), key=html.Code(key, id=place, className="secret")),
                " ",
                _copy(place, _("Copy the key")),
            ]
        ),
        html.P(_(SHOWN_ONCE), className="muted"),
    ]
    if post:
        drawn += to_copy(snippets.filled(key, post, settings().public_device_url))
    return html.Div(drawn, className="first-post")


def to_copy(texts: Mapping[str, str], first_open: bool = True) -> list[html.Details]:
    """Each snippet under what people call it, with a button that copies it."""
    drawn = []
    for number, (name, text) in enumerate(texts.items()):
        place = f"first-post-{number}"
        shown = [html.Pre(text, id=place, tabIndex=0), _copy(place, _("Copy for %(name)s", name=name))]
        drawn.append(html.Details([html.Summary(name), html.Div(shown, className="snippet")], open=first_open and not number))
    return drawn


def _copy(place: str, words: str) -> html.Button:
    return html.Button(words, className="btn btn-sm btn-quiet", type="button", **data(copy_of=place))
