"""All speech with the server: TLS pinned to the school's CA, every request signed, every answer capped.

The date on a certificate is not judged, because a school laptop's clock may be years off; who issued it
and for which host is. A wrong clock is corrected from the server's signed time and kept as an offset.
"""

import logging
import os
import ssl
import threading
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
import requests
from requests.adapters import HTTPAdapter

from agent.clock import Clock
from agent.errors import ServerRefused, ServerUnreachable
from agent.service.enrolment import Enrolment
from policies import orders, sealing, wire
from policies.decoding import UNREADABLE
from policies.records import LoginId

log = logging.getLogger(__name__)

Said = TypeVar("Said")
NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL; Python's ssl has no name for it."""
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
LOGIN_ANSWER_SECONDS = 6.0
MAX_ANSWER_BYTES = 8 * 1024 * 1024


class PinnedAdapter(HTTPAdapter):
    """Trusts one CA and nothing else this machine may trust."""

    def __init__(self, ca_pem: str) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(cadata=ca_pem)
        context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Give every connection our own TLS rules."""
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the context as it is: requests would add the machine's own CAs to it."""
        conn.cert_reqs = "CERT_REQUIRED"

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        """Use the one pool with our rules, whatever requests thinks of `verify`."""
        host, _pool = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {"ssl_context": self._context, "cert_reqs": "CERT_REQUIRED"}


def pinned_session(ca_pem: str) -> requests.Session:
    """Return an HTTP session that speaks only with servers under this CA, ignoring proxies and netrc."""
    http = requests.Session()
    http.trust_env = False
    http.mount("https://", PinnedAdapter(ca_pem))
    http.mount("http://", HTTPAdapter(max_retries=0, pool_connections=1, pool_maxsize=1))
    return http


def read_answer(answer: requests.Response) -> bytes:
    """Return the body, at most MAX_ANSWER_BYTES of it; raise ServerUnreachable for more."""
    body = bytearray()
    for piece in answer.iter_content(64 * 1024):
        body += piece
        if len(body) > MAX_ANSWER_BYTES:
            raise ServerUnreachable("the answer is larger than any answer may be")
    return bytes(body)


def refusal_of(status: int, body: bytes) -> ServerRefused:
    """Return what a 4xx says."""
    try:
        refusal = msgspec.json.decode(body, type=wire.Refusal)
    except UNREADABLE:
        return ServerRefused(f"the server said {status}", error="unknown", status=status)
    return ServerRefused(refusal.message, error=refusal.error, status=status)


class Uplink:
    """The server, as the service sees it. Any thread may call it; every call may take its time."""

    def __init__(self, enrolment: Enrolment, clock: Clock, http: requests.Session | None = None) -> None:
        self._enrolment = enrolment
        self._clock = clock
        self._http = http or pinned_session(enrolment.ca_pem)
        self._lock = threading.Lock()
        self._offset_seconds = 0.0

    @property
    def offset_seconds(self) -> float:
        """Server time minus our own, as last signed by the server; 0 while ours is good enough."""
        with self._lock:
            return self._offset_seconds

    def adopt_offset(self, seconds: float) -> None:
        """What is known of the server's time holds at its new address as well."""
        with self._lock:
            self._offset_seconds = seconds

    def shift_offset(self, by_seconds: float) -> None:
        """Our own clock has just jumped: what we knew of the server's moves the other way."""
        with self._lock:
            if self._offset_seconds:
                self._offset_seconds -= by_seconds

    def close(self) -> None:
        """Close idle connections; one that waits in another thread ends by its own time limit."""
        self._http.close()

    # ---- what can be asked ----

    def upload(self, batches: tuple[bytes, ...]) -> wire.UploadAnswer:
        """Send batches; return what the server has."""
        body = msgspec.msgpack.encode(wire.Upload(batches=batches))
        return self._ask("POST", "/device/v1/records", body, wire.UploadAnswer)

    def hold(self, number: int, cursor: int, wait_seconds: int, refused: int = 0) -> wire.HoldAnswer:
        """
        Wait at the server for something new.

        `number` is our signed word that this policy is in force; `refused` is a higher one that is not.
        """
        asked = {"number": number, "cursor": cursor, "wait": wait_seconds}
        query = urlencode(asked | ({"refused": refused} if refused > number else {}))
        target = f"/device/v1/orders?{query}"
        return self._ask("GET", target, b"", wire.HoldAnswer, answer_seconds=wait_seconds + 15.0)

    def policy_body(self, body_hash: str) -> bytes:
        """Fetch a policy body by its hash. Not yet believed."""
        return self._request("GET", f"/device/v1/policy/{body_hash}", b"", ANSWER_SECONDS)

    def login_grant(self, login: LoginId, os_user: str) -> orders.Signed:
        """Ask who an account is; quickly, because somebody stands at the gate."""
        body = msgspec.msgpack.encode(wire.LoginRequest(login=login, os_user=os_user[:200]))
        return self._ask("POST", "/device/v1/login", body, orders.Signed, answer_seconds=LOGIN_ANSWER_SECONDS)

    def own_records(self, login: LoginId) -> wire.OwnRecords:
        """Fetch what the server holds of one login of this laptop."""
        target = f"/device/v1/record?{urlencode({'login': login})}"
        return self._ask("GET", target, b"", wire.OwnRecords, answer_seconds=LOGIN_ANSWER_SECONDS)

    def send_status(self, status: wire.Status) -> None:
        """Tell how things are right now, to somebody who watches."""
        self._request("POST", "/device/v1/status", msgspec.msgpack.encode(status), ANSWER_SECONDS)

    # ---- how ----

    def _ask(
        self, method: str, target: str, body: bytes, kind: type[Said], answer_seconds: float = ANSWER_SECONDS
    ) -> Said:
        content = self._request(method, target, body, answer_seconds)
        try:
            return msgspec.msgpack.decode(content, type=kind)
        except UNREADABLE as problem:
            raise ServerUnreachable(f"{target} was answered with something else") from problem

    def _request(self, method: str, target: str, body: bytes, answer_seconds: float) -> bytes:
        for attempt in (1, 2):
            nonce = os.urandom(16)
            status, content = self._send(method, target, body, nonce, answer_seconds)
            if status < 300:
                return content
            if status >= 500 or status == 429:
                raise ServerUnreachable(f"the server said {status}")
            refused = refusal_of(status, content)
            if attempt == 1 and refused.error == "clock" and self._learn_time(content, nonce):
                continue
            if attempt == 1 and refused.error == "replayed":
                continue
            raise refused
        raise ServerUnreachable("our time and the server's do not come together")

    def _send(
        self, method: str, target: str, body: bytes, nonce: bytes, answer_seconds: float
    ) -> tuple[int, bytes]:
        device = self._enrolment.device
        time_ms = max(0, int((self._clock.now().timestamp() + self.offset_seconds) * 1000))
        bound = wire.request_bound(method, target, body, device, time_ms, nonce)
        headers = {
            wire.DEVICE_HEADER: device,
            wire.TIME_HEADER: str(time_ms),
            wire.NONCE_HEADER: nonce.hex(),
            wire.SIGNATURE_HEADER: sealing.sign(self._enrolment.device_private, bound).hex(),
            wire.MACHINE_HEADER: self._enrolment.machine,
            "Content-Type": "application/msgpack",
            "Accept-Encoding": "identity",
        }
        try:
            with self._http.request(
                method,
                self._enrolment.server + target,
                data=body or None,
                headers=headers,
                timeout=(CONNECT_SECONDS, answer_seconds),
                allow_redirects=False,
                stream=True,
            ) as answer:
                return answer.status_code, read_answer(answer)
        except requests.RequestException as problem:
            raise ServerUnreachable(f"no answer from {self._enrolment.server}: {problem}") from problem

    def _learn_time(self, content: bytes, nonce: bytes) -> bool:
        """Take the server's time, if it is signed and answers this very request."""
        try:
            refusal = msgspec.json.decode(content, type=wire.Refusal)
            if refusal.time is None:
                return False
            said = orders.read_said(self._enrolment.policy_key, self._enrolment.device, refusal.time)
        except (*UNREADABLE, sealing.SealingError):
            return False
        if not isinstance(said, orders.ServerTime) or said.nonce != nonce.hex():
            return False
        with self._lock:
            self._offset_seconds = (said.now - self._clock.now()).total_seconds()
        log.warning("clock differs from the server's", extra={"seconds": round(self._offset_seconds)})
        return True
