"""Where the JSON APIs for people's own programs stand, and by what they let somebody in."""

API = "/api/v1/"  # by a token, never by a cookie
LIVE = ("/api/latest-hardware-data", "/api/hardware-status-check")  # by a token, or as who is signed in: they only read

BUILDINGS = ("/get-available-data", "/fetch-data/", "/stats/")  # the same


def takes_tokens(path: str) -> bool:
    """Whether a token lets somebody in there, and whoever is refused is told so as a program is."""
    return path.startswith((API, *BUILDINGS)) or path in LIVE
