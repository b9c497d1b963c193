"""The pages behind links in mails: confirm an address, set a new password, accept an invitation.

Opening a link changes nothing, for mail programs look at links before people do: the button on its page does.
"""

import flask_login
from flask import Blueprint, Response, request, session
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from dashboard import letters
from dashboard.access import current_scope, guard, public
from dashboard.signin import replies, steps
from dashboard.signin.person import ROLES
from store.records import invitations, one_time_links, passwords, registration
from store.records.invitations import Offer

bp = Blueprint("links", __name__)


def _token() -> str:
    return request.args.get("token", "")


def _dead(words: str, href: str, action: str) -> Response:
    """The page of a link that works no longer."""
    heading = "This link works no longer"
    return replies.page("message.html", heading, status=404, heading=heading, message=words, href=href, action=action)


def _unconfirmed() -> Response:
    words = "It was used already, or is too old. If you have confirmed the address, sign in; otherwise ask for a new link."
    return _dead(words, "/confirm-address/again", "Ask for a new link")


@bp.get("/confirm-address")
@guard(public)
def confirm_form() -> Response:
    """The button that confirms the address which the link was mailed to."""
    return _confirm_form(None)


@bp.post("/confirm-address")
@guard(public)
def confirm() -> Response | AnyResponse:
    """Confirm it; a resident may sign in from now on."""

    def do() -> str:
        person = registration.verify_address(_token())
        if current_user.is_authenticated and current_user.id == person.id:
            return "/account"
        return f"/sign-in?said={'confirmed' if person.approval == 'approved' else 'waits'}"

    return replies.reply(do, _confirm_form)


def _confirm_form(message: str | None) -> Response:
    link = one_time_links.find(_token(), registration.VERIFY_ADDRESS)
    if link is None:
        return _unconfirmed()
    return replies.page("confirm_address.html", "Confirm your address", address=link.address, message=message)


@bp.get("/new-password")
@guard(public)
def new_password_form() -> Response:
    """The form behind the link."""
    return _new_password_form(None)


@bp.post("/new-password")
@guard(public)
def new_password() -> Response | AnyResponse:
    """Set it, end every session and tell the person; the link is used up by success only."""

    def do() -> str:
        person = registration.reset_password(_token(), request.form.get("password", ""), then=letters.password_changed)
        if current_user.is_authenticated and current_user.id == person.id:
            flask_login.logout_user()
        session.pop(steps.KEY, None)
        return "/sign-in?said=password"

    return replies.reply(do, _new_password_form)


def _new_password_form(message: str | None) -> Response:
    if not one_time_links.is_good(_token(), registration.RESET_PASSWORD):
        return _dead("It was used already, or is older than 30 minutes.", "/forgotten-password", "Ask for a new link")
    return replies.page("new_password.html", "Set a new password", message=message, shortest=passwords.SHORTEST)


@bp.get("/invitation")
@guard(public)
def invitation_form() -> Response:
    """Who invites whom, and what is to be done to join."""
    return _invitation_form(None)


@bp.post("/invitation")
@guard(public)
def accept_invitation() -> Response | AnyResponse:
    """Join as a new user, who is signed in by it, or as the one who is signed in."""

    def do() -> str:
        scope = current_scope()
        name, password = (request.form.get(field, "") for field in ("name", "password"))
        person = invitations.accept(_token(), name=name, password=password, holder=scope)
        if person.id != scope.user_id:
            return steps.come_in(person, "/", "invitation")
        return "/"

    return replies.reply(do, _invitation_form)


def _invitation_form(message: str | None) -> Response:
    offer = invitations.offer(_token())
    if offer is None:
        return _dead("The invitation was used, withdrawn, or is older than 7 days. Ask for a new one.", "/", "To the first page")
    return replies.page(
        "invitation.html",
        f"Join {offer.organisation}",
        offer=offer,
        role=f"{'an' if offer.role[0] in 'ao' else 'a'} {ROLES[offer.role].lower()}",
        state=_state(offer),
        person=current_user,
        here=request.full_path,
        name=request.form.get("name", ""),
        message=message,
        shortest=passwords.SHORTEST,
    )


def _state(offer: Offer) -> str:
    if current_user.is_authenticated:
        return "holder" if current_user.email == offer.email else "other"
    return "has_account" if offer.has_account else "new"
