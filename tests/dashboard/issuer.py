"""A little OpenID Connect provider: it lets in whom a test says, and says of them what a test says."""

import base64
import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask, jsonify, request
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from tests.dashboard.listening import listening

CLIENT, SECRET = "loadstar", "a secret/of the client"
BACK = "/sign-in/provider/back"


class Issuer:
    """What it is asked is counted in `asked`; a test changes the rest."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.key = self._new_key()
        self.more: dict[str, Any] = {}  # of what it says of itself
        self.beside: dict[str, Any] = {}  # what it tells beside the token
        self.asked: list[str] = []
        self.is_ill = False
        self._codes: dict[str, tuple[dict[str, str], dict[str, Any], dict[str, Any]]] = {}

    def _new_key(self) -> ECKey:
        return ECKey.generate_key("P-256", {"kid": secrets.token_hex(4)})

    def change_key(self) -> None:
        self.key = self._new_key()

    def doors(self) -> dict[str, Any]:
        named = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        own = {"issuer": self.address, "id_token_signing_alg_values_supported": ["RS256", "ES256"]}
        return own | {name: f"{self.address}/{path}" for name, path in named.items()} | self.more

    def let_in(self, sent: str, *, signed_with: Any = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Somebody arrives with the address they were sent to; where they are sent back. `claims` win over what is right."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(sent).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        assert "openid" in asked["scope"].split()
        now = int(time.time())
        right = {"iss": self.address, "aud": CLIENT, "sub": "first", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        code = secrets.token_urlsafe()
        signing = {"key": signed_with or self.key, "header": header or {"alg": "ES256", "kid": self.key.kid}}
        self._codes[code] = (asked, {name: value for name, value in (right | claims).items() if value is not None}, signing)
        back = urlsplit(asked["redirect_uri"])
        assert back.path == BACK
        return f"{back.path}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.address})}"

    def exchange(self) -> Any:
        asked, claims, signing = self._codes.pop(request.form["code"], (None, None, None))
        if asked is None or claims is None or signing is None:
            return {"error": "invalid_grant"}, 400
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if challenge != asked["code_challenge"] or request.form["redirect_uri"] != asked["redirect_uri"] or not self._knows():
            return {"error": "invalid_client"}, 401
        algorithms = [signing["header"]["alg"]]
        token = jwt.encode(signing["header"], claims, signing["key"], algorithms=algorithms)
        return {"access_token": "of the provider", "token_type": "Bearer", "id_token": token}

    def _knows(self) -> bool:
        from urllib.parse import unquote

        if "client_secret_post" in self.more.get("token_endpoint_auth_methods_supported", ()):
            return (request.form.get("client_id"), request.form.get("client_secret")) == (CLIENT, SECRET)
        given = request.authorization
        return given is not None and (unquote(given.username or ""), unquote(given.password or "")) == (CLIENT, SECRET)

    def app(self) -> Flask:
        app = Flask("issuer")

        @app.before_request
        def count() -> Any:
            self.asked.append(request.path)
            return ("Bad Gateway", 502) if self.is_ill else None

        app.get("/.well-known/openid-configuration", endpoint="doors")(lambda: jsonify(self.doors()))
        app.get("/keys", endpoint="keys")(lambda: jsonify(keys=[self.key.as_dict(private=False)]))
        app.post("/token", endpoint="token")(self.exchange)
        app.get("/userinfo", endpoint="userinfo")(lambda: jsonify(self.beside))
        return app


@contextmanager
def running() -> Iterator[Issuer]:
    """An issuer that answers, on a free port of this machine."""
    made = Issuer("")
    with listening(made.app()) as made.address:
        yield made


def shared(secret: str) -> OctKey:
    """A key that both sides know, which signs nothing here."""
    return OctKey.import_key(secret)
