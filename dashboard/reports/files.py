"""A kept report as a file to take along: PDF, Excel workbook, CSV."""

from flask import Flask, Response

from config.settings import settings
from dashboard.reports.opened import opened
from dashboard.web.access import current_scope, guard, site_in
from dashboard.web.gate import costly
from reporting import letter, pdf, sheets


@guard(site_in())
@costly
def report_pdf(site_id: str, report_id: str) -> Response:
    """As it goes out by mail."""
    found = opened(current_scope(), site_id, report_id)
    link = f"{settings().dashboard_url}/site/{site_id}/report/{report_id}"
    return _file(letter.file_name(found.document), "application/pdf", pdf.pdf(found.document, found.reader, link))


@guard(site_in())
@costly
def report_xlsx(site_id: str, report_id: str) -> Response:
    """A sheet a table, numbers as numbers."""
    found = opened(current_scope(), site_id, report_id)
    return _file(_name(letter.file_name(found.document), "xlsx"), sheets.XLSX, sheets.xlsx(found.document))


@guard(site_in())
@costly
def report_csv(site_id: str, report_id: str) -> Response:
    """All of its tables below each other."""
    found = opened(current_scope(), site_id, report_id)
    return _file(_name(letter.file_name(found.document), "csv"), "text/csv", "".join(sheets.csv(found.document)).encode())


def _name(of_pdf: str, ending: str) -> str:
    return f"{of_pdf.removesuffix('.pdf')}.{ending}"


def _file(name: str, kind: str, content: bytes) -> Response:
    response = Response(content, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def install(server: Flask) -> None:
    """Give the files their addresses."""
    for ending, view in (("pdf", report_pdf), ("xlsx", report_xlsx), ("csv", report_csv)):
        server.add_url_rule(f"/site/<site_id>/report/<report_id>.{ending}", f"report_{ending}", view)
