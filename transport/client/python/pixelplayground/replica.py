"""The pixels of the followed regions, as the server has confirmed them, and the SUBSCRIBE that keep them so."""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .wire import Malformed, Pixels, Snapshot

PATIENCE = 5.0  # seconds that the server may take to answer a SUBSCRIBE


@dataclass(frozen=True)
class Image:
    """A part of the canvas, row by row: red, green and blue of each pixel. What isn't held is white.

    With numpy: ``numpy.frombuffer(image.data, "uint8").reshape(image.height, image.width, 3)``.
    """

    x: int
    y: int
    width: int
    height: int
    data: bytes


class Region:
    def __init__(self, x: int, y: int, width: int, height: int) -> None:
        self.x, self.y, self.width, self.height = x, y, width, height
        self.epoch = self.seq = 0
        self.rgb = bytearray(b"\xff" * (3 * width * height))
        self.asked = 0.0  # when SUBSCRIBE became due, if it has no answer yet; else 0


class Replica:
    def __init__(self, width: int, height: int, region: int) -> None:
        self.size = (width, height, region)
        self.width, self.height, self.edge = width, height, region
        self.columns, self.rows = math.ceil(width / region), math.ceil(height / region)
        self.regions: dict[int, Region] = {}

    def touching(self, x: int, y: int, width: int, height: int) -> Iterator[int]:
        """The regions that have a pixel in a rectangle, which may reach beyond the canvas."""
        for row in range(max(0, y // self.edge), min(self.rows, -(-(y + height) // self.edge))):
            for column in range(max(0, x // self.edge), min(self.columns, -(-(x + width) // self.edge))):
                yield row * self.columns + column

    def want(self, ids: Iterable[int]) -> tuple[list[int], list[int]]:
        """Follows exactly these regions, and gives those to ask for and those to unsubscribe."""
        wanted = {id: None for id in ids if 0 <= id < self.columns * self.rows}
        gone = [id for id in self.regions if id not in wanted]
        for id in gone:
            del self.regions[id]
        new = [id for id in wanted if id not in self.regions]
        for id in new:
            x, y = (id % self.columns) * self.edge, (id // self.columns) * self.edge
            self.regions[id] = Region(x, y, min(self.edge, self.width - x), min(self.edge, self.height - y))
        return new, gone

    def marks(self, ids: Iterable[int]) -> list[tuple[int, int, int]]:
        """What to subscribe from. They count as asked for."""
        marks = []
        for id in ids:
            region = self.regions[id]
            region.asked = time.monotonic()
            marks.append((id, region.epoch, region.seq))
        return marks

    @property
    def complete(self) -> bool:
        """Whether all that was asked for has been answered."""
        return not any(region.asked for region in self.regions.values())

    def snapshot(self, m: Snapshot) -> bool:
        """Makes a region what a snapshot shows. False: it isn't followed."""
        region = self.regions.get(m.region)
        if region is None:
            return False
        size = 3 * region.width * region.height
        rgb = b"\xff" * size
        if m.data:
            unpacker = zlib.decompressobj()
            try:
                rgb = unpacker.decompress(m.data, size + 1)
            except zlib.error as error:
                raise Malformed(str(error)) from error
            if len(rgb) != size or not unpacker.eof:
                raise Malformed(f"a snapshot of not {size} bytes")
        region.rgb[:] = rgb
        region.epoch, region.seq, region.asked = m.epoch, m.seq, 0.0
        return True

    def apply(self, m: Pixels) -> tuple[Region | None, bool]:
        """Applies pixels, and gives their region; else whether it must be asked for again."""
        region = self.regions.get(m.region)
        if region is None:
            return None, False
        if m.start != region.seq or m.epoch < region.epoch:
            # If it was asked for, the answer is on its way, and this was sent before it.
            return None, not region.asked or time.monotonic() - region.asked > PATIENCE
        rgb, pixels = region.rgb, m.pixels
        for at in range(0, len(pixels), 5):
            position = 3 * (pixels[at] << 8 | pixels[at + 1])
            if position >= len(rgb):
                raise Malformed(f"position {position // 3} in a region of {region.width}x{region.height}")
            rgb[position : position + 3] = pixels[at + 2 : at + 5]
        region.epoch, region.seq, region.asked = m.epoch, m.start + m.count, 0.0
        return region, False

    def pixel(self, x: int, y: int) -> str | None:
        if not (0 <= x < self.width and 0 <= y < self.height):
            return None
        region = self.regions.get(y // self.edge * self.columns + x // self.edge)
        if region is None:
            return None
        at = 3 * ((y - region.y) * region.width + x - region.x)
        return "#" + region.rgb[at : at + 3].hex().upper()

    def image(self, x: int, y: int, width: int, height: int) -> Image:
        left, top = max(0, x), max(0, y)
        right, bottom = max(left, min(self.width, x + width)), max(top, min(self.height, y + height))
        data = bytearray(b"\xff" * (3 * (right - left) * (bottom - top)))
        for id in self.touching(left, top, right - left, bottom - top):
            region = self.regions.get(id)
            if region is None:
                continue
            first, last = max(left, region.x), min(right, region.x + region.width)
            for row in range(max(top, region.y), min(bottom, region.y + region.height)):
                source = 3 * ((row - region.y) * region.width + first - region.x)
                target = 3 * ((row - top) * (right - left) + first - left)
                data[target : target + 3 * (last - first)] = region.rgb[source : source + 3 * (last - first)]
        return Image(left, top, right - left, bottom - top, bytes(data))
