"""One published file over https onto the disk: bounded, resumed after a cut, and believed only for its checksum."""

import hashlib
import os
import ssl
import time
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from paribus.core import FileFact
from paribus.data.pace import Pace
from paribus.data.telling import Tell

_AGENT = "paribus (+https://github.com/paribus/paribus)"
_BLOCK = 1 << 16
# To connect, and for each answer on the line.
_TIMEOUT_SECONDS = 15.0
# A line that brings less than so much in so long is as good as dead: a tenth of the slowest mirror that we know.
_STALL_SECONDS, _STALL_BYTES = 30.0, 150_000
# A mirror may cut off so often, as long as each time brings something new.
_CUTS, _PAUSE_SECONDS = 20, 1.0


class RefusedError(Exception):
    """What a mirror answers cannot be used: ask another. Its text is the reason, a few words."""


class CutError(RefusedError):
    """The line went dead before the end; what came is kept."""


class OtherContentError(RefusedError):
    """What came is not the published file, or goes on after its end: it is of no use."""


def fetch(file: FileFact, *, url: str, part: Path, tell: Tell) -> None:
    """Bring `part` to the published content of a file; what it has already is not asked for again.

    The whole file is read back and compared with its checksum. Where that fails and some of it came from an
    earlier attempt, it is fetched from the start once more.

    Args:
        file: name, size and SHA-256 as published; no more bytes than that are written.
        url: https.
        part: where it grows; it stays when the line is cut, and goes when its content is wrong.
        tell: hears how far it is.

    Raises:
        RefusedError: this mirror cannot be used.
        OSError: the part cannot be written.
    """
    for _ in range(_CUTS):
        before = _prepare(part, most=file.bytes)
        try:
            if before < file.bytes:
                _receive(file, url=url, part=part, start=before, tell=tell)
            _verify(part, file=file)
        except CutError:
            if part.stat().st_size <= before:
                raise
            time.sleep(_PAUSE_SECONDS)
        except OtherContentError:
            part.unlink()
            if not before:
                raise
        else:
            return
    raise CutError(f"cut the line {_CUTS} times")


def _prepare(part: Path, *, most: int) -> int:
    """Make the part exist, with no more bytes than it may have; return how many it has."""
    part.touch()
    if part.stat().st_size > most:
        part.write_bytes(b"")
    return part.stat().st_size


def _verify(part: Path, *, file: FileFact) -> None:
    with part.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != file.sha256:
        raise OtherContentError(f"has another {file.name}: SHA-256 {found[:12]}...")


def _receive(file: FileFact, *, url: str, part: Path, start: int, tell: Tell) -> None:
    try:
        with _ask(url, start=start) as answer:
            start = _first_byte(answer, file=file, start=start)
            with part.open("r+b") as out:
                # A mirror that begins at the start writes over what is there: the part never gets shorter.
                out.seek(start)
                _copy(answer, out=out, file=file, start=start, tell=tell)
                os.fsync(out.fileno())
    except HTTPError as error:
        error.close()
        raise RefusedError(f"HTTP {error.code}") from error


def _ask(url: str, *, start: int) -> HTTPResponse:
    if urlsplit(url).scheme != "https":
        raise RefusedError("is not an https address")
    headers = {"User-Agent": _AGENT, "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    # A context of its own reads SSL_CERT_FILE now; proxies are those of the environment.
    opener = build_opener(HTTPSHandler(context=ssl.create_default_context()), _OnlyHttps())
    request = Request(url, headers=headers)  # noqa: S310 - https, see above
    try:
        return cast("HTTPResponse", opener.open(request, timeout=_TIMEOUT_SECONDS))
    except HTTPError:
        raise
    except (OSError, HTTPException, ValueError) as error:
        raise RefusedError(_reason(error)) from error


class _OnlyHttps(HTTPRedirectHandler):
    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> Request | None:
        """Follow to https, and nowhere else."""
        if urlsplit(newurl).scheme != "https":
            fp.close()
            raise RefusedError("leads to an address that is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _first_byte(answer: HTTPResponse, *, file: FileFact, start: int) -> int:
    """Return where the answer begins, or refuse it before a byte is written."""
    if answer.headers.get_content_type() == "text/html":
        raise RefusedError("answers with a web page, not with the file")
    if answer.status == 206:
        span, _, total = answer.headers.get("Content-Range", "").partition("/")
        if not start or not span.startswith(f"bytes {start}-") or total not in ("*", str(file.bytes)):
            raise RefusedError("answers with another part of a file than was asked for")
    elif answer.status == 200:
        start = 0
    else:
        raise RefusedError(f"HTTP {answer.status}")
    length = answer.headers.get("Content-Length")
    if length is not None and length != str(file.bytes - start):
        raise RefusedError(f"offers {length} bytes, not the {file.bytes - start:,} that are published")
    return start


def _copy(answer: HTTPResponse, *, out: IO[bytes], file: FileFact, start: int, tell: Tell) -> None:
    pace = Pace(tell, what=f"downloading {file.name}", total=file.bytes, unit="bytes")
    done, mark, since = start, start, time.monotonic()
    while done < file.bytes:
        pace.at(done)
        block = _read(answer, most=min(_BLOCK, file.bytes - done))
        if not block:
            raise CutError(f"stopped after {done:,} of {file.bytes:,} bytes")
        out.write(block)
        out.flush()  # a process that is killed has kept what it counted
        done += len(block)
        if time.monotonic() - since > _STALL_SECONDS:
            if done - mark < _STALL_BYTES:
                raise CutError(f"is too slow: {done - mark:,} bytes in {_STALL_SECONDS:.0f} s")
            mark, since = done, time.monotonic()
    pace.at(done)
    if _goes_on(answer):
        raise OtherContentError(f"sends more than the {file.bytes:,} bytes that are published")


def _read(answer: HTTPResponse, *, most: int) -> bytes:
    """Return what the line has now: a read of so many bytes would wait for the last of them."""
    try:
        return answer.read1(most)
    except (OSError, HTTPException) as error:
        raise CutError(_reason(error)) from error


def _goes_on(answer: HTTPResponse) -> bool:
    try:
        return bool(_read(answer, most=1))
    except CutError:
        return False  # everything is here: how the line ends does not matter


def _reason(error: Exception) -> str:
    """Return in a few words what happened on the line."""
    inner = error.reason if isinstance(error, URLError) else error
    if isinstance(inner, TimeoutError):
        return f"does not answer within {_TIMEOUT_SECONDS:g} s"
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {inner.verify_message} (SSL_CERT_FILE names certificates to trust)"
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror
    return str(inner).strip() or type(inner).__name__
