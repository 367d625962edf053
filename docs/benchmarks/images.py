#!/usr/bin/env python3
"""Writes image files for `riskd-bench similarity`, from pictures that packages ship.

Sets up a virtual environment of its own beside this file (.bench/venv) on the first run.

  images.py histology 1000000 h.images    50x50x3 patches of scikit-image's ihc.png
  images.py large 1000 l.images           224x224x3 patches of the same
  images.py photographs 100000 m.images   50x50x3 patches of several of its photographs, many of them near-duplicates
  images.py fashion 70000 f.images        Fashion-MNIST, 28x28x1 (Debian's dataset-fashion-mnist)

A patch is cut at a random place of one of 256 (histology) or 48 (photographs, each) turned, scaled (0.7 to 1.4) and
mirrored versions of the picture, interpolated by cubic splines, and gets a gain of 0.8 to 1.2 and an offset of up to
20 (histology, large) of its own. Fashion-MNIST beyond its 70,000 images goes round, shifted by up to two pixels. The images
follow in a random order, always the same.

File: "RISKDIMG", then height, width, channels and count as 32-bit little-endian numbers, then the pixels.
"""
import gzip
import os
import pathlib
import struct
import subprocess
import sys

BENCH = pathlib.Path(__file__).resolve().parent / ".bench"


def in_own_environment():
    python = BENCH / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", BENCH / "venv"], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "scikit-image", "faiss-cpu", "numpy"], check=True)
    if pathlib.Path(sys.prefix) != BENCH / "venv":
        os.execv(python, [str(python), *sys.argv])


def versions(picture, count, generator):
    """Turned, scaled and mirrored versions of a picture, without the parts that lie outside of it."""
    import numpy as np
    from skimage.transform import AffineTransform, warp

    height, width = picture.shape[:2]
    side = min(height, width)
    for _ in range(count):
        angle, scale = generator.uniform(0, 2 * np.pi), np.exp(generator.uniform(np.log(0.7), np.log(1.4)))
        # The largest square that stays inside when it is turned by any angle, in pixels of the version.
        inner = int(side / np.sqrt(2) * scale)
        top, left = generator.uniform(0, height - side + 1), generator.uniform(0, width - side + 1)
        move = AffineTransform(translation=(-inner / 2, -inner / 2))
        turn = AffineTransform(scale=1 / scale, rotation=angle)
        back = AffineTransform(translation=(left + side / 2, top + side / 2))
        result = warp(picture, move + turn + back, output_shape=(inner, inner), order=3, mode="reflect")
        yield np.rint(result.clip(0, 1) * 255).astype(np.uint8)


def patches(pictures, each, count, light, generator, write, side=50):
    import numpy as np

    sources = [version for picture in pictures for version in versions(picture, each, generator)]
    for first in range(0, count, 1000):
        block = np.empty((min(1000, count - first), side, side, 3), np.float32)
        for image in block:
            source = sources[generator.integers(len(sources))]
            top, left = (generator.integers(0, length - side + 1) for length in source.shape[:2])
            patch = source[top : top + side, left : left + side]
            image[...] = patch[:, ::-1] if generator.integers(2) else patch
        gain = generator.uniform(0.8, 1.2, (len(block), 1, 1, 1)).astype(np.float32)
        offset = generator.uniform(-light, light, (len(block), 1, 1, 1)).astype(np.float32)
        write(np.rint((block * gain + offset).clip(0, 255)).astype(np.uint8))


def fashion(count, generator, write):
    import numpy as np

    root = pathlib.Path("/usr/share/datasets/fashion-mnist")
    parts = [np.frombuffer(gzip.open(root / f"{name}-images-idx3-ubyte.gz").read()[16:], np.uint8)
             for name in ("train", "t10k")]
    images = np.concatenate(parts).reshape(-1, 28, 28)
    for first in range(0, count, len(images)):
        order = generator.permutation(len(images))[: count - first]
        round_of = images[order]
        if first:
            shifts = generator.integers(-2, 3, (len(order), 2))
            round_of = np.stack([np.roll(image, shift, (0, 1)) for image, shift in zip(round_of, shifts)])
        write(np.ascontiguousarray(round_of))


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("histology", "large", "photographs", "fashion"):
        sys.exit(__doc__)
    in_own_environment()
    import numpy as np
    from skimage import data, util

    kind, count = sys.argv[1], int(sys.argv[2])
    shape = {"fashion": (28, 28, 1), "large": (224, 224, 3)}.get(kind, (50, 50, 3))
    generator = np.random.default_rng(1)
    with open(sys.argv[3], "wb") as file:
        file.write(b"RISKDIMG" + struct.pack("<4I", *shape, count))
        write = lambda block: file.write(block.tobytes())
        if kind == "fashion":
            fashion(count, generator, write)
        elif kind in ("histology", "large"):
            picture = util.img_as_float(data.immunohistochemistry())
            patches([picture], 256, count, 20, generator, write, side=shape[0])
        else:
            names = ("astronaut", "chelsea", "coffee", "rocket", "retina", "hubble_deep_field")
            pictures = [util.img_as_float(getattr(data, name)()) for name in names]
            patches(pictures, 48, count, 0, generator, write)


main()
