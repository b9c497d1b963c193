"""Who is signed in, by a server-side session: the cookie holds a token that means nothing once its row is gone."""

from flask import Flask, Request, request
from flask_login import LoginManager, UserMixin

from config.language import N_, _
from dashboard.frame import view_as
from dashboard.web.addresses import API, takes_tokens
from store.records.access import audit
from store.records.schema import User
from store.records.signin import sessions, tokens, two_factor

ROLES = {"viewer": N_("Viewer"), "operator": N_("Operator"), "admin": N_("Administrator")}


class Person(UserMixin):  # type: ignore[misc]  # flask-login is not typed
    """The signed-in user, as pages show them."""

    def __init__(self, user: User, token: str, viewer: User | None = None, *, can_write: bool = True) -> None:
        self.viewer = viewer  # the administrator who sees what this user sees
        self.can_write = can_write  # by a token that does more than read
        self.id = user.id
        self.token = token
        self.name = user.name
        self.email = user.email
        self.platform_admin = user.platform_admin
        self.organisation = user.organisation.name if user.organisation else None
        self.role = user.role
        self.theme = user.theme
        self.colours = user.colours
        self.last_site_id = user.last_site_id
        self.language = user.language
        self.time_zone = user.time_zone
        self.has_password = user.password_hash is not None

    def get_id(self) -> str:
        """What the cookie holds: the session's token, never the user's id."""
        return self.token

    @property
    def standing(self) -> str:
        """What they are here, in words."""
        within = f"{_(ROLES[self.role])}, {self.organisation}" if self.role and self.organisation else ""
        if self.platform_admin:
            return _("Platform administrator · %(within)s", within=within) if within else _("Platform administrator")
        return within or _("Residential")


def install(server: Flask) -> None:
    """Load the person of each request from the session's row; whatever the request writes is theirs in the audit log."""
    manager = LoginManager()
    manager.session_protection = None  # the row decides, not the address a phone has this minute
    # no context processor: a page that says the store is away must not ask the store
    manager.init_app(server, add_context_processor=False)

    @manager.user_loader  # type: ignore[untyped-decorator]  # flask-login is not typed
    def load(token: str) -> Person | None:
        if request.path.startswith(API):  # a cookie is no key to it, so that no foreign page can use one
            return None
        opened = sessions.opened(token)
        if opened is None or two_factor.is_missing(opened.user):  # a duty holds for whoever came in before it did
            return None
        user, seen = opened.user, view_as.whose(opened)
        if seen is not None:
            audit.act_as(user.id, request.remote_addr, seen.id, only_looks=True)
            return Person(seen, token, viewer=user)
        audit.act_as(user.id, request.remote_addr)
        return Person(user, token)

    @manager.request_loader  # type: ignore[untyped-decorator]  # flask-login is not typed
    def load_program(asking: Request) -> Person | None:
        scheme, _, token = asking.headers.get("Authorization", "").partition(" ")
        if not takes_tokens(asking.path) or scheme.lower() != "bearer":
            return None
        bearer = tokens.bearer_of(token.strip())
        if bearer is None or two_factor.is_missing(bearer.user):
            return None
        audit.act_as(bearer.user.id, asking.remote_addr)
        return Person(bearer.user, "", can_write=bearer.can_write)

    @server.before_request
    def somebody_acts() -> None:
        audit.act_as(audit.VISITOR, request.remote_addr)

    @server.teardown_request
    def nobody_acts(_error: BaseException | None) -> None:
        audit.act_as()
