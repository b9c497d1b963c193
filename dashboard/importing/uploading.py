"""Where a file is chosen and sent (`assets/js/shell/87-uploads.js`), and those that were sent and are not imported yet."""

from typing import Any

from dash import html

from config.language import _, ngettext
from config.settings import settings
from dashboard.figures import wording as numbers
from dashboard.parts.aria import aria, data, icon
from dashboard.parts.reading import reader
from dashboard.parts.short_table import short_table
from ingest.files import shelf
from store.records.plant import uploads
from store.scope import Scope

MB = 2**20
GB = 2**30


def view(site_id: str) -> html.Section:
    """The panel that takes a file."""
    about = _(
        "CSV, spreadsheets, JSON, Parquet, Green Button, NEM12, MSCONS and more, up to %(most)s. "
        "You see how the file is read before anything of it is stored.",
        most=size(settings().import_limit_mb * MB),
    )
    return html.Section(
        [
            html.H2(_("Import a file")),
            html.P(about, className="muted"),
            html.Div(
                [
                    html.Button(
                        [icon("arrow-up"), _("Choose a file")],
                        type="button",
                        className="btn btn-primary",
                        **data(upload_choose=""),
                    ),
                    html.Button(_("Stop"), type="button", className="btn btn-quiet", hidden=True, **data(upload_stop="")),
                    html.Span(_("or drop it here"), className="muted small align-self-center"),
                ],
                className="choices",
            ),
            html.Progress(max="1", value="0", hidden=True, className="mt-3", **aria(label=_("Upload progress"))),
            html.P(className="mb-0 mt-2", role="status", **data(upload_said="")),
        ],
        className="panel mb-3 files",
        **data(upload=address(site_id, "").rstrip("/")),
    )


def waiting(scope: Scope, site_id: str) -> list[Any]:
    """The uploads of whoever looks that are not imported: those to go on with, and those to be looked at."""
    rows = []
    for each in uploads.theirs(scope):
        come, _upload = shelf.offset(scope, settings(), each.id)
        if come < each.size:
            said = _("%(come)s of %(size)s have come: choose the same file again to go on", come=size(come), size=size(each.size))
            link: Any = html.Span(said)
        else:
            link = html.A(_("See how it is read"), href=address(site_id, each.id), **data(soft=""))
        drop = html.Button(
            _("Discard"),
            id={"type": "import-drop", "upload": each.id},
            className="btn btn-sm btn-quiet",
            type="button",
            **aria(label=_("Discard %(name)s", name=each.file_name)),
        )
        rows.append((each.file_name, link, drop))
    if not rows:
        return []
    heads = (_("File"), _("Next"))
    return [
        html.H2(_("Uploaded, not imported yet"), className="mb-2"),
        short_table(_("Uploaded, not imported yet"), heads, rows, acts=True),
        html.H2(_("Imported"), className="mt-4 mb-2"),
    ]


def address(site_id: str, upload_id: str) -> str:
    """Where the import of a file that was sent is prepared."""
    return f"/site/{site_id}/import/{upload_id}"


def size(number: int) -> str:
    """A number of bytes as people read it."""
    if number < 1024:
        return ngettext("%(num)s byte", "%(num)s bytes", number)
    if number < MB:
        return f"{reader().number(numbers.number(number / 1024, 2))} kB"
    return f"{mb(number)} MB" if number < GB else f"{reader().number(numbers.exact(number / GB, 2))} GB"


def mb(number: int) -> str:
    """A number of bytes in megabytes."""
    return reader().number(numbers.number(number / MB, 2))
