"""How things end that a program waits for."""

from __future__ import annotations

# By code, as PROTOCOL.md names them.
NAMES = (
    "", "rate", "bounds", "busy", "unavailable", "unknown", "draining", "order", "region", "unsure", "rights", "frozen",
    "protected", "color", "banned",
)
_RATE, _FROZEN = 1, 11
_AGAIN = frozenset((3, 4, 6, 7))  # the same pixels can succeed later, as a new op


class Refused(Exception):
    """The server has not carried out an op. In some of its regions it may have: the canvas says."""

    def __init__(self, op: int, code: int, retry: float) -> None:
        self.op = op
        self.code = code
        self.reason = NAMES[code] if 0 < code < len(NAMES) else f"code {code}"
        self.retry = retry
        """Seconds to wait before another attempt."""
        super().__init__(f"refused: {self.reason}")

    @property
    def again(self) -> bool:
        """Whether the same pixels can succeed later. A stroke larger than the burst never does."""
        return self.code in _AGAIN or (self.code in (_RATE, _FROZEN) and self.retry > 0)


class Ended(Exception):
    """The client has ended, or could not begin: the server does not want it, can't be reached, or close was called."""

    def __init__(self, text: str, *, code: int = 0, reason: str = "", status: int = 0, retry: float = 0) -> None:
        super().__init__(text)
        self.code = code
        """Of the server's close frame; 0: there was none."""
        self.reason = reason
        self.status = status
        """Of the server's answer to the handshake; 0: there was none."""
        self.retry = retry
        """After how many seconds to ask again, if the server has said so."""
