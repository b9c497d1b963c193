"""People's pictures: what is uploaded is decoded, cut square, made small and encoded anew, so nothing else is kept of it.

What a file says it is does not count; only PNG, JPEG and WebP are decoded, none with more pixels than memory is there for, and
one or two at a time.
"""

import io

from flask import Blueprint, Flask, Response, jsonify, request
from PIL import Image, ImageOps, UnidentifiedImageError

from config.language import N_, _
from dashboard.frame.faults import sentence
from dashboard.web.access import current_scope, guard, oneself, signed_in
from dashboard.web.gate import costly
from store.errors import NotFound, Refused
from store.records.people import pictures

UPLOAD_BYTES = 10 * 2**20  # a phone's photograph
MOST_PIXELS = 9_000_000  # a large screen's, 36 MB while it is looked at
MOST_OF_A_JPEG = 50_000_000  # a phone's photograph: decoded at an eighth of its size where that is enough
SIDE = 256
FORMATS = ("PNG", "JPEG", "WEBP")
NOT_READ = N_("this is no picture that Loadstar can read: choose a PNG, a JPEG or a WebP")

bp = Blueprint("pictures", __name__)


def made_anew(content: bytes) -> bytes:
    """The picture as a square WebP of 256 pixels, upright, without anything else that was in the file.

    Raises:
        Refused: it is no PNG, JPEG or WebP, is broken, or has too many pixels.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as given:
            width, height = given.size
            given.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is decoded no larger than is needed
            most = MOST_OF_A_JPEG if given.format == "JPEG" else MOST_PIXELS
            if width * height > most or given.width * given.height > MOST_PIXELS:
                raise Refused(_("a picture has %(most)s million pixels at the most: make it smaller", most=most // 10**6))
            given.thumbnail((4 * SIDE, 4 * SIDE))  # in place, before anything copies it
            square = ImageOps.fit(ImageOps.exif_transpose(given).convert("RGBA"), (SIDE, SIDE))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Refused(_(NOT_READ)) from error
    plain = Image.frombytes("RGBA", square.size, square.tobytes())  # pixels alone: no EXIF, no profile, no comment
    out = io.BytesIO()
    plain.save(out, "WEBP", quality=85, method=4)
    return out.getvalue()


@bp.post("/account/picture")
@guard(oneself)
@costly
def upload() -> Response:
    """Take in the picture of whoever asks."""
    given = request.files.get("picture")
    content = given.read() if given else b""
    request.close()  # a large file lies on the disk meanwhile
    try:
        pictures.keep_picture(current_scope(), made_anew(content), "image/webp")
    except Refused as refused:
        response = jsonify(error="refused", message=sentence(refused))
        response.status_code = 422
        return response
    return Response(status=204)


@bp.get("/picture/<user_id>")
@guard(signed_in)
def show(user_id: str) -> Response:
    """The picture of somebody whom the asking person may see."""
    found = pictures.picture(current_scope(), user_id)
    if found is None:
        raise NotFound("no picture")
    response = Response(found.content, mimetype=found.content_type)
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(f"{found.updated_at.timestamp():.0f}")
    response.make_conditional(request)
    return response


def install(server: Flask) -> None:
    """Give the server the pictures' routes. Before forms are protected: the check reads the body, and this one may be larger."""
    server.register_blueprint(bp)

    @server.before_request
    def allow_a_photograph() -> None:
        if request.endpoint == "pictures.upload":
            request.max_content_length = UPLOAD_BYTES
