"""The messages of PROTOCOL.md: bytes and nothing else."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgpack

SUBPROTOCOL = "pixel.msgpack.v1"
MAX_PLACE = 4096  # pixels in one PLACE
MAX_MESSAGE = 1 << 20  # bytes of a server's message
MARKS = 2048  # in one SUBSCRIBE: a mark takes up to 23 bytes, and the server takes 65,536
KNOWS = 14  # the highest refusal code that this client knows
GONE = 0xFFFF  # both coordinates of a pointer that has left

NOTICE_DRAINING = 1
REFUSED_DRAINING = 6


class Malformed(Exception):
    """What arrived is not what PROTOCOL.md describes."""


@dataclass(frozen=True)
class Welcome:
    """What the server has said about the canvas and its limits."""

    session: bytes
    user: int
    node: str
    time: int
    width: int
    height: int
    region: int
    rate: float
    """Pixels per second; 0: no limit."""
    burst: int
    window: int


@dataclass(frozen=True)
class Snapshot:
    region: int
    epoch: int
    seq: int
    data: bytes


@dataclass(frozen=True)
class Pixels:
    region: int
    epoch: int
    start: int
    count: int
    pixels: bytes  # 5 a pixel: position, red, green, blue
    authors: list[tuple[int, int | str]]  # runs


@dataclass(frozen=True)
class Ack:
    ops: list[int]
    left: int
    next: int | None


@dataclass(frozen=True)
class RefusedOp:
    op: int
    code: int
    retry: int
    left: int
    next: int | None


@dataclass(frozen=True)
class Cursors:
    cursors: list[tuple[int, int, int]]  # user, x, y


@dataclass(frozen=True)
class Presence:
    count: int
    full: bool
    joined: list[tuple[int, str]]
    left: list[int]
    people: int | None


@dataclass(frozen=True)
class Pong:
    token: int
    time: int


@dataclass(frozen=True)
class Notice:
    code: int
    text: str
    retry: int


@dataclass(frozen=True)
class Waiting:
    ops: list[int]


@dataclass(frozen=True)
class AllowanceNow:
    rate: float
    burst: int
    left: int
    next: int


Message = Welcome | Snapshot | Pixels | Ack | RefusedOp | Cursors | Presence | Pong | Notice | Waiting | AllowanceNow


def hello(session: bytes | None, name: str, sent: int, token: str | None) -> bytes:
    return _pack([1, session, name, sent, token, KNOWS])


def subscribe(marks: Sequence[tuple[int, int, int]]) -> bytes:
    return _pack([2, marks])


def unsubscribe(regions: Sequence[int]) -> bytes:
    return _pack([3, regions])


def place(op: int, pixels: bytes) -> bytes:
    return _pack([4, op, pixels])


def rename(name: str) -> bytes:
    return _pack([5, name])


def cursor(x: int, y: int) -> bytes:
    return _pack([6] if (x, y) == (GONE, GONE) else [6, x, y])


def ping(token: int) -> bytes:
    return _pack([7, token])


def auth(token: str) -> bytes:
    return _pack([8, token])


def dots(pixels: Iterable[tuple[int, int, str]]) -> bytes:
    """Packs pixels for PLACE."""
    packed = bytearray()
    for x, y, color in pixels:
        if not (isinstance(color, str) and len(color) == 7 and color[0] == "#"):
            raise ValueError(f'color {color!r}: must be like "#FF0000"')
        if not (0 <= x < GONE and 0 <= y < GONE):
            raise ValueError(f"pixel {x}, {y}: must be on the canvas")
        packed += struct.pack(">HH", x, y) + bytes.fromhex(color[1:])
    if not 1 <= len(packed) // 7 <= MAX_PLACE:
        raise ValueError(f"place: {len(packed) // 7} pixels: must be 1 to {MAX_PLACE}")
    return bytes(packed)


def decode(data: bytes) -> Message | None:
    """Reads one message. None: its type isn't known, and it is to be ignored."""
    try:
        values = msgpack.unpackb(data, strict_map_key=False)
    except Exception as error:  # msgpack raises many kinds
        raise Malformed(str(error)) from error
    if not isinstance(values, list) or not values:
        raise Malformed("not a message")
    read = _READERS.get(_uint(values[0]))
    if read is None:
        return None
    try:
        return read(values)
    except (IndexError, ValueError, TypeError) as error:
        raise Malformed(str(error)) from error


def _welcome(v: list[Any]) -> Welcome:
    session = _bin(v[1])
    if len(session) != 16:
        raise Malformed(f"a session of {len(session)} bytes")
    welcome = Welcome(
        session, _uint(v[2]), _text(v[3]), _uint(v[4]), _uint(v[5]), _uint(v[6]), _uint(v[7]), _rate(v[8]), _uint(v[9]), _uint(v[10])
    )
    if not (welcome.width and welcome.height and welcome.region):
        raise Malformed("an empty canvas")
    return welcome


def _pixels(v: list[Any]) -> Pixels:
    count, pixels = _uint(v[4]), _bin(v[5])
    n = len(pixels) // 5
    if len(pixels) % 5 or n > 65_536 or n > count:
        raise Malformed(f"{len(pixels)} bytes of pixels")
    if not isinstance(v[6], list):
        authors = [(n, _author(v[6]))]
    elif len(v[6]) % 2:
        raise Malformed("an author is missing")
    else:
        authors = [(_uint(v[6][i]), _author(v[6][i + 1])) for i in range(0, len(v[6]), 2)]
        if sum(run for run, _ in authors) != n:
            raise Malformed("authors of other pixels")
    return Pixels(_uint(v[1]), _uint(v[2]), _uint(v[3]), count, pixels, authors)


def _cursors(v: list[Any]) -> Cursors:
    data = _bin(v[1])
    return Cursors([((high << 32) | low, x, y) for high, low, x, y in struct.iter_unpack(">HIHH", data)]) if data else Cursors([])


def _presence(v: list[Any]) -> Presence:
    if not isinstance(v[2], bool):
        raise Malformed("not a boolean")
    joined = [(_uint(user[0]), _text(user[1])) for user in _list(v[3])]
    return Presence(_uint(v[1]), v[2], joined, [_uint(user) for user in _list(v[4])], _added(v, 5))


_READERS: dict[int, Callable[[list[Any]], Message]] = {
    16: _welcome,
    17: lambda v: Snapshot(_uint(v[1]), _uint(v[2]), _uint(v[3]), _bin(v[4])),
    18: _pixels,
    19: lambda v: Ack([_uint(op) for op in _list(v[1])], _uint(v[2]), _added(v, 3)),
    20: lambda v: RefusedOp(_uint(v[1]), _uint(v[2]), _uint(v[3]), _uint(v[4]), _added(v, 5)),
    21: _cursors,
    22: _presence,
    23: lambda v: Pong(_uint(v[1]), _uint(v[2])),
    24: lambda v: Notice(_uint(v[1]), _text(v[2]), _uint(v[3])),
    25: lambda v: Waiting([_uint(op) for op in _list(v[1])]),
    26: lambda v: AllowanceNow(_rate(v[1]), _uint(v[2]), _uint(v[3]), _uint(v[4])),
}


def _pack(message: list[Any]) -> bytes:
    packed: bytes = msgpack.packb(message, use_bin_type=True)
    return packed


def _uint(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise Malformed(f"not an unsigned integer: {value!r:.40}")
    return value


def _rate(value: Any) -> float:
    if type(value) not in (int, float) or not value >= 0:
        raise Malformed(f"not a rate: {value!r:.40}")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Malformed(f"not a string: {value!r:.40}")
    return value


def _bin(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise Malformed(f"not a bin: {value!r:.40}")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Malformed(f"not an array: {value!r:.40}")
    return value


def _author(value: Any) -> int | str:
    return value if isinstance(value, str) else _uint(value)


def _added(values: list[Any], at: int) -> int | None:
    """A number that newer servers add behind the others."""
    return values[at] if len(values) > at and type(values[at]) is int and values[at] >= 0 else None
