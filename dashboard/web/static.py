"""Static files: bundled, fingerprinted, compressed once, cached by browsers for a year, all from here.

`/assets/<release>/<path>`: the release is a hash over everything in `assets/`, so a new version has new addresses and
relative ones within a style sheet keep working. Dash's own files keep Dash's addresses, which carry a fingerprint too.
"""

import fcntl
import hashlib
import logging
import mimetypes
import os
import pkgutil
import re
import threading
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dash.fingerprint import check_fingerprint
from flask import Flask, Response, abort, current_app, request

from dashboard.web import compression, theme
from dashboard.web.access import guard, public

log = logging.getLogger(__name__)

ASSETS = theme.ASSETS
YEAR_S = 31_536_000
IDLE_NICENESS = 15
HEALTH = "/healthz"
SERVED = {".css", ".js", ".mjs", ".json", ".geojson", ".svg", ".png", ".webp", ".ico", ".woff2", ".txt", ".pdf", ".map"}
# not in every system's table
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/geo+json", ".geojson")


def _join(paths: Iterable[Path]) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def _icons() -> str:
    """Each icon as a mask, so that it takes the colour of the text around it."""
    rules = []
    for file in sorted((ASSETS / "icons").glob("*.svg")):
        drawing = re.sub(r'\s(class|width|height)="[^"]*"', "", file.read_text(encoding="utf-8")).replace("\n", "")
        rules.append(f'.icon-{file.stem}{{--icon:url("data:image/svg+xml,{quote(drawing, safe=" =:/()")}")}}')
    return "\n".join(rules)


def _style() -> str:
    bootstrap = (ASSETS / "vendor" / "bootstrap.min.css").read_text(encoding="utf-8")
    own = [*sorted((ASSETS / "css").glob("*.css")), *sorted((ASSETS / "live").glob("*.css"))]
    return "\n".join((bootstrap, theme.css(), _icons(), _join(own)))


def _sign_in_script() -> str:
    return _join([ASSETS / "js" / "shell" / "05-text.js", *sorted((ASSETS / "js" / "sign-in").glob("*.js"))])


def _shell_script() -> str:
    shell = [*sorted((ASSETS / "js" / "shell").glob("*.js")), *sorted((ASSETS / "live").glob("*.js"))]
    return theme.templates_script() + _join(shell)


BUNDLES: dict[str, Callable[[], str]] = {
    "bundle/loadstar.css": _style,
    "bundle/loadstar.js": _shell_script,
    "bundle/sign-in.js": _sign_in_script,
}


@lru_cache
def release() -> str:
    """A hash over every asset."""
    digest = hashlib.sha256()
    for file in sorted(path for path in ASSETS.rglob("*") if path.is_file()):
        digest.update(file.relative_to(ASSETS).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def url(path: str) -> str:
    """The address of an asset such as `live/tick.js`, or of a bundle; the file must be there."""
    if path not in BUNDLES and not (ASSETS / path).is_file():
        raise FileNotFoundError(f"assets/{path}")
    return f"/assets/{release()}/{path}"


@lru_cache(maxsize=256)
def _asset(path: str) -> bytes | None:
    if path in BUNDLES:
        return BUNDLES[path]().encode()
    file = (ASSETS / path).resolve()
    if not file.is_relative_to(ASSETS) or file.suffix not in SERVED or not file.is_file():
        return None
    return file.read_bytes()


@lru_cache(maxsize=256)
def _packaged(package: str, path: str) -> bytes | None:
    try:
        return pkgutil.get_data(package, path)
    except OSError:
        return None


@lru_cache(maxsize=64)
def _compressed(body: bytes, encoding: compression.Encoding) -> bytes:
    """What is not kept thoroughly compressed yet."""
    return compression.compress(body, encoding)


def _answer(body: bytes, name: str, *, fingerprinted: bool) -> Response:
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    kept: compression.Kept = current_app.extensions["loadstar-static"]
    response = Response(mimetype=mimetype)
    tag = compression.digest(body)
    if compression.is_text(mimetype) or mimetype.endswith("json"):
        encoding = compression.accepted()
        if encoding != "identity":
            body = kept.find(body, encoding) or _compressed(body, encoding)
            response.headers["Content-Encoding"] = encoding
            tag = f"{tag}-{encoding}"
        response.vary.add("Accept-Encoding")
    response.set_data(body)
    response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable" if fingerprinted else "public, max-age=60"
    response.set_etag(tag)
    return response.make_conditional(request)  # type: ignore[return-value]  # it is the response itself


@guard(public)
def serve_asset(wanted: str, path: str) -> Response:
    """A file of `assets/`; one of an older release gets what is there now, kept for a minute only."""
    body = _asset(path)
    if body is None:
        abort(404)
    return _answer(body, path, fingerprinted=wanted == release())


def _serve_suite(dash: Any) -> Callable[[str, str], Response]:
    @guard(public)
    def serve(package_name: str, fingerprinted_path: str) -> Response:
        path, fingerprinted = check_fingerprint(fingerprinted_path)
        if path not in dash.registered_paths.get(package_name, ()):
            abort(404)
        body = _packaged(package_name, path)
        if body is None:
            abort(404)
        return _answer(body, path, fingerprinted=fingerprinted)

    return serve


def _loaded(dash: Any) -> list[tuple[bytes, str]]:
    """Everything a browser may fetch, what it fetches first first."""
    own = [*BUNDLES, *(file.relative_to(ASSETS).as_posix() for file in sorted((ASSETS / "plotly").glob("*.js")))]
    files = [(_asset(path), path) for path in own]
    suites = [
        (package, path) for package, paths in dash.registered_paths.items() for path in paths if path.endswith((".js", ".css"))
    ]
    lazy = re.compile(r"async-(mathjax|highlight|export)|dash_table|\.dev\.js|plotly\.min")
    files += [(_packaged(*suite), suite[1]) for suite in suites if not lazy.search(suite[1])]
    return [(body, path) for body, path in files if body and len(body) >= compression.SMALLEST_BYTES]


def compress_all(dash: Any, kept: compression.Kept) -> None:
    """Compress what browsers fetch into the state folder; one process does it, the others go on serving."""
    kept.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), IDLE_NICENESS)  # on Linux, of this thread alone
    with (kept.folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return
        for body, path in _loaded(dash):
            try:
                kept.make(body, "br")
                kept.make(body, "gzip")
            except OSError as error:
                log.warning("could not keep %s compressed: %s", path, error)
                return


def install(server: Flask, dash: Any, home: Path) -> None:
    """Serve assets and Dash's own files from here."""
    server.extensions["loadstar-static"] = compression.Kept(home / "static")
    server.extensions["loadstar-dash"] = dash
    server.add_url_rule("/assets/<wanted>/<path:path>", "assets", serve_asset)
    server.view_functions["/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"] = _serve_suite(dash)


def compress_in_background(server: Flask) -> None:
    """From when somebody comes on, compress everything thoroughly into the state folder; what is there already is kept.

    Whoever only looks whether the server is well, as its watchers do all the time, fetches none of it.
    """
    kept: compression.Kept = server.extensions["loadstar-static"]
    started: set[int] = set()

    def start() -> None:
        if request.path != HEALTH and os.getpid() not in started:  # threads do not survive the server's fork
            started.add(os.getpid())
            given = (server.extensions["loadstar-dash"], kept)
            threading.Thread(target=compress_all, args=given, name="compress", daemon=True).start()

    server.before_request(start)
