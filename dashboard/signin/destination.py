"""Where to go after signing in: only ever a page of this Loadstar.

After OWASP's Unvalidated Redirects and Forwards cheat sheet: browsers read `//host`, a backslash and control
characters in ways that leave the site, so anything but a plain path is refused.
"""

from urllib.parse import unquote, urlsplit

START = "/"


def safe(address: str | None) -> str:
    """The wanted path with its query if it is one of ours to show, else the first page."""
    if not address or len(address) > 2000:
        return START
    try:
        parts = urlsplit(address)
    except ValueError:
        return START
    path = unquote(parts.path)
    if any(ord(character) < 33 or character in "\\\x7f" for character in address + path.replace(" ", "")):
        return START
    if parts.scheme or parts.netloc or not path.startswith("/") or address.startswith("//") or path.startswith("//"):
        return START
    if path.startswith(("/sign-", "/_", "/assets/", "/first-administrator")):
        return START
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
