"""People: who they are, whether they may come in, and their passwords."""

import re
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, case, delete, or_, select
from sqlalchemy.orm import Session as Transaction

from config.language import _
from models import local_time
from store.errors import Refused
from store.records.access import audit
from store.records.access.policy import Action, administers, holder, manages, require, require_lead
from store.records.people import mail, succession, unfinished
from store.records.people.addresses import is_address
from store.records.schema import Organisation, Site, User
from store.records.schema.columns import now
from store.records.signin import credentials, one_time_links, passwords
from store.records.transaction.engine import reading, session, settle
from store.records.transaction.lookup import missing, required
from store.scope import SYSTEM, Role, Scope

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
FIRST_DAYS = 7  # that a password is good which somebody else chose
FIRST_ADMINISTRATOR = "first_administrator"  # the purpose of the link that `loadstar up` prints


def normal_email(email: str) -> str:
    """An address as it is kept: without spaces around it, in lower case."""
    return email.strip().lower()


def checked(email: str, name: str) -> tuple[str, str]:
    """An address and a name as they are kept; raises `Refused` for what can be neither."""
    email, name = normal_email(email), name.strip()
    if not is_address(email):
        raise Refused(
            _(
                "%(email)s is not a valid email address: write it as name@example.org, a domain with other letters as xn--…",
                email=f"{email[:80]!r}",
            )
        )
    if not name:
        raise Refused(_("a person has a name: give one"))
    return email, name


def create_user(
    scope: Scope,
    *,
    email: str,
    name: str,
    password: str | None,
    organisation_id: str | None = None,
    role: str | None = None,
    platform_admin: bool = False,
    approval: str = "approved",
    first: bool = False,
) -> User:
    """Make a user; without an organisation a residential one.

    Args:
        scope: whose; an administrator of the organisation, or a platform administrator.
        email: with which the person signs in.
        name: as others see it.
        password: at least 12 characters; without one nobody can sign in yet.
        organisation_id: whose person it is.
        role: within the organisation; a viewer when none is given, but its first user is always its admin.
        platform_admin: may do everything.
        first: the password is good for a few days only, to come in and choose another.
        approval: `pending`, `approved`, `rejected` or `disabled`; whoever is approved here needs no mail to verify the address.

    Raises:
        NotFound: the organisation does not exist for the scope.
        Refused: the scope has not the right, or the user would break a rule.
    """
    if organisation_id is None or platform_admin:
        require(scope, Action.RUN)
    else:
        with reading() as records:
            require_lead(scope, records.get(Organisation, organisation_id), organisation_id)
    email, name = checked(email, name)
    password_hash = None if password is None else passwords.hash_of(password, email=email, name=name)
    with session() as records:
        if organisation_id is not None:
            role = role or Role.VIEWER
        user = User(
            email=email,
            name=name,
            password_hash=password_hash,
            approval=approval,
            platform_admin=platform_admin,
            organisation_id=organisation_id,
            role=role,
            email_verified_at=now() if approval == "approved" else None,
            password_until=_until(first),
        )
        records.add(user)
        records.flush()
        records.refresh(user)
    return user


def create_first_administrator(token: str, *, email: str, name: str, password: str) -> User:
    """Make the first platform administrator with the link that `loadstar up` prints; all or nothing, and once.

    Raises:
        Refused: the link is used, too old or unknown, somebody has an account already, or the user would break a rule.
    """
    with session() as records:
        if not one_time_links.use_link(token, FIRST_ADMINISTRATOR) or records.scalar(select(User.id).limit(1)) is not None:
            raise Refused(
                _("this link was used already or is too old: `./loadstar up` prints a new one while nobody has an account")
            )
        return create_user(SYSTEM, email=email, name=name, password=password, platform_admin=True)


def user(scope: Scope, who: str) -> User:
    """One of the people that the scope may manage, or the holder, by id or by address; raises `NotFound`."""
    with reading() as records:
        person = records.scalar(by_address(who) if "@" in who else select(User).where(User.id == who))
    if person is None or not (person.id == scope.user_id or manages(scope, person)):
        raise missing(User, who)
    return person


def set_approval(scope: Scope, user_id: str, approval: str, *, successor_id: str | None = None) -> User:
    """Approve, reject or disable a user. Whoever is not approved is signed out everywhere, at once.

    `successor_id` becomes an administrator of the organisation in the place of one who is shut out.

    Raises:
        NotFound: the user does not exist for the scope.
        Refused: oneself, a platform administrator by anyone else, the last of them or of the organisation, or an unknown word.
    """
    with session() as records:
        person = managed(records, scope, user_id)
        if approval != "approved":
            if person.id == scope.user_id:
                raise Refused(_("nobody shuts themselves out: ask another administrator"))
            require_another_platform_administrator(records, person)
            succession.pass_on(records, person, successor_id)
        person.approval = approval
        records.flush()
        if approval != "approved":
            credentials.shut_out(records, [user_id])
            unfinished.end_invitations(records, [user_id])
            unfinished.end_requests(records, [user_id])
    return person


def change_role(scope: Scope, user_id: str, role: str, *, successor_id: str | None = None) -> User:
    """Give one of an organisation's people another role; their pages follow at the next request.

    Raises:
        NotFound: the user does not exist for the scope.
        Refused: a resident, a platform administrator by anyone else, or the organisation's only administrator, unless
            `successor_id` names one of its people to take over.
    """
    with session() as records:
        person = managed(records, scope, user_id)
        if person.organisation_id is None:
            raise Refused(_("a role is held within an organisation: invite them into one"))
        if role != Role.ADMIN:
            succession.pass_on(records, person, successor_id)
            unfinished.end_invitations(records, [user_id])
        person.role = role
    return person


def delete_user(scope: Scope, user_id: str, *, successor_id: str | None = None) -> None:
    """Remove a person with all that is theirs: entity, assignments, sessions, household, picture, dashboards. Readings stay.

    Raises:
        NotFound: the user does not exist for the scope, which is the user's own or one that manages them.
        Refused: the only platform administrator, one of them by anyone else, or the organisation's only administrator,
            unless `successor_id` names one of its people to take over; nobody has to be named by its last person.
    """
    with session() as records:
        person = managed(records, scope, user_id, or_oneself=True)
        require_another_platform_administrator(records, person)
        succession.pass_on(records, person, successor_id, leaves=True)
        mail.forget_recipient(SYSTEM, person.email)
        unfinished.end_invitations(records, [user_id])
        records.delete(person)
    settle()


def managed(records: Transaction, scope: Scope, user_id: str, *, or_oneself: bool = False) -> User:
    """Somebody whom the scope manages, held until the transaction ends.

    Raises:
        NotFound: the user does not exist for the scope.
        Refused: a platform administrator, whom only another one manages.
    """
    person = records.get(User, user_id, with_for_update={"of": User})
    oneself = or_oneself and person is not None and person.id == scope.user_id
    if person is None or not (oneself or manages(scope, person)):
        raise missing(User, user_id)
    if person.platform_admin and not oneself:
        require(scope, Action.RUN)
    return person


def require_another_platform_administrator(records: Transaction, person: User) -> None:
    """Raise `Refused` for the only platform administrator who may come in; within a transaction."""
    if person.platform_admin and person.approval == "approved" and not _other_administrators(records, person):
        raise Refused(_("this is the only platform administrator: make another one first"))


def _other_administrators(records: Transaction, person: User) -> bool:
    query = select(User.id).where(User.platform_admin, User.approval == "approved", User.id != person.id).with_for_update(of=User)
    return bool(records.scalars(query).all())


def is_shown() -> ColumnElement[bool]:
    """Which accounts have an address that is theirs: it was confirmed, or somebody decided about them."""
    return or_(User.email_verified_at.is_not(None), User.approval != "pending")


def by_address(email: str) -> Select[User]:
    """Whose address it is; while it is nobody's, who has registered with it last and not shown yet that it is theirs."""
    mine_first = case((is_shown(), 0), else_=1)
    return select(User).where(User.email == normal_email(email)).order_by(mine_first, User.created_at.desc(), User.id).limit(1)


def give_way(records: Transaction, email: str, but: str | None = None) -> None:
    """Remove who has registered with an address that somebody else has shown to be theirs; within a transaction."""
    waiting = select(User.id).where(User.email == email, ~is_shown(), User.id != (but or ""))
    remove_unverified(records, list(records.scalars(waiting)))


def remove_unverified(records: Transaction, user_ids: list[str]) -> None:
    """Remove accounts whose address nobody confirmed, and the organisations that they alone founded; within a transaction."""
    founded = select(User.organisation_id).where(User.id.in_(user_ids), User.organisation_id.is_not(None))
    homes = set(records.scalars(founded))
    records.execute(delete(User).where(User.id.in_(user_ids)), execution_options={"synchronize_session": "fetch"})
    lived_in = select(User.organisation_id).where(User.organisation_id.in_(homes))
    empty = delete(Organisation).where(
        Organisation.id.in_(homes), Organisation.approval == "pending", Organisation.id.not_in(lived_in)
    )
    records.execute(empty, execution_options={"synchronize_session": "fetch"})


def set_password(scope: Scope, who: str, password: str, *, first: bool = False) -> None:
    """Set a new password of the holder, or of somebody the scope manages, by id or address.

    It signs them out everywhere, and ends their personal tokens. One that is `first` only is good for a few days, to
    come in and choose another.

    Raises:
        NotFound: the user does not exist for the scope.
        Refused: the password is too short, too long or too easy, or a platform administrator's by anyone else.
    """
    person = user(scope, who)
    if person.id != scope.user_id and not (scope.everything or administers(scope, person.organisation_id or "")):
        raise Refused(_("only they and their own organisation choose their password: they can reset it by mail"))
    if person.platform_admin and not (scope.everything or person.id == scope.user_id):
        raise Refused(_("only a platform administrator may do this: ask one of them"))
    password_hash = passwords.hash_of(password, email=person.email, name=person.name)
    with session() as records:
        kept = required(records, User, person.id)
        kept.password_hash, kept.password_until = password_hash, _until(first)
        credentials.changed(records, kept)


def _until(first: bool) -> datetime | None:
    return now() + timedelta(days=FIRST_DAYS) if first else None


def verify_password(email: str, password: str) -> User | None:
    """The user whose address and password these are, whatever the approval; none otherwise, after the same work.

    `sessions.open_session` refuses users who are not approved. A hash made with less work than is used now is renewed.
    """
    with reading() as records:
        person = records.scalar(by_address(email))
    if not passwords.matches(person.password_hash if person else None, password):
        audit.note("sign_in_failed", subject_kind="users", subject_id=person.id if person else None, actor=audit.VISITOR)
        return None
    if person is not None and person.password_hash is not None and passwords.is_outdated(person.password_hash):
        with session() as records:
            required(records, User, person.id).password_hash = passwords.renewed(password)
    return person


def choose_theme(scope: Scope, theme: str) -> None:
    """Keep the holder's choice of `auto`, `light` or `dark`; raises `Refused` for anything else."""
    with session() as records:
        required(records, User, holder(scope)).theme = theme


def choose_colours(scope: Scope, colours: str) -> None:
    """Keep in which colours the holder reads heat maps: `heat`, `safe` or `neutral`; raises `Refused` for anything else."""
    with session() as records:
        required(records, User, holder(scope)).colours = colours


def rename(scope: Scope, name: str) -> None:
    """Change the holder's name; raises `Refused` for none."""
    if not name.strip():
        raise Refused(_("a person has a name: give one"))
    with session() as records:
        required(records, User, holder(scope)).name = name.strip()


def choose_language(scope: Scope, language: str | None) -> None:
    """Keep in which language's way the holder reads numbers and dates, such as `en-GB`; none: as the browser says.

    Raises:
        Refused: it is no language tag (BCP 47).
    """
    if language is not None and not LANGUAGE.fullmatch(language):
        raise Refused(_("%(language)s is no language: write it as en-GB or de", language=f"{language!r}"))
    with session() as records:
        required(records, User, holder(scope)).language = language


def language_of(scope: Scope, email: str) -> str | None:
    """The language that the owner of an address has chosen, as a tag (BCP 47); none where they have not, or nobody has it.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with reading() as records:
        person = records.scalar(by_address(email))
    return person.language if person else None


def choose_time_zone(scope: Scope, time_zone: str | None) -> None:
    """Keep the time zone that the holder reads times in; none: each site's own. Raises `Refused` for one that is not."""
    if time_zone is not None and time_zone not in local_time.zones():
        raise Refused(_("no time zone %(time_zone)s: give an IANA name such as Europe/London", time_zone=f"{time_zone!r}"))
    with session() as records:
        required(records, User, holder(scope)).time_zone = time_zone


def choose_profile(scope: Scope, *, name: str, language: str | None, time_zone: str | None) -> None:
    """Keep the holder's name, language and time zone, all or none of them; raises as the three functions that it calls."""
    with session():
        rename(scope, name)
        choose_language(scope, language)
        choose_time_zone(scope, time_zone)


def remember_site(scope: Scope, site_id: str) -> None:
    """Keep the site that the holder looked at last; raises `NotFound` for one outside the scope."""
    scope.require_site(site_id)
    with session() as records:
        required(records, Site, site_id)  # whoever sees everything passes with any id
        required(records, User, holder(scope)).last_site_id = site_id
