"""Writes vectors.json: image pairs and what scikit-image says of them. Run once; the tests read the stored file.

python3 -m venv VENV && VENV/bin/pip install numpy scikit-image pooch && VENV/bin/python make.py
"""
import base64, json, pathlib
import numpy as np
import skimage
from skimage import data
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

random = np.random.default_rng(7)
colour, grey = data.astronaut(), data.camera()
pairs = []


def noisy(image, sigma):
    return np.clip(image + random.normal(0, sigma, image.shape), 0, 255).round().astype(np.uint8)


def crop(source, height, width, y, x):
    part = source[y:y + height, x:x + width]
    return part if part.ndim == 3 else part[..., None]


def add(name, a, b):
    axis = None if a.shape[2] == 1 else 2
    x, y = (a[..., 0], b[..., 0]) if axis is None else (a, b)
    both = dict(data_range=255, channel_axis=axis)
    entry = dict(name=name, shape=list(a.shape), a=base64.b64encode(a.tobytes()).decode(),
                 b=base64.b64encode(b.tobytes()).decode(),
                 uniform=float(structural_similarity(x, y, **both)),
                 gaussian=float(structural_similarity(x, y, gaussian_weights=True, sigma=1.5,
                                                      use_sample_covariance=False, **both)),
                 mse=float(mean_squared_error(x, y)))
    if entry["mse"] > 0:
        entry["psnr"] = float(peak_signal_noise_ratio(x, y, data_range=255))
    pairs.append(entry)


def family(source, height, width, count):
    label = f"{height}x{width}x{1 if source.ndim == 2 else source.shape[2]}"
    for index in range(count):
        y, x = (int(random.integers(0, source.shape[axis] - size)) for axis, size in enumerate((height, width)))
        a = crop(source, height, width, y, x)
        for sigma in (1, 4, 20):
            add(f"{label} noise {sigma} #{index}", a, noisy(a, sigma))
        add(f"{label} inverted #{index}", a, 255 - a)
        add(f"{label} other crop #{index}", a, crop(source, height, width, x % 200, y % 200))
        add(f"{label} brighter #{index}", a, np.clip(a.astype(int) + 25, 0, 255).astype(np.uint8))
    flat = np.full(a.shape, 200, np.uint8)
    add(f"{label} flat and flat", flat, np.full(a.shape, 90, np.uint8))
    add(f"{label} black and white", np.zeros(a.shape, np.uint8), np.full(a.shape, 255, np.uint8))
    add(f"{label} flat and noise", flat, noisy(flat, 2))
    corner = a.copy()
    corner[: height // 2, : width // 2] = 255
    add(f"{label} saturated corner", corner, np.clip(corner.astype(int) * 2, 0, 255).astype(np.uint8))
    add(f"{label} one grey level", a, np.where(a < 255, a + 1, a).astype(np.uint8))
    add(f"{label} random bytes", random.integers(0, 256, a.shape, dtype=np.uint8), a)


family(colour, 50, 50, 2)
family(grey, 28, 28, 2)
family(colour, 16, 20, 2)
big = crop(colour, 224, 224, 40, 120)
add("224x224x3 noise 4", big, noisy(big, 4))
corner = big.copy()
corner[:100, :150] = 255
add("224x224x3 saturated corner", corner, noisy(corner, 1))
text = json.dumps(dict(scikit_image=skimage.__version__, pairs=pairs), indent=0)
pathlib.Path(__file__).with_name("vectors.json").write_text(text + "\n")
print(len(pairs), "pairs,", len(text), "bytes")
