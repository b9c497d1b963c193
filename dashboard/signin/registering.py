"""Registering, and the mails about it and about lost passwords: asked for here, with an answer that tells nothing.

Whether an address has an account stands in the mail alone: the page and the time it takes are the same.
"""

from collections.abc import Callable

from flask import Blueprint, Response, redirect, request, session
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from config.language import N_, _
from dashboard.signin import letters, replies
from dashboard.web.access import guard, public
from store.ids import new_id
from store.records.people import mail, registration
from store.records.people.registration import Mailed
from store.records.people.users import checked
from store.records.signin import passwords
from store.records.transaction import engine

bp = Blueprint("registering", __name__)

REGISTERED = "registered"  # in the session: the account that this browser has registered
MAILED = "mailed"  # in the session: to which address a mail went, and what for
SENT = "/mail-sent"
ITSELF = "distributor"
WAYS = {"resident": N_("Residential"), "join": N_("Join an organisation"), "found": N_("Found an organisation")}
HELP = {
    "resident": N_("For your own home. You may sign in as soon as your address is confirmed."),
    "join": N_("For members of an organisation that uses Loadstar. Its administrators approve you."),
    "found": N_("You become its administrator. Its distributor approves it, or whoever runs this Loadstar."),
}
PURPOSES = {
    "registered": N_("An email with a link to confirm the address is on its way to %(address)s. The link works for 24 hours."),
    "confirm": N_("If %(address)s has yet to be confirmed, an email with a new link is on its way. The link works for 24 hours."),
    "password": N_(
        "If %(address)s has an account, an email with a link to set a new password is on its way. The link works for 30 minutes."
    ),
}
FIELDS = ("organisation", "kind", "name", "email")


@bp.get("/register")
@guard(public)
def register_form() -> Response | AnyResponse:
    """The form; who is signed in already goes on."""
    return redirect("/") if current_user.is_authenticated else _register_form(None)


@bp.post("/register")
@guard(public)
def register() -> Response | AnyResponse:
    """Make an account that waits for its address to be confirmed, and mail the link."""
    given = {field: request.form.get(field, "").strip() for field in FIELDS}

    def do() -> str:
        checked(given["email"], given["name"])
        replies.admit(f"registration of {given['email']}", given["email"])
        with replies.even_time(), engine.session():
            if letters.has_room(given["email"], mail.REGISTERING):
                mailed = _made(given, request.form.get("password", ""))
                letters.confirm_address(mailed)
                # A made-up one where the address has an account: whoever reads the cookie learns nothing.
                session[REGISTERED] = mailed.user_id or new_id("usr")
        return _sent("registered", given["email"])

    return replies.reply(do, _register_form)


def _made(given: dict[str, str], password: str) -> Mailed:
    person = {"email": given["email"], "name": given["name"], "password": password}
    match _way():
        case "join":
            return registration.join_organisation(organisation=given["organisation"], **person)
        case "found" if given["kind"] == ITSELF:
            return registration.found_organisation(organisation=given["organisation"], kind="distributor", **person)
        case "found":
            whose = given["kind"] or None
            return registration.found_organisation(organisation=given["organisation"], distributor_id=whose, **person)
    return registration.register_residential(**person)


def _way() -> str:
    way = request.args.get("way", "")
    return way if way in WAYS else "resident"


def _register_form(message: str | None) -> Response:
    way = _way()
    given = {field: request.form.get(field, "") for field in FIELDS}
    kinds = {}
    if way == "found":
        kinds = {each.id: _("A customer of %(distributor)s", distributor=each.name) for each in registration.distributors()}
        kinds |= {"": _("A customer of nobody in this list"), ITSELF: _("A distributor with sites of its own")}
    return replies.page(
        "register.html",
        _("Register"),
        ways={name: _(words) for name, words in WAYS.items()},
        way=way,
        help=_(HELP[way]),
        kinds=kinds,
        given=given,
        message=message,
        shortest=passwords.SHORTEST,
    )


@bp.get("/confirm-address/again")
@guard(public)
def confirm_again_form() -> Response:
    """Where a new link to confirm an address is asked for."""
    return _confirm_again_form(None)


@bp.post("/confirm-address/again")
@guard(public)
def confirm_again() -> Response | AnyResponse:
    """Mail a new link, if the address waits to be confirmed."""
    return _mail("confirm", mail.REGISTERING, registration.resend_verification, letters.confirm_address, _confirm_again_form)


@bp.get("/forgotten-password")
@guard(public)
def forgotten_form() -> Response:
    """Where a link to set a new password is asked for."""
    return _forgotten_form(None)


@bp.post("/forgotten-password")
@guard(public)
def forgotten() -> Response | AnyResponse:
    """Mail the link, if the address has an account that may come in."""
    return _mail("password", mail.RESETTING, registration.ask_new_password, letters.new_password, _forgotten_form)


def _mail(
    purpose: str, what: mail.OnRequest, ask: Callable[[str], Mailed | None], write: Callable[[Mailed], object], form: replies.Form
) -> Response | AnyResponse:
    email = request.form.get("email", "").strip()

    def do() -> str:
        checked(email, "somebody")
        replies.admit(f"{purpose} mail to {email}", email)
        with replies.even_time(), engine.session():
            if letters.has_room(email, what) and (mailed := ask(email)) is not None:
                write(mailed)
        return _sent(purpose, email)

    return replies.reply(do, form)


def _confirm_again_form(message: str | None) -> Response:
    words = _("Registered, but the mail is lost or its link has expired? A new link replaces the old one.")
    return _ask_mail(_("Confirm your address"), words, message)


def _forgotten_form(message: str | None) -> Response:
    words = _("We email you a link to set a new one. It works once, within 30 minutes.")
    return _ask_mail(_("Forgot password"), words, message)


def _ask_mail(heading: str, words: str, message: str | None) -> Response:
    email = request.form.get("email", "")
    return replies.page("ask_mail.html", heading, heading=heading, words=words, email=email, message=message)


def _sent(purpose: str, email: str) -> str:
    session[MAILED] = {"purpose": purpose, "email": email}
    return SENT


@bp.get(SENT)
@guard(public)
def sent() -> Response | AnyResponse:
    """That a mail is on its way, and the button that asks for it again."""
    mailed = session.get(MAILED)
    if mailed is None:
        return redirect("/sign-in")
    purpose, email = mailed["purpose"], mailed["email"]
    again = "/forgotten-password" if purpose == "password" else "/confirm-address/again"
    words = _(PURPOSES[purpose], address=email)
    return replies.page("mail_sent.html", _("Check your email"), words=words, email=email, again=again, message=None)
