"""Speaks the line protocol of CONFORMANCE.md, for the suite that all clients pass."""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from typing import Any

import pixelplayground
from pixelplayground import Client, Ended, Refused

canvas: Client


def say(**said: Any) -> None:
    print(json.dumps(said), flush=True)


def dots(pixels: list[list[Any]]) -> list[tuple[int, int, str]]:
    return [(x, y, color) for x, y, color in pixels]


async def do_connect(url: str, name: str = "", key: str = "", tokens: list[str] | None = None, follow: list[int] | None = None) -> dict[str, int]:
    global canvas

    async def token() -> str:
        assert tokens
        return tokens.pop(0) if len(tokens) > 1 else tokens[0]

    canvas = pixelplayground.connect(
        url, name=name, key=key, token=token if tokens else None, follow="all" if follow is None else follow,
        on_connected=lambda _: say(event="connected"),
        on_disconnected=lambda why, retry: say(event="disconnected", code=why.code, reason=why.reason, retry=1000 * retry),
        on_notice=lambda code, text, _: say(event="notice", code=code, text=text),
        on_pixels=lambda pixels, live: say(event="pixels", pixels=[pixel[:3] for pixel in pixels], live=live),
    )
    await canvas.open()
    return {"width": canvas.width, "height": canvas.height}


async def do_read(x: int, y: int, width: int, height: int) -> dict[str, Any]:
    image = canvas.image(x, y, width, height)
    held = [canvas.pixel(image.x + i % image.width, image.y + i // image.width) for i in range(image.width * image.height)]
    shown = ["#" + image.data[3 * i : 3 * i + 3].hex().upper() for i in range(len(held))]
    assert all(one is None or one == other for one, other in zip(held, shown))
    return {"colors": held}


async def do_follow(regions: list[int]) -> None:
    canvas.follow(regions)


async def run(id: int, do: str, **asked: Any) -> None:
    does: dict[str, Any] = {
        "connect": do_connect, "read": do_read, "follow": do_follow,
        "place": lambda pixels: canvas.place(dots(pixels)), "draw": lambda pixels: canvas.draw(dots(pixels)),
        "sync": lambda: canvas.sync(), "changed": lambda: canvas.changed(), "renew": lambda token: canvas.renew(token),
        "close": lambda: canvas.close(),
    }
    try:
        say(id=id, **(await does[do](**asked) or {}))
    except Refused as refused:
        say(id=id, refused={"code": refused.code, "retry": 1000 * refused.retry})
    except Ended as ended:
        say(id=id, ended={"code": ended.code, "reason": ended.reason, "status": ended.status})
    except Exception:
        say(id=id, error=traceback.format_exc())


async def main() -> None:
    loop, running = asyncio.get_running_loop(), set()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        task = asyncio.create_task(run(**json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)


asyncio.run(main())
