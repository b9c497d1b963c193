"""The language of a request: the person's own, else the browser's, of those that there are texts in."""

import json
from functools import lru_cache
from pathlib import Path

from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale
from flask_login import current_user

from config import language
from store.errors import StoreAway

BROWSER = "browser.json"  # within a language's folder: the texts of the scripts


def install(server: Flask) -> None:
    """Word pages, templates and what the rooms below say in the language of whoever asks."""
    Babel(server, default_locale=language.SOURCE, locale_selector=_wanted, configure_jinja=False)
    language.ask(_of_request)
    server.jinja_env.add_extension("jinja2.ext.i18n")
    server.jinja_env.policies["ext.i18n.trimmed"] = True
    server.jinja_env.install_gettext_callables(language._, language.plural, newstyle=True)  # type: ignore[attr-defined]
    server.jinja_env.globals.update(language=lambda: language.spoken().replace("_", "-"), script_texts=script_texts)


def script_texts() -> str | None:
    """What the browser's scripts say in the language of the request, as a JSON object by the English text; none in English."""
    spoken = language.spoken()
    return None if spoken == language.SOURCE else _script_texts(language.FOLDER / spoken / BROWSER)


def _wanted() -> str:
    return language.best((_own(), *request.accept_languages.values()))


def _own() -> str | None:
    """The language that whoever asks has chosen; unknown while the records are away, of which the page then tells."""
    try:
        with language.speaking(language.SOURCE):  # that they are away is said in words, too
            return getattr(current_user, "language", None)
    except StoreAway:
        return None


def _of_request() -> str | None:
    return str(get_locale()) if has_request_context() else None


@lru_cache
def _script_texts(file: Path) -> str:
    return json.dumps(json.loads(file.read_text(encoding="utf-8")), ensure_ascii=False).replace("<", "\\u003c")
