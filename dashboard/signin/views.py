"""Sign in, sign out, and the one-time link that makes the first administrator."""

import flask_login
from flask import Blueprint, Flask, Response, current_app, redirect, request, session
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from config.language import N_, _
from config.settings import Settings
from dashboard.frame import view_as
from dashboard.frame.faults import sentence
from dashboard.signin import (
    destination,
    first_time,
    links,
    person,
    provider,
    registering,
    replies,
    second_step,
    sign_in_page,
    steps,
)
from dashboard.web.access import current_scope, guard, public, signed_in
from store.errors import NotFound, Refused
from store.records.people import users
from store.records.people.users import FIRST_ADMINISTRATOR
from store.records.signin import one_time_links, passwords, sessions

WRONG = N_("Wrong email or password.")
AWAY = N_("Loadstar cannot reach its store, so nobody can sign in now. Try again in 5 seconds.")

bp = Blueprint("signin", __name__)


@bp.get("/sign-in")
@guard(public)
def sign_in_form() -> Response | AnyResponse:
    """The form; who is signed in already goes on."""
    wanted = destination.safe(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(wanted)
    return sign_in_page.page(wanted, "", None)


@bp.post("/sign-in")
@guard(public)
def sign_in() -> Response | AnyResponse:
    """Let somebody in, or say which it is: wrong, too fast, or the store away."""
    wanted = destination.safe(request.form.get("next"))
    email = request.form.get("email", "").strip()

    def do() -> str:
        replies.admit(email)
        user = users.verify_password(email, request.form.get("password", ""))
        if user is None:
            raise replies.DeclinedError(401, _(WRONG))
        return steps.come_in(user, wanted)

    return steps.with_theme(replies.reply(do, lambda message: sign_in_page.page(wanted, email, message), away=_(AWAY)))


@bp.post("/theme")
@guard(signed_in)
def theme() -> Response:
    """Keep the chosen theme for the person's other browsers."""
    users.choose_theme(current_scope(), request.form.get("theme", ""))
    return Response(status=204)


@bp.post("/colours")
@guard(signed_in)
def colours() -> Response:
    """Keep the colours that the person reads heat maps in."""
    users.choose_colours(current_scope(), request.form.get("colours", ""))
    return Response(status=204)


@bp.post("/sign-out")
@guard(signed_in)
def sign_out() -> AnyResponse:
    """End the session's row, and with it every copy of the cookie."""
    view_as.leave()
    sessions.end_session(current_user.token)
    flask_login.logout_user()
    session.clear()
    return redirect("/sign-in")


@bp.post("/sign-out-everywhere")
@guard(signed_in)
def sign_out_everywhere() -> AnyResponse:
    """End all sessions of whoever asks."""
    sessions.end_all(current_user.id)
    flask_login.logout_user()
    session.clear()
    return redirect("/sign-in?said=everywhere")


@bp.get("/first-administrator")
@guard(public)
def first_administrator_form() -> Response:
    """The form behind the one-time link; without a good one there is no such page."""
    token = request.args.get("token", "")
    if not one_time_links.is_good(token, FIRST_ADMINISTRATOR):
        raise NotFound("no such link")
    return _first_form("", "", None)


@bp.post("/first-administrator")
@guard(public)
def first_administrator() -> Response | AnyResponse:
    """Make the first administrator and sign them in; the link is used up by success only."""
    token = request.args.get("token", "")
    if not one_time_links.is_good(token, FIRST_ADMINISTRATOR):
        raise NotFound("no such link")
    given = {field: request.form.get(field, "").strip() for field in ("name", "email")}
    try:
        user = users.create_first_administrator(token, **given, password=request.form.get("password", ""))
    except Refused as refused:
        return _first_form(**given, message=sentence(refused))
    return redirect(steps.come_in(user, "/", "first administrator"))


def _first_form(name: str, email: str, message: str | None) -> Response:
    return replies.page(
        "first_administrator.html",
        _("First administrator"),
        status=422 if message else 200,
        name=name,
        email=email,
        message=message,
        shortest=passwords.SHORTEST,
    )


@bp.get("/readyz")
@guard(public)
def ready() -> Response:
    """Whether the records answer: 503 when they do not. For health checks and for pages that wait."""
    sessions.user_of("nobody")
    response: Response = current_app.response_class("OK", mimetype="text/plain")
    return response


def install(server: Flask, known: Settings) -> None:
    """Give the server its door."""
    person.install(server)
    for each in (bp, second_step.bp, first_time.bp, registering.bp, links.bp):
        server.register_blueprint(each)
    provider.install(server, known)
