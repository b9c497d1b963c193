"""The dashboard: a Flask server with sign-in, and Dash pages in Loadstar's frame."""

from pathlib import Path

from flask import Flask

from config.settings import Settings
from dashboard import callbacks, doorkeeper
from dashboard.account import export, pictures
from dashboard.api import (
    buildings,
    development,
    hardware,
    imports,
    money,
    openapi,
    readings,
    refused_rows,
    series,
    tokens,
    uploads,
)
from dashboard.audit import download
from dashboard.frame import faults, shell, view_as
from dashboard.live import first_screen
from dashboard.plant import files as plant_files
from dashboard.reports import files as report_files
from dashboard.signin import views as signin
from dashboard.web import compression, language, security, static
from dashboard.web.jobs import Jobs
from store.records.transaction import engine


def create_app(settings: Settings) -> Flask:
    """The server of these settings. The records must have been made (`store.records.transaction.engine.upgrade`).

    Raises:
        ValueError: no secret key has been generated.
    """
    engine.configure(settings.records_url)
    server = Flask("dashboard", static_folder=None, root_path=str(Path(__file__).parent))
    security.configure(server, settings)
    server.extensions["loadstar-settings"] = settings
    language.install(server)
    signin.install(server, settings)
    view_as.install(server)
    download.install(server)
    pictures.install(server)
    export.install(server)
    plant_files.install(server)
    report_files.install(server)
    refused_rows.install(server)
    uploads.install(server)
    first_screen.install(server)
    theme_first = (static.ASSETS / "js" / "theme-first.js").read_text(encoding="utf-8").strip()
    shell.install(server, theme_first)
    dash = shell.Shell(
        "dashboard",
        server=server,  # type: ignore[arg-type]  # documented: a Flask server
        use_pages=True,
        pages_folder="",
        include_assets_files=False,
        include_pages_meta=False,
        suppress_callback_exceptions=True,  # else every page's layout is shipped to everybody
        enable_mcp=False,
        health_endpoint="healthz",
        title="Loadstar",
        update_title=None,  # type: ignore[arg-type]  # documented: no title while a callback runs
        csrf_token_name=security.cookie("_csrf_token", settings),
        add_log_handler=False,
        background_callback_manager=Jobs(),
    )
    dash.layout = shell.layout
    callbacks.declare()
    callbacks.settle(dash, server)
    server.extensions["loadstar-dash"] = dash
    static.install(server, dash, settings.home)
    for blueprint in (
        tokens.bp,
        readings.bp,
        series.bp,
        money.bp,
        imports.bp,
        buildings.bp,
        hardware.bp,
        development.bp,
        openapi.bp,
    ):
        server.register_blueprint(blueprint)
    doorkeeper.install(server)
    security.protect_forms(server)
    doorkeeper.install_for_callbacks(server, dash)
    faults.install(server, dash)
    compression.install(server)
    security.install_headers(server, settings, [*dash.csp_hashes(), security.script_hash(theme_first)])
    return server
