"""Draw on and watch a Pixel Playground canvas.

    async with pixelplayground.connect("https://canvas.example/", name="Ada") as canvas:
        await canvas.draw([(3, 4, "#FF0000")])
        print(canvas.pixel(3, 4))

The protocol is codec/PROTOCOL.md of the server. A client reconnects and resumes by itself.
"""

from .client import Client, connect
from .errors import Ended, Refused
from .replica import Image
from .wire import Malformed, Welcome

__all__ = ["Client", "Ended", "Image", "Malformed", "Refused", "Welcome", "connect"]
