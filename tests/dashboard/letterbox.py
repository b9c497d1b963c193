"""What people of the test world find in their mail."""

import re

from flask.testing import FlaskClient

from store.records.people import mail
from store.records.schema import Mail
from store.scope import SYSTEM
from tests.dashboard.world import token_of

OWN = "otters calm seventeen"


def mails_to(email: str) -> list[Mail]:
    """Theirs, the newest first."""
    return [each for each in mail.outbox(SYSTEM) if each.recipient == email]


def path_in(letter: Mail) -> str:
    """Where the letter's link with a token leads."""
    found = re.search(r"https?://[^/\s]+(/\S+\?token=\S+)", letter.text)
    assert found, letter.text
    return found[1]


def send(browser: FlaskClient, path: str, form: str | None = None, **given: str):
    """Fill in the form at a path, which may be sent elsewhere, and follow where it leads."""
    return browser.post(path, data={"csrf_token": token_of(browser, form or path), **given}, follow_redirects=True)
