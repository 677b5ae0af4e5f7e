"""One user of the canvas: stays connected, resumes without a gap, and says what became of what was placed."""

from __future__ import annotations

import asyncio
import inspect
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any

from websockets.exceptions import ConnectionClosed

from . import wire
from .allowance import Allowance
from .errors import Ended, Refused
from .link import CONNECT_LIMIT, HOPELESS_CODE, HOPELESS_STATUS, LONGEST, address_of, closed, dial
from .ops import Ops
from .replica import Image, Replica

Dot = tuple[int, int, str]
"""x, y, and a color like "#FF0000"."""
Follow = str | tuple[int, int, int, int] | list[int]
"""Which regions: "all", those that touch a rectangle (x, y, width, height), or by number."""
Token = str | Callable[[], str | Awaitable[str]]
"""A JSON Web Token, or what gives one for each connection."""

_FIRST_PAUSE, _LONGEST_PAUSE, _SPREAD = 0.1, 2.0, 0.25  # seconds between attempts, and how far they vary
_LEAST_RETRY = 0.1  # seconds, after a refusal that names no pause
_FROZEN_RETRY = 60.0  # seconds: a canvas that is closed may be opened before it said
_STROKES_PER_SECOND = 10  # where there is an allowance: often enough to look alive


def connect(url: str, **options: Any) -> Client:
    """A client for ``async with``. The options are those of Client."""
    return Client(url, **options)


class Client:
    """Calls handlers in the order in which things happen:

    on_connected(client): also after each reconnect
    on_disconnected(why: Ended, retry: float): the next attempt follows after so many seconds
    on_pixels(pixels: list of (x, y, color, author), live: bool): live: just now, and not while the client was away
    on_notice(code, text, retry: float): 1: the server is closing; 2: an announcement; 3: the rules have changed;
        4: other templates are listed
    on_waiting(ops): it isn't known yet whether these are durable
    on_presence(presence), on_cursors(list of (user, x, y)): who is there, and where they point
    """

    def __init__(
        self, url: str, *, name: str = "", key: str = "", token: Token | None = None, follow: Follow = "all", **handlers: Callable[..., None]
    ) -> None:
        self._address = address_of(url)
        self._name, self._key, self._token, self._follow = name, key, token, follow
        unknown = handlers.keys() - {"on_" + event for event in "connected disconnected pixels notice waiting presence cursors".split()}
        if unknown:
            raise TypeError(f"there is no option {sorted(unknown)[0]}")
        self._handlers = handlers
        self._ops = Ops()
        self._allowance = Allowance()
        self._replica: Replica | None = None
        self._welcome: wire.Welcome | None = None
        self._ended: Exception | None = None
        self._task: asyncio.Task[None] | None = None
        self._connected = False
        self._restart: float | None = None  # seconds after the next close, as the server asked
        self._out: deque[bytes] = deque()  # what is to be sent besides ops
        self._due = asyncio.Event()  # there is something to send
        self._moved = asyncio.Event()  # something has changed that one may wait for
        self._pings: dict[int, asyncio.Future[bool]] = {}
        self._pinged = 0
        self._renewing: Callable[[wire.RefusedOp], None] | None = None
        self._version = self._seen = 0
        self.users = 0
        """How many connections the canvas has, this one included."""

    async def open(self) -> Client:
        """Connects, and returns when the server has welcomed the client. If the first attempt fails, it raises Ended."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        await self._until(lambda: self._connected)
        return self

    async def close(self) -> None:
        """Ops without an answer fail, although they may have been carried out."""
        self._finish(Ended("the client is closed"))
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def __aenter__(self) -> Client:
        return await self.open()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._connected

    @property
    def ended(self) -> Exception | None:
        """Why the client has ended."""
        return self._ended

    @property
    def welcome(self) -> wire.Welcome:
        """What the server has said about the canvas and its limits."""
        assert self._welcome is not None, "open the client first"
        return self._welcome

    @property
    def width(self) -> int:
        return self.welcome.width

    @property
    def height(self) -> int:
        return self.welcome.height

    def pixel(self, x: int, y: int) -> str | None:
        """The color of a pixel, "#RRGGBB". None: it is not held."""
        return self._replica.pixel(x, y) if self._replica else None

    def image(self, x: int = 0, y: int = 0, width: int | None = None, height: int | None = None) -> Image:
        """A copy of a part of the canvas, by default all of it."""
        assert self._replica is not None, "open the client first"
        return self._replica.image(x, y, self.width if width is None else width, self.height if height is None else height)

    def follow(self, what: Follow) -> None:
        """Follows these regions from now on."""
        self._follow = what
        if self._replica is None:
            return
        new, gone = self._replica.want(self._wanted(self._replica))
        if gone:
            self._send(wire.unsubscribe(gone))
        self._subscribe(new)

    async def place(self, pixels: Iterable[Dot]) -> None:
        """Places up to 4,096 pixels as one op, and returns when they are durable and visible.

        It waits for room in the window and for a connection, but not for the allowance: draw does. Raises Refused.
        """
        packed = wire.dots(pixels)
        if self._ended:
            raise self._ended
        op = self._ops.add(packed)
        self._due.set()
        await op.done

    async def draw(self, pixels: Iterable[Dot]) -> None:
        """Draws any number of pixels, in their order, as fast as the allowance has them, and returns when all are durable.

        What is refused for a while is placed again; what is refused for good raises Refused.
        """
        left = list(pixels)
        while left:
            n = await self._allowed(len(left))
            try:
                await self.place(left[:n])
                left = left[n:]
            except Refused as refused:
                if refused.reason == "unsure":
                    await self.sync()
                    left = [(x, y, color) for x, y, color in left[:n] if self.pixel(x, y) != color.upper()] + left[n:]
                elif refused.again:
                    await self._rest(min(refused.retry or _LEAST_RETRY, _FROZEN_RETRY))
                else:
                    raise

    async def sync(self) -> None:
        """Returns when the client holds all that the server had when it was called, of all that it follows."""
        while True:
            await self._until(lambda: self._connected and self._replica is not None and self._replica.complete)
            if await self._ping():
                return

    async def changed(self) -> None:
        """Returns when something has changed, in what is followed, since it returned last."""
        await self._until(lambda: self._version != self._seen)
        self._seen = self._version

    async def renew(self, token: str) -> None:
        """Shows a new token, which lasts longer, of the same account. Raises Refused."""
        if isinstance(self._token, str):
            self._token = token
        await self._until(lambda: self._connected)
        said: list[wire.RefusedOp] = []
        self._renewing = said.append
        try:
            self._send(wire.auth(token))
            await self._ping()
        finally:
            self._renewing = None
        if said:
            raise Refused(0, said[0].code, said[0].retry / 1000)

    def rename(self, name: str) -> None:
        """Sets the name that others see; empty: none."""
        self._name = name
        self._send(wire.rename(name))

    def point(self, x: int = wire.GONE, y: int = wire.GONE) -> None:
        """Shows others where the pointer is. Without a place it has left. The server passes 20 a second on."""
        self._send(wire.cursor(x, y))

    # The connection.

    async def _run(self) -> None:
        attempt = 0
        while True:
            began, why = time.monotonic(), Ended("")
            try:
                await self._serve(await dial(self._address, self._key))
            except Ended as error:
                why = error
            except ConnectionClosed as error:
                why = closed(error)
            except wire.Malformed as error:
                why = Ended(f"the server broke the protocol: {error}")
            except (OSError, asyncio.TimeoutError):
                why = Ended("the server does not answer")
            except Exception as error:  # the program's own: its token
                self._finish(error)
                return
            self._lost()
            # A connection that has lasted was a success. One that ends soon after each welcome must not be tried without pause.
            attempt = 0 if time.monotonic() - began >= _LONGEST_PAUSE else attempt + 1
            if self._welcome is None or self._hopeless(why):
                self._finish(why)
                return
            pause, self._restart = self._pause(attempt, why), None
            self._tell("disconnected", why, pause)
            await asyncio.sleep(pause)

    def _hopeless(self, why: Ended) -> bool:
        if why.code == 4005:  # the token has ended; there may be another
            return not callable(self._token)
        return why.status in HOPELESS_STATUS or why.code in HOPELESS_CODE

    def _pause(self, attempt: int, why: Ended) -> float:
        if self._restart is not None:
            return self._restart
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** max(0, attempt - 1)) * (1 + _SPREAD * (2 * random.random() - 1))
        return max(pause, why.retry)

    async def _serve(self, socket: Any) -> None:
        """Speaks over one connection until it ends."""
        writer = None
        code = 1002
        try:
            token = self._token() if callable(self._token) else self._token
            if inspect.isawaitable(token):
                token = await token
            session = self._welcome.session if self._welcome else None
            await socket.send(wire.hello(session, self._name, self._ops.last, token))  # type: ignore[arg-type]
            await asyncio.wait_for(self._greet(socket), CONNECT_LIMIT)
            writer = asyncio.create_task(self._write(socket))
            while True:
                self._receive(await socket.recv())
        except (asyncio.CancelledError, ConnectionClosed):
            code = 1000
            raise
        finally:
            if writer is not None:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)
            await socket.close(code)

    async def _greet(self, socket: Any) -> None:
        while not self._connected:
            self._receive(await socket.recv())

    async def _write(self, socket: Any) -> None:
        while True:
            self._due.clear()
            while True:
                if self._out:
                    message = self._out.popleft()
                elif (due := self._ops.next()) is not None:
                    op, first = due
                    if first:
                        self._allowance.spend(op.count, time.monotonic())
                    message = wire.place(op.num, op.pixels)
                else:
                    break
                await socket.send(message)
            await self._due.wait()

    def _send(self, message: bytes) -> None:
        """What is sent without a connection is lost: the next HELLO and SUBSCRIBE say it anew."""
        if self._connected:
            self._out.append(message)
            self._due.set()

    def _lost(self) -> None:
        self._connected = False
        self._out.clear()
        for answered in self._pings.values():
            if not answered.done():
                answered.set_result(False)
        self._pings.clear()
        self._wake()

    def _finish(self, error: Exception) -> None:
        if self._ended is None:
            self._ended = error
            self._ops.fail(error)
            self._lost()

    # What the server says.

    def _receive(self, data: bytes | str) -> None:
        if isinstance(data, str):
            raise wire.Malformed("a text frame")
        message = wire.decode(data)
        now = time.monotonic()
        if isinstance(message, wire.Welcome):
            self._welcomed(message, now)
        elif not self._connected:
            return
        elif isinstance(message, wire.Pixels):
            self._wrote(message)
        elif isinstance(message, wire.Snapshot):
            assert self._replica is not None
            if self._replica.snapshot(message):
                self._change()
        elif isinstance(message, wire.Ack):
            for num in message.ops:
                op = self._ops.take(num)
                if op is not None and not op.done.done():
                    op.done.set_result(None)
            self._allowance.heard(message.left, message.next, self._ops.answered, now)
            self._due.set()
        elif isinstance(message, wire.RefusedOp):
            self._refuse(message, now)
        elif isinstance(message, wire.AllowanceNow):
            self._allowance.open(message.rate, message.burst, now)
            self._allowance.heard(message.left, message.next, self._ops.answered, now)
        elif isinstance(message, wire.Pong):
            self._allowance.clock(message.time, now)
            answered = self._pings.pop(message.token, None)
            if answered is not None and not answered.done():
                answered.set_result(True)
        elif isinstance(message, wire.Notice):
            if message.code == wire.NOTICE_DRAINING:
                self._ops.held, self._restart = True, min(LONGEST, message.retry / 1000)
            self._tell("notice", message.code, message.text, message.retry / 1000)
        elif isinstance(message, wire.Waiting):
            self._tell("waiting", message.ops)
        elif isinstance(message, wire.Presence):
            self.users = message.count
            self._tell("presence", message)
        elif isinstance(message, wire.Cursors):
            self._tell("cursors", message.cursors)

    def _welcomed(self, m: wire.Welcome, now: float) -> None:
        self._welcome, self._connected = m, True
        self._allowance.clock(m.time, now, anew=True)
        self._allowance.open(m.rate, m.burst, now)
        if self._replica is None or self._replica.size != (m.width, m.height, m.region):
            self._replica = Replica(m.width, m.height, m.region)
            self._replica.want(self._wanted(self._replica))
        self._subscribe(list(self._replica.regions))
        self._ops.resume(m.window)
        self._due.set()
        self._wake()
        self._tell("connected", self)

    def _wanted(self, replica: Replica) -> Iterable[int]:
        if isinstance(self._follow, list):
            return self._follow
        return replica.touching(*(self._follow if isinstance(self._follow, tuple) else (0, 0, replica.width, replica.height)))

    def _subscribe(self, regions: list[int]) -> None:
        assert self._replica is not None
        if self._connected:
            marks = self._replica.marks(regions)
            for at in range(0, len(marks), wire.MARKS):
                self._send(wire.subscribe(marks[at : at + wire.MARKS]))

    def _wrote(self, m: wire.Pixels) -> None:
        assert self._replica is not None
        followed = self._replica.regions.get(m.region)
        live = followed is not None and not followed.asked  # an answer brings what was missed
        region, lost = self._replica.apply(m)
        if lost:
            self._subscribe([m.region])
        if region is None:
            return
        self._change()
        if m.pixels and "on_pixels" in self._handlers:
            pixels, at = [], 0
            for run, author in m.authors:
                for _ in range(run):
                    y, x = divmod(m.pixels[at] << 8 | m.pixels[at + 1], region.width)
                    pixels.append((region.x + x, region.y + y, "#" + m.pixels[at + 2 : at + 5].hex().upper(), author))
                    at += 5
            self._tell("pixels", pixels, live)

    def _refuse(self, m: wire.RefusedOp, now: float) -> None:
        if m.op == 0:
            if self._renewing is not None:
                self._renewing(m)
            return
        op = self._ops.take(m.op)
        if op is not None:
            self._allowance.spend(-op.count, now)  # it was not taken, or it was given back
        self._allowance.heard(m.left, m.next, self._ops.answered, now)
        if m.code == wire.REFUSED_DRAINING:
            self._ops.held = True
        if op is not None and not op.done.done():
            op.done.set_exception(Refused(m.op, m.code, m.retry / 1000))
        self._due.set()

    # Waiting.

    async def _allowed(self, most: int) -> int:
        """Waits until some pixels may be placed, and says how many."""
        allowance = self._allowance
        while True:
            await self._until(lambda: self._connected)
            if allowance.rate == 0:
                return min(most, wire.MAX_PLACE)
            now = time.monotonic()
            stroke = max(1, int(allowance.rate / _STROKES_PER_SECOND), int(allowance.left(now)))
            pixels = min(most, stroke, max(1, allowance.burst), wire.MAX_PLACE)
            wait = allowance.wait(pixels, now)
            if wait == 0:
                return pixels
            await self._rest(min(wait, 1.0))  # another connection may use the allowance too

    async def _rest(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self._ended:
            raise self._ended

    async def _ping(self) -> bool:
        """Whether the server has answered. False: the connection broke before."""
        if not self._connected:
            return False
        self._pinged += 1
        answered = self._pings[self._pinged] = asyncio.get_running_loop().create_future()
        self._send(wire.ping(self._pinged))
        return await answered

    async def _until(self, holds: Callable[[], bool]) -> None:
        """Waits until something holds, or raises why the client has ended."""
        while self._ended is None and not holds():
            await self._moved.wait()
        if self._ended is not None:
            raise self._ended

    def _change(self) -> None:
        self._version += 1
        self._wake()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    def _tell(self, event: str, *said: Any) -> None:
        """Calls a handler. What it raises is the program's, not the connection's."""
        handler = self._handlers.get("on_" + event)
        if handler is not None:
            asyncio.get_running_loop().call_soon(handler, *said)
