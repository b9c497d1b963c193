"""The pages behind links in mails: confirm an address, set a new password, accept an invitation.

Opening a link changes nothing, for mail programs look at links before people do: the button on its page does.
"""

import flask_login
from flask import Blueprint, Response, request, session
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from config.language import N_, _
from dashboard.signin import letters, replies, steps
from dashboard.signin.registering import REGISTERED
from dashboard.web.access import current_scope, guard, public
from store.records.people import invitations, new_address, registration
from store.records.people.invitations import Offer
from store.records.people.new_address import NEW_ADDRESS, UNDO_ADDRESS
from store.records.schema import OneTimeLink, User
from store.records.signin import one_time_links, passwords

INVITES = {
    "viewer": N_("%(organisation)s invites %(email)s as a viewer."),
    "operator": N_("%(organisation)s invites %(email)s as an operator."),
    "admin": N_("%(organisation)s invites %(email)s as an administrator."),
}
bp = Blueprint("links", __name__)


def _token() -> str:
    return request.args.get("token", "")


def _dead(words: str, href: str, action: str) -> Response:
    """The page of a link that works no longer."""
    heading = _("This link no longer works")
    return replies.page("message.html", heading, status=404, heading=heading, message=words, href=href, action=action)


def _unconfirmed() -> Response:
    words = _("It was used already, or is too old. If you have confirmed the address, sign in; otherwise ask for a new link.")
    return _dead(words, "/confirm-address/again", _("Ask for a new link"))


@bp.get("/confirm-address")
@guard(public)
def confirm_form() -> Response:
    """The button that confirms the address which the link was mailed to, and which registration is theirs."""
    return _confirm_form(None)


@bp.post("/confirm-address")
@guard(public)
def confirm() -> Response | AnyResponse:
    """Confirm it; a resident may sign in from now on, and is in by the password."""
    link, password = _to_confirm(), request.form.get("password", "")

    def do() -> str:
        if link is not None and link.purpose == NEW_ADDRESS:
            return _moved(new_address.confirm_new_address(_token(), letters.address_changed))
        if link is not None and password:
            replies.admit(f"confirmation of {link.address}")
        person = registration.verify_address(_token(), password, registered=session.get(REGISTERED))
        if person.approval == "approved" and password:
            return steps.come_in(person, "/")
        return f"/sign-in?said={'confirmed' if person.approval == 'approved' else 'waits'}"

    return steps.with_theme(replies.reply(do, _confirm_form))


def _moved(person: User) -> str:
    if current_user.is_authenticated and current_user.id == person.id:
        steps.stay_in(person, "new address")
        return "/account"
    return "/sign-in?said=moved"


def _to_confirm() -> OneTimeLink | None:
    links = (one_time_links.find(_token(), purpose) for purpose in (registration.VERIFY_ADDRESS, NEW_ADDRESS))
    return next((link for link in links if link is not None), None)


def _confirm_form(message: str | None) -> Response:
    link = _to_confirm()
    if link is None:
        return _unconfirmed()
    which = link.purpose == registration.VERIFY_ADDRESS and link.user_id != session.get(REGISTERED)
    return replies.page("confirm_address.html", _("Confirm your address"), address=link.address, which=which, message=message)


@bp.get("/undo-address")
@guard(public)
def undo_form() -> Response:
    """The form that gives an account back to the address that it had."""
    return _undo_form(None)


@bp.post("/undo-address")
@guard(public)
def undo() -> Response | AnyResponse:
    """Give it back with a new password; whoever is in is out, and what was added since is gone."""

    def do() -> str:
        new_address.undo_new_address(_token(), request.form.get("password", ""), letters.password_changed)
        if current_user.is_authenticated:
            flask_login.logout_user()
        session.pop(steps.KEY, None)
        return "/sign-in?said=back"

    return replies.reply(do, _undo_form)


def _undo_form(message: str | None) -> Response:
    link = one_time_links.find(_token(), UNDO_ADDRESS)
    if link is None:
        return _dead(_("It was used already, or is older than 7 days."), "/forgotten-password", _("Ask for a new password"))
    return replies.page(
        "new_password.html",
        _("Take your account back"),
        heading=_("Take your account back"),
        words=_(
            "Its address is %(address)s again, with the password that you choose now. Every browser is signed out, tokens "
            "end, and what was added since the address was changed is removed: second factors and providers.",
            address=link.address,
        ),
        message=message,
        shortest=passwords.SHORTEST,
    )


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
        return _dead(_("It was used already, or is older than 30 minutes."), "/forgotten-password", _("Ask for a new link"))
    return replies.page("new_password.html", _("Set a new password"), message=message, shortest=passwords.SHORTEST)


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
        return _dead(_("The invitation was used, withdrawn, or is older than 7 days. Ask for a new one."), "/", _("Home"))
    return replies.page(
        "invitation.html",
        _("Join %(organisation)s", organisation=offer.organisation),
        offer=offer,
        invites=_(INVITES[offer.role], organisation=offer.organisation, email=offer.email),
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
