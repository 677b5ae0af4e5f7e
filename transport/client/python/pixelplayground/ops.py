"""What was placed and has no answer yet. It sends nothing."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

MAX_WAITING = 10_000  # ops: a program that places without waiting for answers learns of it


@dataclass
class Op:
    pixels: bytes
    done: asyncio.Future[None]
    num: int = 0

    @property
    def count(self) -> int:
        return len(self.pixels) // 7


class Ops:
    def __init__(self) -> None:
        self.last = 0  # the highest number that was given to an op
        self.window = 1  # how far numbers may go from the oldest op without an answer
        self.held = False  # the server takes no more: the rest is for the next connection
        self._sent: dict[int, Op] = {}  # by number, the oldest first
        self._again: deque[Op] = deque()  # those of them that are due on a new connection
        self._waiting: deque[Op] = deque()

    def add(self, pixels: bytes) -> Op:
        if len(self._waiting) >= MAX_WAITING:
            raise OverflowError(f"place: {MAX_WAITING} ops wait already: wait for answers")
        op = Op(pixels, asyncio.get_running_loop().create_future())
        self._waiting.append(op)
        return op

    def resume(self, window: int) -> None:
        """There is a new connection, on which all that was sent is due again, with its numbers."""
        self.window, self.held = window, False
        self._again = deque(self._sent.values())

    def next(self) -> tuple[Op, bool] | None:
        """The next op that may be sent, and whether it is for the first time."""
        while self._again:
            op = self._again.popleft()
            if op.num in self._sent:
                return op, False
        if self.held or not self._waiting:
            return None
        if self._sent and self.last + 1 - next(iter(self._sent)) >= self.window:
            return None
        op = self._waiting.popleft()
        self.last += 1
        op.num = self.last
        self._sent[op.num] = op
        return op, True

    @property
    def answered(self) -> bool:
        return not self._sent

    def take(self, num: int) -> Op | None:
        """Removes an op that was answered."""
        return self._sent.pop(num, None)

    def fail(self, error: Exception) -> None:
        for op in (*self._sent.values(), *self._waiting):
            if not op.done.done():
                op.done.set_exception(error)
        self._sent.clear()
        self._waiting.clear()
