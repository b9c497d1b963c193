"""Who somebody is here, as forms on their account's page: name, how they read numbers and times, and their address."""

from collections.abc import Mapping
from typing import Any

from flask_login import current_user

from config.language import N_, _
from dashboard.account import proof
from dashboard.parts.fields import NONE, Choice, Text
from dashboard.parts.forms import Form, Go
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.reading import LANGUAGES
from dashboard.signin import letters
from dashboard.web.access import oneself
from models import local_time
from store.records.people import mail, new_address, own_account, users
from store.records.transaction.engine import session
from store.scope import Scope


def _now(_scope: Scope, _of: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    languages = [(NONE, _("As usual in Loadstar: 1 234.5"))]
    languages += [(code, f"{name}: 1{thousands}234{point}5") for code, (name, point, thousands, _way) in LANGUAGES.items()]
    zones = [zone for zone in sorted(local_time.zones()) if "/" in zone and not zone.startswith(("Etc/", "SystemV/"))]
    return {
        "name": {"value": current_user.name},
        "language": {"options": languages, "value": current_user.language or NONE},
        "zone": {
            "options": [(NONE, _("Each site's own")), *((zone, zone.replace("_", " ")) for zone in zones)],
            "value": current_user.time_zone or NONE,
        },
    }


def _save(scope: Scope, given: Given, _of: str) -> Go:
    """Keep the profile, and load the page again, so that the frame says the new name too."""
    name, language, zone = given.text("name"), given.chosen("language"), given.chosen("zone")
    given.check()
    users.choose_profile(scope, name=name, language=language, time_zone=zone)
    return Go("/account?said=profile")


def _ask_address(scope: Scope, given: Given, _of: str) -> Words:
    """Mail the link that changes the address."""
    email, password = given.text("email"), given.secret("password")
    given.check()
    proof.require_password(password, about="password")
    letters.require_room(email, mail.MOVING)
    with session():
        asked = new_address.ask_new_address(scope, email)
        letters.confirm_new_address(asked)
        change = N_("Somebody signed in to your Loadstar account asked to use the address %(address)s from now on.")
        letters.account_changed(own_account.oneself(scope), N_("A new address was requested"), change, address=asked.email)
    return letters.sent(
        scope, _("The mail to %(address)s", address=asked.email), _("Open its link to use that address from now on.")
    )


PROFILE = Form(
    "account",
    N_("Profile"),
    oneself,
    (
        Text("name", N_("Name"), longest=120, required=True, keeper="name", help=N_("As others see it.")),
        Choice("language", N_("Number format")),
        Choice(
            "zone",
            N_("Time zone"),
            of="time_zone",
            help=N_("Of times on pages about people and meters; a site's overview and graph keep its own."),
        ),
    ),
    do=_save,
    act="save",
    button=N_("Save"),
    icon="",
    now=_now,
    goes=True,
)
ADDRESS = Form(
    "address",
    N_("Email address"),
    oneself,
    (
        Text("email", N_("New address"), longest=254, required=True, kind="email", keeper="email"),
        proof.field("password", N_("Your password")),
    ),
    do=_ask_address,
    act="send",
    button=N_("Send the link"),
    icon="",
)
