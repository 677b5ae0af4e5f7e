"""One WebSocket to a server, with any version of websockets since 10.4."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import websockets
from websockets.exceptions import InvalidHandshake

from .errors import Ended
from .wire import MAX_MESSAGE, SUBPROTOCOL

try:
    from websockets.asyncio.client import connect as _connect

    _HEADERS = "additional_headers"
except ImportError:  # before 13
    _connect = websockets.connect  # type: ignore[assignment]
    _HEADERS = "extra_headers"

CONNECT_LIMIT = 5.0  # seconds for an attempt, up to WELCOME
SILENCE = 20.0  # seconds between questions whether the server is there, and for each answer
LONGEST = 30.0  # seconds: the longest pause that a server can ask for
HOPELESS_STATUS = frozenset((101, 400, 401, 403))  # answers that will be the same next time
HOPELESS_CODE = frozenset((1000, 1002, 1003, 1007, 1009, 4000, 4001, 4004, 4006))  # close codes, by PROTOCOL.md


def address_of(url: str) -> str:
    """The WebSocket of a canvas: "https://canvas.example/" leads to "wss://canvas.example/ws"."""
    parts = urlsplit(url)
    scheme, path = parts.scheme.replace("http", "ws"), parts.path
    if scheme not in ("ws", "wss") or not parts.netloc:
        raise ValueError(f"{url}: must be like https://canvas.example/ or wss://canvas.example/ws")
    if parts.scheme != scheme and not path.endswith("/ws"):
        path = path[: path.rfind("/") + 1] + "ws"
    return urlunsplit((scheme, parts.netloc, path or "/ws", parts.query, ""))


async def dial(url: str, key: str) -> Any:
    """Connects, or raises Ended, which says why the server does not."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    options: dict[str, Any] = {
        _HEADERS: headers, "subprotocols": [SUBPROTOCOL], "max_size": MAX_MESSAGE, "compression": None,
        "ping_interval": SILENCE, "ping_timeout": SILENCE, "close_timeout": 1, "open_timeout": CONNECT_LIMIT,
    }
    try:
        socket = await _connect(url, **options)
    except InvalidHandshake as error:
        raise _refusal(error) from error
    except (OSError, asyncio.TimeoutError) as error:
        raise Ended(f"{url} can't be reached: {error or 'it does not answer'}") from error
    if socket.subprotocol != SUBPROTOCOL:
        await socket.close()
        raise Ended(f"{url} does not speak {SUBPROTOCOL}", status=101)
    return socket


def _refusal(error: Exception) -> Ended:
    answer = getattr(error, "response", None)  # since 13; before, the error itself has what is here
    status = getattr(answer, "status_code", getattr(error, "status_code", 0))
    headers = getattr(answer, "headers", getattr(error, "headers", {})) or {}
    body = (getattr(answer, "body", b"") or b"")[:1024].decode("utf-8", "replace").strip()
    after = headers.get("Retry-After") or ""
    retry = min(LONGEST, float(after)) if after.isascii() and after.isdigit() else 0.0
    text = f"status {status}: {body}" if body else f"status {status}" if status else str(error)
    return Ended(f"the server accepts no WebSocket: {text}", status=status, retry=retry, reason=body)


def closed(error: Any) -> Ended:
    """What a broken connection was told at the end. error is a ConnectionClosed."""
    frame = error.rcvd
    if frame is None:
        return Ended("the connection broke")
    reason = f": {frame.reason}" if frame.reason else ""
    return Ended(f"the server has closed the connection with code {frame.code}{reason}", code=frame.code, reason=frame.reason)
