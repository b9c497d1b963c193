"""The cookie of a sign-in, as the dashboard's server would set it, for a browser that is driven from the command line."""

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from config.settings import Settings
from dashboard.web import security


def cookie_of(token: str, settings: Settings) -> tuple[str, str]:
    """Name and value of the cookie of whoever holds the token of a session."""
    server = Flask(__name__)
    security.configure(server, settings)
    signing = SecureCookieSessionInterface().get_signing_serializer(server)
    if signing is None:
        raise ValueError("the secret key has not been generated")
    return server.config["SESSION_COOKIE_NAME"], str(signing.dumps({"_user_id": token, "_fresh": True}))
