"""The canvas on a wall: on a Raspberry Pi's screen, or in a terminal.

    python3 wall.py http://127.0.0.1:8080/                              # in the terminal, two pixels a character
    python3 wall.py http://127.0.0.1:8080/ --framebuffer /dev/fb0       # the whole screen, without a desktop

It draws nothing on the canvas. At a server where one has to sign in to look, give it a key that may watch: --key pp_…
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
from pathlib import Path

import pixelplayground
from pixelplayground import Image

PAUSE = 0.1  # seconds between pictures, at least: a Raspberry Pi has other things to do


def scaled(image: Image, width: int, height: int) -> list[memoryview]:
    """The rows of the canvas at another size; each pixel is the nearest one."""
    data, row = memoryview(image.data), 3 * image.width
    columns = [3 * (x * image.width // width) for x in range(width)]
    rows = []
    for y in range(height):
        start = y * image.height // height * row
        line = data[start : start + row]
        rows.append(line if width == image.width else memoryview(b"".join(line[x : x + 3] for x in columns)))
    return rows


def half_blocks(image: Image, width: int, height: int) -> str:
    """A picture for a terminal: each character shows two pixels, one above the other."""
    rows = scaled(image, width, height)
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2]):
        cells = []
        for x in range(0, 3 * width, 3):
            front, back = ";".join(map(str, upper[x : x + 3])), ";".join(map(str, lower[x : x + 3]))
            cells.append(f"\x1b[38;2;{front}m\x1b[48;2;{back}m\u2580")
        lines.append("".join(cells) + "\x1b[0m")
    return "\x1b[H" + "\r\n".join(lines)


def framed(image: Image, width: int, height: int) -> bytes:
    """A picture for a framebuffer of 32 bits a pixel: blue, green, red, nothing."""
    screen = bytearray(4 * width * height)
    rgb = b"".join(scaled(image, width, height))
    screen[0::4], screen[1::4], screen[2::4] = rgb[2::3], rgb[1::3], rgb[0::3]
    return bytes(screen)


def size_of(args: argparse.Namespace) -> tuple[int, int]:
    """Pixels of what is drawn on."""
    if args.size:
        width, height = args.size.split("x")
        return int(width), int(height)
    if args.framebuffer:
        virtual = Path("/sys/class/graphics", Path(args.framebuffer).name, "virtual_size").read_text()
        width, height = virtual.split(",")
        return int(width), int(height)
    terminal = shutil.get_terminal_size()
    return terminal.columns, 2 * terminal.lines


async def main() -> None:
    parser = argparse.ArgumentParser(description="Shows a Pixel Playground canvas on a screen or in a terminal.")
    parser.add_argument("url", help="of the canvas, like https://canvas.example/")
    parser.add_argument("--framebuffer", help="such as /dev/fb0, of 32 bits a pixel; without it: the terminal")
    parser.add_argument("--size", help="in pixels, like 1920x1080, if it is not that of the screen")
    parser.add_argument("--key", default="", help="of a bot that may watch")
    args = parser.parse_args()
    width, height = size_of(args)
    async with pixelplayground.connect(args.url, key=args.key) as canvas:
        await canvas.sync()
        while True:
            if args.framebuffer:
                with open(args.framebuffer, "r+b", buffering=0) as screen:
                    screen.write(framed(canvas.image(), width, height))
            else:
                sys.stdout.write(half_blocks(canvas.image(), width, height))
                sys.stdout.flush()
            await canvas.changed()
            await asyncio.sleep(PAUSE)


try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("\x1b[0m")
except pixelplayground.Ended as ended:
    sys.exit(str(ended))
