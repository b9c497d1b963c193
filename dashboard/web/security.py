"""What every answer carries: a strict content security policy, CSRF's cookie, cookies that stay where they belong.

The policy follows the CSP level 3 advice of MDN and OWASP's Secure Headers; each exception is explained beside it.
"""

import base64
import hashlib
from collections.abc import Iterable
from datetime import timedelta

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect, generate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix

from config.settings import Settings

BODY_LIMIT_BYTES = 2 * 2**20  # the largest thing a browser posts here is a figure's state
YEAR_S = 31_536_000


def script_hash(script: str) -> str:
    """The CSP source of an inline script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def policy(script_hashes: Iterable[str], tls: bool) -> str:
    """The content security policy."""
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(("'self'", *script_hashes)),  # no inline script but Dash's own, by hash
        "style-src": "'self' 'unsafe-inline'",  # plotly and React write style attributes
        "img-src": "'self' data: blob:",  # icons are data addresses, plotly saves pictures through a blob
        "font-src": "'self'",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",  # the map draws in a worker made from a blob
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    lines = [f"{name} {sources}" for name, sources in rules.items()]
    return "; ".join([*lines, "upgrade-insecure-requests"] if tls else lines)


def cookie(name: str, settings: Settings) -> str:
    """A cookie's name: under TLS one that browsers accept only from this host, over TLS, for every path."""
    return f"__Host-{name}" if settings.behind_proxy else name


def configure(server: Flask, settings: Settings) -> None:
    """Cookies, limits and CSRF protection of the server, before any route is made."""
    if settings.secret_key is None:
        raise ValueError("the secret key has not been generated; `./loadstar up` does it, or set LOADSTAR_SECRET_KEY")
    server.secret_key = settings.secret_key.get_secret_value()
    server.config.update(
        SESSION_COOKIE_NAME=cookie("loadstar", settings),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.behind_proxy,
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=settings.session_days),
        MAX_CONTENT_LENGTH=BODY_LIMIT_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a page in a control room stays open for weeks
    )
    if settings.behind_proxy:
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]  # as Werkzeug's documentation does


def protect_forms(server: Flask) -> None:
    """Refuse every POST without its token. After the sign-in check, so that an ended session says so.

    What is asked for with a bearer token, never with a cookie, needs none.
    """
    protection = CSRFProtect(server)
    for name, blueprint in server.blueprints.items():
        if name.startswith("api_"):
            protection.exempt(blueprint)


def install_headers(server: Flask, settings: Settings, script_hashes: Iterable[str]) -> None:
    """Put the security headers on every answer, and the CSRF token beside every page."""
    csp = policy(script_hashes, tls=settings.behind_proxy)
    headers = {
        "Content-Security-Policy": csp,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    }
    if settings.behind_proxy:
        headers["Strict-Transport-Security"] = f"max-age={YEAR_S}; includeSubDomains"

    @server.after_request
    def add(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        if response.mimetype == "text/html" and request.method == "GET":
            # Dash's renderer reads this cookie and sends it back as X-CSRFToken
            response.set_cookie(
                cookie("_csrf_token", settings),
                generate_csrf(),
                secure=settings.behind_proxy,
                samesite="Strict",
                max_age=settings.session_days * 86_400,
            )
        return response
