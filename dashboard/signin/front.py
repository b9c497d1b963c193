"""What whoever is not signed in sees at `/`: what this is, a picture of it, and the ways in."""

from flask import Response

from config.language import _
from config.settings import settings
from dashboard.signin import replies


def page() -> Response:
    """The page. It asks no store: it is there when nothing else is."""
    known = settings()
    return replies.page("front.html", _("Energy, live"), devices=f"{known.public_device_url}/docs", demo=known.demo)
