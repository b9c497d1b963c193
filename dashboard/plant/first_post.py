"""A new key, said the only time that it can be, and what a first post with it looks like in several languages."""

import json
from collections.abc import Collection
from typing import Any, NamedTuple

from dash import html

from config import clock
from config.language import N_, _
from config.settings import settings
from dashboard.parts.aria import data
from dashboard.parts.notices import around

EXAMPLE = {"energy_produced": 0.4, "energy_consumed": 1.2, "current_load": 35}  # kWh, kWh, %
SHOWN_ONCE = N_("This is shown once: copy it now, Loadstar keeps only a hash.")


class Post(NamedTuple):
    """What is posted, and where."""

    path: str
    body: dict[str, Any]


def of_device(fields: Collection[str]) -> Post:
    """A post of the standard fields; a field that the device gives no meaning is 0, which is stored nowhere."""
    return Post("/api/hardware/data", {name: value if name in fields else 0 for name, value in EXAMPLE.items()})


def of_meter(meter_id: str) -> Post:
    """A reading of a meter, as whoever has a key of its site posts it."""
    at = clock.now().isoformat(timespec="seconds")
    return Post("/api/v1/readings", {"readings": [{"meter": meter_id, "quantity": "power_kw", "ts": at, "value": 1.2}]})


def snippets(key: str, post: Post) -> dict[str, str]:
    """The same first post by language or tool."""
    address, body = f"{settings().public_device_url}{post.path}", json.dumps(post.body)
    return {
        "curl": f"curl -X POST {address} \\\n  -H 'X-API-Key: {key}' -H 'Content-Type: application/json' \\\n  -d '{body}'",
        "Python": f"""import json
import urllib.request

reading = {body}
request = urllib.request.Request(
    "{address}",
    json.dumps(reading).encode(),
    {{"X-API-Key": "{key}", "Content-Type": "application/json"}},
)
print(urllib.request.urlopen(request).read().decode())""",
        "PowerShell": f"""$reading = '{body}'
Invoke-RestMethod -Method Post -Uri '{address}' `
  -Headers @{{ 'X-API-Key' = '{key}' }} -ContentType 'application/json' -Body $reading""",
        "Home Assistant": f"""rest_command:
  loadstar:
    url: {address}
    method: post
    content_type: application/json
    headers:
      X-API-Key: "{key}"
    payload: '{body}'""",
        "Arduino (ESP32)": f"""HTTPClient http;
http.begin("{address}");
http.addHeader("X-API-Key", "{key}");
http.addHeader("Content-Type", "application/json");
int status = http.POST({json.dumps(body)});""",
    }


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
    for number, (name, text) in enumerate(snippets(key, post).items() if post else ()):
        place = f"first-post-{number}"
        shown = [html.Pre(text, id=place, tabIndex=0), _copy(place, _("Copy for %(name)s", name=name))]
        drawn.append(html.Details([html.Summary(name), html.Div(shown, className="snippet")], open=not number))
    return html.Div(drawn, className="first-post")


def _copy(place: str, words: str) -> html.Button:
    return html.Button(words, className="btn btn-sm btn-quiet", type="button", **data(copy_of=place))
