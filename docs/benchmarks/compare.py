#!/usr/bin/env python3
"""Times two other ways to search an image file of images.py: a scikit-image loop, and FAISS' IndexFlatL2.

  compare.py h.images [IMAGES]      IMAGES: how many to search; 10000 unless given

scikit-image computes the same SSIM one pair after another (200 pairs are timed). IndexFlatL2 computes squared
differences of all values, as 32-bit floats, on one thread, one query at a time: another question, but its answer is
what `--metric mse` gives. Times are processor time of the thread. Uses the virtual environment of images.py.
"""
import os
import pathlib
import statistics
import struct
import sys
import time

PYTHON = pathlib.Path(__file__).resolve().parent / ".bench" / "venv" / "bin" / "python"


def timed(work):
    start = time.thread_time()
    work()
    return (time.thread_time() - start) * 1000


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    if pathlib.Path(sys.prefix) != PYTHON.parent.parent:
        os.execv(PYTHON, [str(PYTHON), *sys.argv])
    import faiss
    import numpy as np
    from skimage.metrics import structural_similarity

    with open(sys.argv[1], "rb") as file:
        assert file.read(8) == b"RISKDIMG"
        height, width, channels, held = struct.unpack("<4I", file.read(16))
        count = min(int(sys.argv[2]) if len(sys.argv) > 2 else 10_000, held - 20)
        pixels = np.frombuffer(file.read((count + 20) * height * width * channels), np.uint8)
    images = pixels.reshape(-1, height, width, channels)
    history, queries = images[:count], images[count:]

    pairs = [(queries[i % 20], history[i * 37 % count]) for i in range(200)]
    loop = [timed(lambda: structural_similarity(a, b, channel_axis=2)) for a, b in pairs]
    each = statistics.median(loop)
    print(f"scikit-image: {each * 1000:.0f} us a pair, {each * count / 1000:.1f} s a query at {count} images")

    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatL2(height * width * channels)
    for first in range(0, count, 10_000):
        index.add(history[first : first + 10_000].reshape(-1, index.d).astype(np.float32))
    times = [timed(lambda: index.search(query.reshape(1, -1).astype(np.float32), 1)) for query in queries]
    print(f"IndexFlatL2: {statistics.median(times):.2f} ms a query at {count} images, {4 * index.d} bytes an image")


main()
