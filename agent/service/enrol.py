"""Enrolling: from a one-time code to a pinned server and a key of our own."""

import ssl
import urllib.parse
from typing import NamedTuple

import msgspec
import requests
import urllib3

from agent.backends.device import Device
from agent.errors import ConfigProblem, NotEnrolled, ServerRefused, ServerUnreachable, UnsentReports
from agent.paths import Config
from agent.service import enrolment, uplink
from agent.service.report_store import count_unsent
from policies import sealing, wire
from policies.decoding import UNREADABLE
from policies.enrolment import NotACode, ca_fingerprint, read_code

MAX_CA_BYTES = 64 * 1024
_TIMEOUT = (5.0, 20.0)


class Enrolled(NamedTuple):
    """What came of it."""

    device: str
    server: str
    server_fingerprint: str


def server_address(url: str) -> str:
    """Return `https://host[:port]`; raise ConfigProblem for anything else a person may type."""
    parts = urllib.parse.urlsplit(url if "://" in url else f"https://{url}")
    try:
        port = parts.port
    except ValueError as problem:
        raise ConfigProblem(f"{url} has no usable port") from problem
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.path not in ("", "/"):
        raise ConfigProblem(f"{url} is not an address like https://gatepost.school.example:8443")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"https://{host}:{port}" if port else f"https://{host}"


def enrol(
    config: Config,
    device: Device,
    url: str,
    code: str,
    version: str,
    *,
    again: bool,
    loses_reports: bool = False,
) -> Enrolled:
    """
    Enrol this machine and keep the result.

    Raises ConfigProblem for a wrong address or code and for a machine that is enrolled already (unless
    `again`), UnsentReports while the server has not got every report (unless `loses_reports`),
    ServerUnreachable, or ServerRefused with the server's own words.
    """
    server = server_address(url)
    machine = device.machine_fingerprint()
    _refuse_twice(config, machine, again=again, loses_reports=loses_reports)
    try:
        pinned, secret = read_code(code)
    except NotACode as problem:
        raise ConfigProblem(f"this is not an enrolment code: {problem}") from problem
    ca_pem = _fetch_ca(server, pinned)
    private = sealing.new_signing_key()
    public = sealing.signing_public_key(private)
    request = wire.EnrolRequest(
        secret=secret,
        device_key=public,
        machine=machine,
        hostname=device.hostname()[:200],
        os=device.os_name()[:200],
        agent_version=version,
        proof=sealing.sign(private, wire.enrol_bound(secret, public, machine)),
    )
    answer = _post(server, ca_pem, request)
    enrolment.save_enrolment(
        config.keys,
        enrolment.Enrolment(
            server=server,
            device=answer.device,
            device_private=private,
            policy_key=answer.policy_key,
            record_key=answer.record_key,
            school_root_key=answer.school_root_key,
            machine=machine,
            ca_pem=ca_pem,
        ),
    )
    return Enrolled(answer.device, server, sealing.fingerprint(answer.policy_key))


def _refuse_twice(config: Config, machine: str, *, again: bool, loses_reports: bool) -> None:
    try:
        known = enrolment.load_enrolment(config.keys, machine)
    except NotEnrolled:
        return
    if not again:
        raise ConfigProblem(
            f"already enrolled with {known.server} as {known.device}; "
            "to enrol with another server or a new key add --again"
        )
    # They are sealed and signed as this laptop's: under another name no server would take them.
    unsent = count_unsent(config.reports, known.device)
    if unsent and not loses_reports:
        raise UnsentReports(
            f"{unsent} {'report has' if unsent == 1 else 'reports have'} not reached the server yet, "
            "and would be lost; connect this laptop first, or pass --lose-unsent-reports after telling a "
            "safeguarding lead"
        )


def _fetch_ca(server: str, pinned: bytes) -> str:
    """Fetch the school's CA without believing anything, then compare it with the code."""
    # Nothing secret goes out and nothing is believed before the fingerprint in the code matches.
    http = urllib3.PoolManager(cert_reqs="CERT_NONE", assert_hostname=False, retries=False)
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    try:
        answer = http.request(
            "GET",
            f"{server}/device/v1/ca",
            timeout=urllib3.Timeout(connect=_TIMEOUT[0], read=_TIMEOUT[1]),
            preload_content=False,
            redirect=False,
        )
        content = answer.read(MAX_CA_BYTES)
        answer.release_conn()
    except (urllib3.exceptions.HTTPError, OSError) as problem:
        raise ServerUnreachable(f"no answer from {server}: {problem}") from problem
    finally:
        http.clear()
    if answer.status != 200:
        raise ServerUnreachable(f"{server} is no Gatepost server: it answered {answer.status}")
    try:
        pem = content.decode("ascii")
        der = ssl.PEM_cert_to_DER_cert(pem)
    except (UnicodeDecodeError, ValueError) as problem:
        raise ServerUnreachable(f"{server} is no Gatepost server: it gave no certificate") from problem
    if ca_fingerprint(der) != pinned:
        raise ConfigProblem(
            f"{server} is not the server this code was made on: its certificate is another one. "
            "Check the address; if it is right, somebody may be in between: do not enrol here"
        )
    return pem


def _post(server: str, ca_pem: str, request: wire.EnrolRequest) -> wire.EnrolAnswer:
    http = uplink.pinned_session(ca_pem)
    try:
        with http.post(
            f"{server}/device/v1/enrol",
            data=msgspec.json.encode(request),
            headers={"Content-Type": "application/json"},
            timeout=_TIMEOUT,
            allow_redirects=False,
            stream=True,
        ) as answer:
            status, body = answer.status_code, uplink.read_answer(answer)
    except requests.RequestException as problem:
        raise ServerUnreachable(f"no answer from {server}: {problem}") from problem
    finally:
        http.close()
    if status >= 500 or status == 429:
        raise ServerUnreachable(f"the server said {status}; try again in a minute")
    if status >= 300:
        raise uplink.refusal_of(status, body)
    try:
        return msgspec.json.decode(body, type=wire.EnrolAnswer)
    except UNREADABLE as problem:
        raise ServerRefused("the server's answer is not understood: is it another version?") from problem
