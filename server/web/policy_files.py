"""The settings as a folder of files, in a zip: the second view of the same thing, out and back in."""

import io
import re
import zipfile
import zlib
from typing import Annotated

import anyio.to_thread
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Redirect
from sqlalchemy import Connection

from policies import tree_files
from policies.settings import SettingsRefused
from policies.tree import PolicyTree
from server import policy_store, proposing, state
from server.errors import Invalid, NotFound
from server.proposals import ProposalRefused
from server.web import common, policy_common
from server.web.common import Asked
from server.web.policy_common import OPENS

MOST_ZIP_BYTES = 2 * 1024 * 1024
MOST_PLAIN_BYTES = tree_files.MOST_BYTES
Upload = Annotated[dict[str, object], Body(media_type=RequestEncodingType.MULTI_PART)]


def zip_of(tree: PolicyTree, number: int) -> bytes:
    """
    Return the folder of a tree as a zip; equal trees give equal bytes.

    The zip's comment names the revision: bringing it back later does not undo what others saved since.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in sorted(tree_files.tree_to_files(tree).items()):
            entry = zipfile.ZipInfo(f"settings/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, text)
        packed.comment = f"settings {number}".encode()
    return out.getvalue()


def tree_of_zip(given: bytes) -> PolicyTree:
    """
    Return the tree in a zip; raise SettingsRefused, naming what is wrong.

    Only plain TOML files are read, within limits that hold while unpacking, whatever the zip says of itself.
    """
    if len(given) > MOST_ZIP_BYTES:
        raise SettingsRefused(f"The zip file is larger than {MOST_ZIP_BYTES // 1024**2} MiB.")
    files: dict[str, str] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(given)) as packed:
            left = MOST_PLAIN_BYTES
            entries = packed.infolist()
            if len(entries) > 2 * tree_files.MOST_FILES:
                raise SettingsRefused(f"More than {tree_files.MOST_FILES} files.")
            for entry in entries:
                if entry.is_dir() or not entry.filename.endswith(".toml"):
                    continue
                text = _text_of(packed, entry, left)
                left -= len(text)
                files[entry.filename.replace("\\", "/")] = text
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as problem:
        raise SettingsRefused("This is no zip file that can be read.") from problem
    if len(files) > tree_files.MOST_FILES:
        raise SettingsRefused(f"More than {tree_files.MOST_FILES} files.")
    return tree_files.tree_of_files(_without_top(files))


def revision_of(given: bytes) -> int | None:
    """Return which settings a zip says that it began as; None if it does not."""
    try:
        with zipfile.ZipFile(io.BytesIO(given)) as packed:
            found = re.fullmatch(rb"settings (\d{1,8})", packed.comment)
    except (zipfile.BadZipFile, OSError):
        return None
    return int(found[1]) if found else None


def _text_of(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> str:
    if entry.flag_bits & 0x1:
        raise SettingsRefused(f"{_short(entry.filename)}: it is locked with a password.")
    with packed.open(entry) as file:
        data = file.read(min(tree_files.MOST_FILE_BYTES, left) + 1)
    if len(data) > min(tree_files.MOST_FILE_BYTES, left):
        raise SettingsRefused(f"{_short(entry.filename)}: this file, or all together, are too large.")
    try:
        return data.decode()
    except UnicodeDecodeError as problem:
        raise SettingsRefused(f"{_short(entry.filename)}: this is no text in UTF-8.") from problem


def _without_top(files: dict[str, str]) -> dict[str, str]:
    """Forget the one folder that everything lies in, as people zip it."""
    if tree_files.SCHOOL_FILE in files:
        return files
    tops = {name.split("/", 1)[0] for name in files}
    if len(tops) == 1 and all("/" in name for name in files):
        return {name.split("/", 1)[1]: text for name, text in files.items()}
    return files


def _short(name: str) -> str:
    return "".join(letter for letter in name[-80:] if letter.isprintable())


@get("/policies/files", guards=OPENS, sync_to_thread=True)
def download(request: Asked) -> Response[bytes]:
    """Give the settings that hold now as a zip file."""
    with state.of(request).db.read() as connection:
        current = policy_store.current_tree(connection)
    if current is None:
        raise NotFoundException
    headers = {"Content-Disposition": f'attachment; filename="settings-{current.number}.zip"'}
    return Response(zip_of(current.tree, current.number), media_type="application/zip", headers=headers)


@get("/policies/files/bring", guards=OPENS, sync_to_thread=True)
def show_bring(request: Asked) -> Response[str]:
    """Ask for a zip file."""
    return _page(request)


@post(
    "/policies/files/bring",
    guards=OPENS,
    status_code=200,
    request_max_body_size=MOST_ZIP_BYTES + 64 * 1024,
)
async def bring(request: Asked, data: Upload) -> Response[str] | Redirect:
    """Take a zip file as a change like any other."""
    file = data.get("file")
    given = await file.read(MOST_ZIP_BYTES + 1) if isinstance(file, UploadFile) else b""
    return await anyio.to_thread.run_sync(_propose, request, given, dict(data))


def _propose(request: Asked, given: bytes, form: dict[str, object]) -> Response[str] | Redirect:
    reason, risk = common.text_of(form, "reason", 400), common.text_of(form, "risk", 2000)
    house = state.of(request)
    if not given:
        return _page(request, "no-file", "", reason, risk)
    try:
        tree = tree_of_zip(given)
        with house.db.write() as connection:
            current = policy_store.current_tree(connection)
            if current is None:
                raise NotFoundException
            made = proposing.propose(
                connection,
                tree,
                by=policy_common.author_of(request),
                reason=reason,
                risk=risk,
                base=_base(connection, given, current.number),
                now=policy_common.now_utc(),
            )
    except SettingsRefused as problem:
        return _page(request, "file", str(problem), reason, risk)
    except ProposalRefused as problem:
        sentence = str(problem) if problem.kind == "settings" else ""
        return _page(request, problem.kind, sentence, reason, risk)
    except Invalid as problem:
        return _page(request, "file", str(problem), reason, risk)
    house.notice_changes()
    return common.go(f"/policies/proposals/{made.number}")


def _base(connection: Connection, given: bytes, current: int) -> int:
    """Return the revision that a zip was made of, if there is one of that number."""
    number = revision_of(given)
    if number is None or not 1 <= number <= current:
        return current
    try:
        return policy_store.get_revision(connection, number).number
    except NotFound:
        return current


def _page(
    request: Asked, refused: str = "", sentence: str = "", reason: str = "", risk: str = ""
) -> Response[str]:
    context = {"refused": refused, "sentence": sentence, "reason": reason, "risk": risk}
    return common.show(request, "policy_bring.html", "policies", context, 422 if refused else 200)


ROUTES = [download, show_bring, bring]
