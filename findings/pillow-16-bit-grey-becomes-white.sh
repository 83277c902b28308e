#!/usr/bin/env bash
# Pillow 13.0.0: convert("RGB") of a PNG with 16 bits of grey takes every value above 255 for white, while the same samples stored as
# grey with opacity, or as colour, keep their upper 8 bits. So an almost black pixel (0x0100 of 0xffff) is white, and a photograph or
# X-ray of 16 bits is a white sheet. torchvision's ImageFolder opens every image by convert("RGB"): a model is trained on, and attacked
# on, images without content, and nothing is said. Readers that keep the upper 8 bits (libpng's strip_16, libvips) see the picture.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import io, struct, sys, zlib
from PIL import Image

SAMPLES = [0x0000, 0x0080, 0x0100, 0x4000, 0x8000, 0xFFFF]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def read(kind, pixel):
    """One row of the samples in a PNG of this colour type, as convert("RGB") reads the first channel."""
    row = b"\0" + b"".join(struct.pack(f">{len(pixel(v))}H", *pixel(v)) for v in SAMPLES)
    header = struct.pack(">IIBBBBB", len(SAMPLES), 1, 16, kind, 0, 0, 0)
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")
    image = Image.open(io.BytesIO(file))
    return image.mode, [image.convert("RGB").getpixel((x, 0))[0] for x in range(len(SAMPLES))]


print("samples of 16 bits   ", [hex(value) for value in SAMPLES])
grey = read(0, lambda v: (v,))
opaque = read(4, lambda v: (v, 0xFFFF))
colour = read(2, lambda v: (v, v, v))
for name, (mode, bytes_) in (("grey", grey), ("grey with opacity", opaque), ("colour", colour)):
    print(f"{name:21}", bytes_, f"(opened as {mode})")
upper = [value >> 8 for value in SAMPLES]
clipped = [min(value, 255) for value in SAMPLES]
sys.exit(0 if grey[1] == clipped and opaque[1] == upper and colour[1] == upper else 1)
PYTHON
