"""The school's OpenID provider, asked: where to send somebody, and who came back (OpenID Connect, code flow).

PKCE, a nonce and a state always. An answer counts only whole: signed by the provider's own key with an
asymmetric algorithm, from this issuer, for us, for this very sign-in, not over. Whatever is wrong with it is
one refusal.
"""

import logging
import secrets
import threading
import time
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec
import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests.adapters import HTTPAdapter

from policies.decoding import UNREADABLE
from server.errors import ServerError
from server.settings import is_loopback
from server.sign_in_settings import Provider

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Never `none`, and no shared secret: anybody who knows it could sign."""
SCOPE = "openid email"
FLOW_FOR = timedelta(minutes=10)
LEEWAY_SECONDS = 60
MOST_BYTES = 256 * 1024
TIMEOUT = (5, 10)
KEEP_SECONDS = 3600.0
KEYS_AGAIN_SECONDS = 30.0
_NONSENSE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What libraries raise over answers that are none, deep nesting included."""
log = logging.getLogger(__name__)


class ProviderRefused(ServerError):
    """
    Nobody came back that we believe.

    `silent`: the provider does not answer: another way in. `wrong`: its answer does not hold: begin again.
    `over`: this sign-in was used or is too old: begin again. `denied`: the provider says no.
    """

    def __init__(self, kind: Literal["silent", "wrong", "over", "denied"], why: str = "") -> None:
        super().__init__(f"{kind}: {why}" if why else kind)
        self.kind = kind


class Begun(NamedTuple):
    """What has to be remembered of somebody who is sent to the provider."""

    address: str
    state: str
    nonce: str
    verifier: str


class Identity(NamedTuple):
    """Who came back."""

    issuer: str
    subject: str
    verified_email: str
    """Empty unless the provider says that it is verified."""


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What is used of a provider's discovery document (OpenID Connect Discovery, 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Capped(HTTPAdapter):
    """Reads no more of an answer than any provider needs, and follows nobody elsewhere."""

    def send(self, *given: Any, **more: Any) -> requests.Response:
        more["stream"], more["timeout"] = True, TIMEOUT
        answer = super().send(*given, **more)
        body = answer.raw.read(MOST_BYTES + 1, decode_content=True)
        answer.close()
        if len(body) > MOST_BYTES:
            raise requests.RequestException("the provider's answer is too long")
        answer._content = body
        return answer


class Client:
    """One provider, asked over its own connections; its document and keys are kept for an hour."""

    def __init__(self, settings: Provider) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def begin(self, back: str) -> Begun:
        """Return where to send somebody, who comes back to `back`. Raises ProviderRefused."""
        state, nonce, verifier = (secrets.token_urlsafe(size) for size in (32, 32, 48))
        with self._session(back) as session:
            address, _ = session.create_authorization_url(
                self.metadata().authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier
            )
        return Begun(address, state, nonce, verifier)

    def finish(
        self, back: str, *, code: str, verifier: str, nonce: str, issuer: str | None, now: datetime
    ) -> Identity:
        """Exchange a code and return who it is for. `issuer` is what the answer itself said (RFC 9207)."""
        known = self.metadata()
        if issuer != known.issuer and (issuer or known.authorization_response_iss_parameter_supported):
            raise ProviderRefused("wrong", "another issuer answered")
        with self._session(back) as session:
            try:
                token = session.fetch_token(
                    known.token_endpoint, code=code, code_verifier=verifier, grant_type="authorization_code"
                )
            except requests.RequestException as problem:
                raise ProviderRefused("silent") from problem
            except (AuthlibBaseError, *_NONSENSE) as problem:
                raise ProviderRefused("wrong", "the code was not taken") from problem
            claims = self._claims(token, nonce, now)
            said = claims if "email" in claims else self._userinfo(session, known, claims["sub"])
        return Identity(known.issuer, claims["sub"], verified_email_of(said))

    def metadata(self) -> Metadata:
        """Return the provider's document, asked for anew each hour. Raises ProviderRefused."""
        with self._lock:
            if self._metadata is None or time.monotonic() - self._metadata[0] > KEEP_SECONDS:
                found = self._fetch(f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
                self._metadata = (time.monotonic(), check_metadata(self.settings.issuer, found))
            return self._metadata[1]

    def _claims(self, token: Any, nonce: str, now: datetime) -> CodeIDToken:
        said = token.get("id_token") if isinstance(token, dict) else None
        if not isinstance(said, str) or not 20 <= len(said) <= 64 * 1024:
            raise ProviderRefused("wrong", "no ID token")
        try:
            opened = self._verified(said)
            claims = CodeIDToken(
                opened.claims,
                opened.header,
                options={
                    "iss": {"essential": True, "value": self.settings.issuer},
                    "aud": {"essential": True, "value": self.settings.client_id},
                },
                params={
                    "nonce": nonce,
                    "client_id": self.settings.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
        except (JoseError, AuthlibBaseError, *_NONSENSE) as problem:
            raise ProviderRefused("wrong", "the ID token does not hold") from problem
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self.settings.client_id:
            raise ProviderRefused("wrong", "the ID token is for others, too")
        subject = claims["sub"]
        if not isinstance(subject, str) or not 1 <= len(subject) <= 255 or not subject.isprintable():
            raise ProviderRefused("wrong", "no subject")
        return claims

    def _verified(self, said: str) -> jwt.Token:
        """Return an ID token whose signature is the provider's; keys are asked for again if one is new."""
        try:
            return jwt.decode(said, self._key_set(again=False), algorithms=ALGORITHMS)
        except (JoseError, *_NONSENSE):
            return jwt.decode(said, self._key_set(again=True), algorithms=ALGORITHMS)

    def _key_set(self, *, again: bool) -> KeySet:
        address = self.metadata().jwks_uri
        with self._lock:
            age = time.monotonic() - self._keys[0] if self._keys else None
            if self._keys is None or age is None or age > (KEYS_AGAIN_SECONDS if again else KEEP_SECONDS):
                try:
                    self._keys = (time.monotonic(), KeySet.import_key_set(self._fetch(address)))
                except (JoseError, *_NONSENSE) as problem:
                    raise ProviderRefused("wrong", "its keys cannot be read") from problem
            return self._keys[1]

    def _userinfo(self, session: OAuth2Session, known: Metadata, subject: str) -> dict[str, Any]:
        """Return what the provider adds about this subject; nothing if it does not, or speaks of another."""
        if not known.userinfo_endpoint:
            return {}
        try:
            answer = session.get(known.userinfo_endpoint, allow_redirects=False)
            said = msgspec.json.decode(answer.content) if answer.status_code == 200 else {}
        except (requests.RequestException, AuthlibBaseError, *UNREADABLE):
            return {}
        return said if isinstance(said, dict) and said.get("sub") == subject else {}

    def _fetch(self, address: str) -> Any:
        with requests.Session() as session:
            self._prepare(session)
            try:
                answer = session.get(address, allow_redirects=False, headers={"Accept": "application/json"})
                if answer.status_code != 200:
                    raise ProviderRefused("silent", f"{urlsplit(address).path} said {answer.status_code}")
                return msgspec.json.decode(answer.content)
            except requests.RequestException as problem:
                raise ProviderRefused("silent") from problem
            except UNREADABLE as problem:
                raise ProviderRefused("wrong", "its document cannot be read") from problem

    def _session(self, back: str) -> OAuth2Session:
        methods = self.metadata().token_endpoint_auth_methods_supported
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        session = OAuth2Session(
            client_id=self.settings.client_id,
            client_secret=self.settings.client_secret or None,
            scope=SCOPE,
            redirect_uri=back,
            code_challenge_method="S256",
            token_endpoint_auth_method=method if self.settings.client_secret else "none",
        )
        self._prepare(session)
        return session

    def _prepare(self, session: requests.Session) -> None:
        session.trust_env = False
        session.max_redirects = 0
        session.verify = self.settings.ca or True
        for scheme in ("https://", "http://"):
            session.mount(scheme, _Capped())


def check_metadata(issuer: str, found: Any) -> Metadata:
    """Return a discovery document that is the issuer's and names safe addresses. Raises ProviderRefused."""
    try:
        known = msgspec.convert(found, Metadata)
    except msgspec.ValidationError as problem:
        raise ProviderRefused("wrong", "its document lacks something") from problem
    if known.issuer != issuer:
        raise ProviderRefused("wrong", "the document is another issuer's")
    local = is_loopback(issuer)
    for address in (known.authorization_endpoint, known.token_endpoint, known.jwks_uri):
        scheme = urlsplit(address).scheme
        if scheme != "https" and not (scheme == "http" and local and is_loopback(address)):
            raise ProviderRefused("wrong", "an address of it is not https")
    return known


def verified_email_of(said: dict[str, Any]) -> str:
    """Return the e-mail address the provider vouches for; empty if it does not. Pure."""
    email = said.get("email")
    if said.get("email_verified") is not True or not isinstance(email, str):
        return ""
    return email.strip().casefold() if 3 <= len(email) <= 254 and email.isprintable() else ""
