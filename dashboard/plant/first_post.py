"""What a device's first post looks like, ready to be run: its address, its key and its fields, in several languages."""

import json
from collections.abc import Collection
from typing import Any

from dash import html

from config.settings import settings
from dashboard.parts.aria import data

EXAMPLE = {"energy_produced": 0.4, "energy_consumed": 1.2, "current_load": 35}  # kWh, kWh, %
PATH = "/api/hardware/data"
SHOWN_ONCE = "This is shown once: copy it now, Loadstar keeps only a hash."


def example(fields: Collection[str]) -> dict[str, float]:
    """A post of the standard fields; a field that the device gives no meaning is 0, which is stored nowhere."""
    return {name: value if name in fields else 0 for name, value in EXAMPLE.items()}


def snippets(key: str, fields: Collection[str]) -> dict[str, str]:
    """The same first post by language or tool."""
    address, body = f"{settings().public_device_url}{PATH}", json.dumps(example(fields))
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


def view(key: str, fields: Collection[str]) -> html.Div:
    """The key, which is shown this once, and each snippet with a button that copies it."""
    drawn: list[Any] = [
        html.P(["The key: ", html.Code(key, id="first-key", className="secret"), " ", _copy("first-key", "Copy the key")]),
        html.P(SHOWN_ONCE, className="muted"),
    ]
    for number, (name, text) in enumerate(snippets(key, fields).items()):
        place = f"first-post-{number}"
        shown = [html.Pre(text, id=place, tabIndex=0), _copy(place, f"Copy for {name}")]
        drawn.append(html.Details([html.Summary(name), html.Div(shown, className="snippet")], open=not number))
    return html.Div(drawn, className="first-post")


def _copy(place: str, words: str) -> html.Button:
    return html.Button(words, className="btn btn-sm btn-quiet", type="button", **data(copy_of=place))
