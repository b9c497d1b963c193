"""What a site is set up with as files to download."""

from collections.abc import Iterator

from flask import Flask, Response, request, stream_with_context

from dashboard.web.access import administers_site, current_scope, guard, plant_admin
from dashboard.web.gate import costly
from store.records.plant import budget_files, building_files, calendar_files, device_files, emission_factor_files, meter_files


@guard(plant_admin)
@costly
def meters_csv() -> Response:
    """The meters on the sites that one administers that fit `search`, with `retired` those too."""
    return _file("meters.csv", meter_files.export_file(current_scope(), _search(), retired=bool(request.args.get("retired"))))


@guard(administers_site())
@costly
def devices_csv(site_id: str) -> Response:
    """The devices of the site that fit `search`, with `retired` those too."""
    retired = bool(request.args.get("retired"))
    return _file("devices.csv", device_files.export_file(current_scope(), site_id, _search(), retired=retired))


@guard(administers_site())
@costly
def buildings_csv(site_id: str) -> Response:
    """The buildings of the site that fit `search`."""
    return _file("buildings.csv", building_files.export_file(current_scope(), site_id, _search()))


@guard(administers_site())
@costly
def calendar_csv(site_id: str) -> Response:
    """The site's own days that fit `search`."""
    return _file("calendar.csv", calendar_files.export_file(current_scope(), site_id, _search()))


@guard(administers_site())
@costly
def budgets_csv(site_id: str) -> Response:
    """The budgets of the site that fit `search`."""
    return _file("budgets.csv", budget_files.export_file(current_scope(), site_id, _search()))


@guard(administers_site())
@costly
def factors_csv(site_id: str) -> Response:
    """The CO2 factors of the site that fit `search`."""
    return _file("factors.csv", emission_factor_files.export_file(current_scope(), site_id, _search()))


def _search() -> str:
    return request.args.get("search", "")[:200]


def _file(name: str, pieces: Iterator[str]) -> Response:
    response = Response(stream_with_context(pieces), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def install(server: Flask) -> None:
    """Give the files their addresses."""
    server.add_url_rule("/admin/meters.csv", "meters_csv", meters_csv)
    server.add_url_rule("/site/<site_id>/devices.csv", "devices_csv", devices_csv)
    server.add_url_rule("/site/<site_id>/buildings.csv", "buildings_csv", buildings_csv)
    server.add_url_rule("/site/<site_id>/calendar.csv", "calendar_csv", calendar_csv)
    server.add_url_rule("/site/<site_id>/budgets.csv", "budgets_csv", budgets_csv)
    server.add_url_rule("/site/<site_id>/factors.csv", "factors_csv", factors_csv)
