"""How many pixels may still be placed. The server says so with its answers; between two of them it refills."""

from __future__ import annotations

import math

_ROUNDING = 1e-6  # pixels


class Allowance:
    """Times are those of a steady clock, in seconds."""

    def __init__(self) -> None:
        self.rate = 0.0  # pixels per second; 0: no limit
        self.burst = 0
        self._left = 0.0  # at _at, with the part of the pixel that is to come
        self._at = 0.0
        self._ahead = -math.inf  # what the server's clock is ahead of ours at least, ms

    def clock(self, server: int, now: float, *, anew: bool = False) -> None:
        """What time the server says it is, in Unix ms. It has passed when it arrives, so the highest counts."""
        ahead = server - 1000 * now
        self._ahead = ahead if anew else max(self._ahead, ahead)

    def open(self, rate: float, burst: int, now: float) -> None:
        if (rate, burst) != (self.rate, self.burst):
            self.rate, self.burst, self._left, self._at = rate, burst, burst, now

    def heard(self, left: int, next: int | None, answered: bool, now: float) -> None:
        """What the server says with an answer. If it has not counted all that was sent, it can only lower what is left."""
        expected = self.left(now)
        exact = float(left)
        if next == 0:
            exact = self.burst
        elif next is not None:
            part = 1 - self.rate * max(0.0, (next - self._ahead) / 1000 - now)
            exact += max(0.0, part) if left > 0 else part
        self._left, self._at = (exact if answered else min(exact, expected)), now

    def spend(self, pixels: int, now: float) -> None:
        self._left, self._at = self.left(now) - pixels, now

    def left(self, now: float) -> float:
        return min(self.burst, self._left + self.rate * max(0.0, now - self._at))

    def wait(self, pixels: int, now: float) -> float:
        """Seconds until there are so many pixels."""
        missing = min(pixels, self.burst) - self.left(now)
        return 0.0 if self.rate == 0 or missing <= _ROUNDING else missing / self.rate
