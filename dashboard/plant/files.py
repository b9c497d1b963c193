"""Meters as a file to download."""

from flask import Flask, Response, request, stream_with_context

from dashboard.access import current_scope, guard, plant_admin
from store.records import meter_files


@guard(plant_admin)
def meters_csv() -> Response:
    """The meters on the sites that one administers that fit `search`, with `retired` those too."""
    pieces = meter_files.export_file(
        current_scope(), request.args.get("search", "")[:200], retired=bool(request.args.get("retired"))
    )
    response = Response(stream_with_context(pieces), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="meters.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def install(server: Flask) -> None:
    """Give the file its address."""
    server.add_url_rule("/admin/meters.csv", "meters_csv", meters_csv)
