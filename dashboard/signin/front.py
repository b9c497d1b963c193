"""What whoever is not signed in sees at `/`: what this is, a picture of it, and the ways in."""

from urllib.parse import urlsplit

from flask import Response

from config.settings import settings
from dashboard.signin import replies


def page() -> Response:
    """The page. It asks no store: it is there when nothing else is."""
    known = settings()
    here = urlsplit(known.dashboard_url)
    devices = f"{here.scheme}://{here.hostname}:{known.device_port}/docs"
    return replies.page("front.html", "Energy, live", devices=devices, demo=known.demo)
