"""View as: an administrator sees what somebody sees, and can change nothing while they do.

The session's row says whose view it is, so that a copy of a cookie brings back none that has ended; whether the
administrator may have it is asked anew at every request, and after an hour it ends by itself. While it lasts, the request
has the scope of whoever is looked at, and `store.records.transaction.engine.session` refuses every write, so that no route and no
callback has to remember it. What is personal, by the rule `access.oneself`, is not shown. Beginning and end stand in the
audit log, with both names.
"""

from flask import Blueprint, Flask, redirect, request
from flask_login import current_user
from werkzeug.wrappers import Response

from dashboard.web.access import current_scope, guard, people_admin, signed_in
from store.errors import NotFound
from store.records.access import audit, policy
from store.records.people import users
from store.records.schema import User
from store.records.schema.columns import now
from store.records.signin import sessions
from store.records.signin.sessions import Opened
from store.scope import SYSTEM, Scope

LASTS_S = 3600

bp = Blueprint("view_as", __name__)


def may_look(scope: Scope, user: User) -> bool:
    """Whether the holder may see what the user sees: whoever decides about them; of a platform administrator only another one."""
    if user.id == scope.user_id or user.approval != "approved" or (user.platform_admin and not scope.platform_admin):
        return False
    return policy.manages(scope, user)


def whose(opened: Opened) -> User | None:
    """Whom the signed-in viewer looks at in this browser now, if anybody, and as long as they may."""
    if opened.viewing_id is None or opened.viewing_since is None:
        return None
    if not 0 <= (now() - opened.viewing_since).total_seconds() < LASTS_S:
        return None
    try:
        seen = users.user(SYSTEM, opened.viewing_id)
    except NotFound:
        return None
    return seen if may_look(policy.scope_of(opened.user.id), seen) else None


@bp.post("/view-as/<user_id>")
@guard(people_admin)
def begin(user_id: str) -> Response:
    """Begin to see what somebody sees."""
    scope = current_scope()
    seen = users.user(scope, user_id)
    if current_user.viewer is not None or not may_look(scope, seen):
        raise NotFound(f"no view of {user_id}")
    _note("view_as", current_user.id, seen)
    sessions.begin_view(current_user.token, seen.id)
    return redirect("/")


@bp.post("/view-as/end")
@guard(signed_in)
def end() -> Response:
    """Be oneself again."""
    leave()
    return redirect("/admin/users")


def leave() -> None:
    """End the view of this browser, if there is one; what follows in this request is the viewer's own."""
    viewer: User | None = current_user.viewer
    if viewer is not None:
        _note("view_as_end", viewer.id, users.user(SYSTEM, current_user.id))
        audit.act_as(viewer.id, request.remote_addr)
        sessions.end_view(current_user.token)


def _note(action: str, viewer_id: str, seen: User) -> None:
    with audit.acting(viewer_id, request.remote_addr, behalf=seen.id):
        audit.note(action, subject_kind="users", subject_id=seen.id, organisation_id=seen.organisation_id)


def install(server: Flask) -> None:
    """Give the server the ways in and out of a view."""
    server.register_blueprint(bp)
