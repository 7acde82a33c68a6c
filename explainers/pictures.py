"""An uploaded picture -> a small one that we encoded ourselves. Nothing else of the file is kept. Pure."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MOST_BYTES = 10_000_000
MOST_PIXELS = 30_000_000
WIDEST = 1400
STORED_BYTES = 400_000


class PictureError(ValueError):
    """The message is for the editor who uploaded it."""


@dataclass(frozen=True)
class Picture:
    data: bytes
    width: int
    height: int


def reencode(uploaded: bytes) -> Picture:
    """A WebP of at most 1400 pixels each way and 400 kB, upright, without what the camera wrote into the file."""
    if len(uploaded) > MOST_BYTES:
        raise PictureError("The file is larger than 10 MB.")
    image = _opened(uploaded)
    image.thumbnail((WIDEST, WIDEST))
    for quality in (82, 65, 45):
        out = io.BytesIO()
        image.save(out, "WEBP", quality=quality, method=4)
        if out.tell() <= STORED_BYTES:
            return Picture(out.getvalue(), image.width, image.height)
    raise PictureError("The picture cannot be made small enough. Choose a simpler one.")


def _opened(uploaded: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(uploaded), formats=FORMATS)
            if image.width * image.height > MOST_PIXELS:
                raise PictureError("The picture has more than 30 million pixels.")
            image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError,
            Image.DecompressionBombWarning) as error:  # fmt: skip
        if isinstance(error, PictureError):
            raise
        raise PictureError("This is no picture that we can read. Take a JPEG, PNG, WebP or GIF file.") from error
    has_holes = "A" in image.getbands() or "transparency" in image.info
    return ImageOps.exif_transpose(image).convert("RGBA" if has_holes else "RGB")
