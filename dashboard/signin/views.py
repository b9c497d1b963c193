"""Sign in, sign out, and the one-time link that makes the first administrator."""

import math
from dataclasses import dataclass

import flask_login
from flask import Blueprint, Flask, Response, current_app, jsonify, make_response, redirect, render_template, request, session
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from dashboard import view_as
from dashboard.access import current_scope, guard, public, signed_in
from dashboard.faults import RETRY_S, sentence
from dashboard.security import YEAR_S
from dashboard.shell import THEME_COOKIE, theme_choice
from dashboard.signin import destination, person
from store.errors import NotFound, Refused, StoreAway
from store.records import attempts, audit, one_time_links, passwords, sessions, users
from store.records.schema import User
from store.records.users import FIRST_ADMINISTRATOR

WRONG = "That email and password do not fit together."
AWAY = "Loadstar cannot reach its store, so nobody can sign in now. Try again in 5 seconds."

bp = Blueprint("signin", __name__)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody is not signed in."""

    status: int
    message: str
    retry_s: int | None = None


def open_door(user: User) -> None:
    """Start a session of its own for the user: nothing of the one before is kept."""
    session.clear()
    token = sessions.open_session(user, request.remote_addr, request.user_agent.string[:300])
    session.permanent = True
    audit.act_as(user.id, request.remote_addr)
    flask_login.login_user(person.Person(user, token))


@bp.get("/sign-in")
@guard(public)
def sign_in_form() -> Response | AnyResponse:
    """The form; who is signed in already goes on."""
    wanted = destination.safe(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(wanted)
    return _form(wanted, "", None)


@bp.post("/sign-in")
@guard(public)
def sign_in() -> Response | AnyResponse:
    """Let somebody in, or say which it is: wrong, too fast, or the store away."""
    wanted = destination.safe(request.form.get("next"))
    email = request.form.get("email", "").strip()
    refusal: Refusal | None
    try:
        refusal = _refusal(email, request.form.get("password", ""))
    except StoreAway:
        refusal = Refusal(503, AWAY, RETRY_S)
    as_json = request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json"
    if refusal is None:
        response: Response | AnyResponse = jsonify(next=wanted) if as_json else redirect(wanted)
        return _with_theme(response)
    response = jsonify(message=refusal.message) if as_json else _form(wanted, email, refusal.message)
    response.status_code = refusal.status
    if refusal.retry_s:
        response.headers["Retry-After"] = str(refusal.retry_s)
    return response


def _refusal(email: str, password: str) -> Refusal | None:
    address = request.remote_addr or "unknown"
    wait_s = math.ceil(attempts.admit(email, address))
    if wait_s:
        return Refusal(429, f"Too many tries. Try again in {wait_s} s.", wait_s)
    user = users.verify_password(email, password)
    if user is None:
        return Refusal(401, WRONG)
    try:
        open_door(user)
    except Refused as refused:
        return Refusal(403, sentence(refused))
    attempts.succeeded(email, address)
    return None


def _with_theme(response: Response | AnyResponse) -> Response | AnyResponse:
    """This browser gets the theme that the person has chosen elsewhere, unless it has one."""
    if THEME_COOKIE not in request.cookies:
        response.set_cookie(THEME_COOKIE, current_user.theme, max_age=YEAR_S, samesite="Lax", secure=request.is_secure)
    return response


@bp.post("/theme")
@guard(signed_in)
def theme() -> Response:
    """Keep the chosen theme for the person's other browsers."""
    users.choose_theme(current_scope(), request.form.get("theme", ""))
    return Response(status=204)


def _form(wanted: str, email: str, message: str | None) -> Response:
    page = render_template(
        "sign_in.html", title="Sign in · Loadstar", next=wanted, email=email, message=message, theme=theme_choice()
    )
    response = make_response(page)
    response.headers["X-As-It-Is"] = "yes"  # reflects what was typed beside a token: see dashboard/compression.py
    return response


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
    return redirect("/sign-in")


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
    open_door(user)
    return redirect("/")


def _first_form(name: str, email: str, message: str | None) -> Response:
    page = render_template(
        "first_administrator.html",
        title="First administrator · Loadstar",
        name=name,
        email=email,
        message=message,
        shortest=passwords.SHORTEST,
        theme=theme_choice(),
    )
    response = make_response(page)
    response.headers["X-As-It-Is"] = "yes"
    if message:
        response.status_code = 422
    return response


@bp.get("/readyz")
@guard(public)
def ready() -> Response:
    """Whether the records answer: 503 when they do not. For health checks and for pages that wait."""
    sessions.user_of("nobody")
    response: Response = current_app.response_class("OK", mimetype="text/plain")
    return response


def install(server: Flask) -> None:
    """Give the server its door."""
    person.install(server)
    server.register_blueprint(bp)
