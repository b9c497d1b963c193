"""What browsers fetch is compressed thoroughly, once, and only where somebody comes to fetch it."""

import threading
from pathlib import Path
from types import SimpleNamespace

import brotli
from flask import Flask

from dashboard.web import compression, static
from tests.conftest import eventually


def compressing() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "compress"]


def test_files_are_kept_compressed_from_when_somebody_comes_on_and_not_for_a_look_whether_the_server_is_well(
    tmp_path: Path,
) -> None:
    server = Flask("served")
    static.install(server, SimpleNamespace(registered_paths={}), tmp_path)
    static.compress_in_background(server)
    for path in ("/healthz", "/sign-in"):
        server.add_url_rule(path, path, lambda: "ok")
    server.test_client().get("/healthz")
    assert not compressing()
    assert not (tmp_path / "static").exists()

    server.test_client().get("/sign-in")
    bundle = static.BUNDLES["bundle/sign-in.js"]().encode()
    kept = server.extensions["loadstar-static"]
    small = eventually(lambda: kept.find(bundle, "br"))
    assert brotli.decompress(small) == bundle
    assert len(small) < len(compression.compress(bundle, "br")), "more thoroughly than for one answer"
    eventually(lambda: not compressing())
