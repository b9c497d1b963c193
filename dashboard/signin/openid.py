"""What is asked of an OpenID Connect provider: where its doors are, and who it has just let in.

The authorization code flow of OpenID Connect Core 1.0, with PKCE (RFC 7636), `state`, `nonce` and the issuer in the
answer (RFC 9207). A provider that cannot be reached and one that says no are told apart.
"""

import logging
import secrets
import ssl
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import httpx
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from config.language import _
from config.settings import Settings, is_private
from store.records.people.identities import Claimed

log = logging.getLogger(__name__)

WAIT_S = 5.0  # for each step of a connection; somebody waits at the other end
KEPT_S = 3600  # where the provider's doors are, and its keys
AWAY_S = 5  # a provider that did not answer is not asked again for so long
LEEWAY_S = 60  # that clocks may be apart
RANDOM_BYTES = 32
SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")  # never by a shared secret
DOORS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
MAY_BE = ("userinfo_endpoint",)  # that not every provider has


class ProviderAway(Exception):
    """The provider cannot be reached, or answers in a way that it should not; trying again later may work."""


class ProviderRefused(Exception):
    """The provider does not let them in, or nothing shows that it does."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a browser is sent, and what it has to bring back; `nonce` and `verifier` are told to nobody else."""

    address: str
    state: str
    nonce: str
    verifier: str


class Provider:
    """The provider that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._doors: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._kept_until = 0.0
        self._away_until = 0.0

    def begin(self, back: str) -> Begun:
        """Where to send somebody, who then comes to the address `back`.

        Raises:
            ProviderAway: it cannot be reached.
        """
        doors = self._known()
        state, nonce, verifier = (secrets.token_urlsafe(RANDOM_BYTES) for _ in range(3))
        address, _ = self._client(None, back).create_authorization_url(
            doors["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
        )
        return Begun(address, state, nonce, verifier)

    def finish(self, back: str, code: str | None, issuer: str | None, *, nonce: str, verifier: str) -> Claimed:
        """Who it was that came back with a code.

        Args:
            back: the address that `begin` was told.
            code: what they brought; none when the provider said no.
            issuer: who sent them, if that was said.
            nonce: as `begin` made it.
            verifier: as `begin` made it.

        Raises:
            ProviderAway: it cannot be reached.
            ProviderRefused: the code is no good, or what it says of them is not for us, not of now, or not signed by it.
        """
        if not code:
            raise ProviderRefused(_("it said no"))
        doors = self._known()
        says_who = doors.get("authorization_response_iss_parameter_supported") is True
        if issuer != self._settings.oidc_issuer and (says_who or issuer is not None):
            raise ProviderRefused(_("the answer is of another issuer"))
        with self._asking() as asking:
            token = self._exchanged(asking, doors, back, code, verifier)
            claims = self._claims(doors, token, nonce)
            if "email" not in claims and "userinfo_endpoint" in doors:
                claims = {**self._told(asking, doors, token, claims["sub"]), **claims}
        return _claimed(claims)

    def _asking(self) -> httpx.Client:
        return httpx.Client(verify=_trusted(), timeout=WAIT_S, follow_redirects=False, headers={"Accept": "application/json"})

    def _client(self, asking: httpx.Client | None, back: str) -> Any:
        return OAuth2Client(
            asking,
            client_id=self._settings.oidc_client_id,
            scope=self._settings.oidc_scopes,
            redirect_uri=back,
            code_challenge_method="S256",
        )

    def _known(self) -> dict[str, Any]:
        """What the provider says of itself, asked anew every hour."""
        with self._lock:
            now = time.monotonic()
            if now < self._kept_until:
                return self._doors
            if now < self._away_until:
                raise ProviderAway(_("it did not answer a moment ago"))
            try:
                with self._asking() as asking:
                    doors = _json(asking, f"{(self._settings.oidc_issuer or '').rstrip('/')}/.well-known/openid-configuration")
                    _check(doors, self._settings.oidc_issuer)
                    keys = KeySet.import_key_set(_json(asking, doors["jwks_uri"]))  # type: ignore[arg-type]  # checked there
            except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
                self._away_until = time.monotonic() + AWAY_S
                raise _away(error) from error
            self._doors, self._keys, self._kept_until = doors, keys, time.monotonic() + KEPT_S
            return doors

    def _exchanged(self, asking: httpx.Client, doors: dict[str, Any], back: str, code: str, verifier: str) -> dict[str, Any]:
        """What the code is worth, which the provider gives to Loadstar alone."""
        auth, more = self._proof(doors)
        try:
            token: dict[str, Any] = self._client(asking, back).fetch_token(
                doors["token_endpoint"], auth=auth, grant_type="authorization_code", code=code, code_verifier=verifier, **more
            )
        except OAuth2Error as error:
            log.warning("the provider refuses a code: %r", error.error)
            raise ProviderRefused(_("the code is no good")) from error
        except (httpx.HTTPError, ValueError) as error:
            raise _away(error) from error
        return token

    def _proof(self, doors: dict[str, Any]) -> tuple[httpx.Auth, dict[str, str]]:
        """How Loadstar shows that it is who it says: by a header unless the provider takes only the form (RFC 6749, 2.3.1)."""
        name, secret = self._settings.oidc_client_id or "", self._settings.oidc_client_secret
        if secret is None or not secret.get_secret_value():
            return httpx.Auth(), {"client_id": name}
        ways = doors.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" in ways or "client_secret_post" not in ways:
            return httpx.BasicAuth(quote(name, safe=""), quote(secret.get_secret_value(), safe="")), {}
        return httpx.Auth(), {"client_id": name, "client_secret": secret.get_secret_value()}

    def _claims(self, doors: dict[str, Any], token: dict[str, Any], nonce: str) -> dict[str, Any]:
        """What the provider has signed, for us, just now, for this browser."""
        offered = doors.get("id_token_signing_alg_values_supported", ["RS256"])
        registry = JWSRegistry(algorithms=[each for each in SIGNED_BY if each in offered], strict_check_header=False)
        try:
            try:
                signed = jwt.decode(token["id_token"], self._signing_keys(), registry=registry)
            except InvalidKeyIdError:  # it has new ones since
                signed = jwt.decode(token["id_token"], self._signing_keys(anew=True), registry=registry)
            claims = CodeIDToken(
                signed.claims,
                signed.header,
                {
                    "iss": {"essential": True, "value": self._settings.oidc_issuer},
                    "aud": {"essential": True, "value": self._settings.oidc_client_id},
                },
                {"nonce": nonce, "client_id": self._settings.oidc_client_id, "access_token": token.get("access_token")},
            )
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            log.warning("what the provider says of somebody does not hold: %s", error)
            raise ProviderRefused(_("what it says does not hold")) from error
        return dict(claims)

    def _signing_keys(self, *, anew: bool = False) -> KeySet:
        if anew:
            with self._lock:
                self._kept_until = 0.0
        self._known()
        assert self._keys is not None  # noqa: S101  # known together with the doors
        return self._keys

    def _told(self, asking: httpx.Client, doors: dict[str, Any], token: dict[str, Any], subject: str) -> dict[str, Any]:
        """What it tells beside, of the same person."""
        try:
            bearer = {"Authorization": f"Bearer {token.get('access_token', '')}"}
            told = _json(asking, doors["userinfo_endpoint"], bearer)
        except (httpx.HTTPError, ValueError) as error:
            raise _away(error) from error
        if told.get("sub") != subject:
            raise ProviderRefused(_("it tells of somebody else"))
        return told


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Whose certificates are believed; reading them takes a tenth of a second."""
    return httpx.create_ssl_context()


def _json(asking: httpx.Client, address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    answer = asking.get(address, headers=headers)
    answer.raise_for_status()
    document = answer.json()
    if not isinstance(document, dict):
        raise TypeError(f"{address} answers no object")
    return document


def _check(doors: dict[str, Any], issuer: str | None) -> None:
    """Whether it is the issuer's own word (OpenID Connect Discovery 1.0, 4.3), and nobody reads along."""
    if doors.get("issuer") != issuer:
        raise ValueError(f"the provider calls itself {doors.get('issuer')!r}: LOADSTAR_OIDC_ISSUER must be the same")
    for door in (*DOORS, *(each for each in MAY_BE if each in doors)):
        if not is_private(str(doors[door])):
            raise ValueError(f"{door} is not by https")


def _away(error: Exception) -> ProviderAway:
    log.warning("the provider cannot be asked: %s: %s", type(error).__name__, error)
    return ProviderAway(_("it cannot be asked now"))


def _claimed(claims: dict[str, Any]) -> Claimed:
    confirmed = claims.get("email_verified") in (True, "true")  # as text by some
    email, names = claims.get("email"), (claims.get("name"), claims.get("preferred_username"))
    name = next((each for each in names if isinstance(each, str)), "")
    return Claimed(claims["iss"], claims["sub"], email if confirmed and isinstance(email, str) else None, name)
