"""The code that is asked for after the password, when two-factor sign-in is on."""

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.language import N_, _
from dashboard.signin import replies, steps
from dashboard.web.access import guard, public
from store.records.signin import two_factor

bp = Blueprint("second_step", __name__)

WRONG = N_("This code is not right, or was used already. Wait for the next one, or use a recovery code.")


@bp.get(steps.CODE)
@guard(public)
def code_form() -> Response | AnyResponse:
    """The form for the code, for whose password was right a moment ago."""
    return redirect("/sign-in") if steps.whose(steps.CODE) is None else _code_form(None)


@bp.post(steps.CODE)
@guard(public)
def check_code() -> Response | AnyResponse:
    """Let them go on by a code of the app or a recovery code."""

    def do() -> str:
        user = steps.whose(steps.CODE)
        if user is None:
            return steps.LATE
        if not two_factor.check(user.id, request.form.get("code", ""), replies.browser_address()):
            raise replies.DeclinedError(401, _(WRONG))
        return steps.go_on(user, with_code=True)

    return steps.with_theme(replies.reply(do, _code_form))


def _code_form(message: str | None) -> Response:
    return replies.page("second_step.html", _("Code"), message=message, recovery="recovery" in request.args)
