"""Writes fsim.json: images and what piq says of pairs of them. Run once; the tests read the stored file.

python3 -m venv VENV && VENV/bin/pip install numpy scikit-image pooch pillow torch piq && VENV/bin/python make_fsim.py

Colour images are compared by their luminance (piq's chromatic=False), in 64-bit floats. A pair may name a factor by which
both images are enlarged first, every pixel repeated: large images, which are averaged first, take no room here.
"""
import base64, io, json, lzma, pathlib
import numpy as np
import piq, torch
from PIL import Image
from skimage import data, filters

random = np.random.default_rng(11)
here = pathlib.Path(__file__)
images, pairs = [], []


def store(image):
    image = np.ascontiguousarray(image, dtype=np.uint8)
    images.append(image)
    return len(images) - 1


def rounded(image):
    return np.clip(image, 0, 255).round().astype(np.uint8)


def noisy(image, sigma):
    return rounded(image + random.normal(0, sigma, image.shape))


def blurred(image, sigma):
    return rounded(filters.gaussian(image.astype(float), sigma, channel_axis=2))


def jpeg(image, quality):
    file = io.BytesIO()
    Image.fromarray(image if image.shape[2] == 3 else image[..., 0]).save(file, "jpeg", quality=quality)
    return np.asarray(Image.open(file)).reshape(image.shape)


def pair(name, first, second, enlarged=1):
    a, b = (np.kron(images[k].astype(float), np.ones((enlarged, enlarged, 1))) for k in (first, second))
    a, b = (torch.tensor(image.transpose(2, 0, 1)[None].copy()) for image in (a, b))
    value = float(piq.fsim(a, b, data_range=255, chromatic=False))
    pairs.append(dict(name=name, a=first, b=second, enlarged=enlarged, fsim=value))


def family(label, base, changes):
    original = store(base)
    changed = {name: store(change(base)) for name, change in changes.items()}
    for name, index in changed.items():
        pair(f"{label} {name}", original, index)
    return original, list(changed.values())


def crop(source, height, width, y, x):
    part = source[y:y + height, x:x + width]
    return part if part.ndim == 3 else part[..., None]


noise, blur = (lambda image: noisy(image, 8)), (lambda image: blurred(image, 1))
brighter, compressed = (lambda image: rounded(image.astype(float) + 25)), (lambda image: jpeg(image, 40))
astronaut, camera, coffee = data.astronaut(), data.camera(), data.coffee()
first, _ = family("astronaut 50x50x3", crop(astronaut, 50, 50, 80, 200),
                  dict(noise=noise, blur=blur, brighter=brighter, jpeg=compressed))
pair("other crop 50x50x3", first, store(crop(coffee, 50, 50, 150, 250)))
first, changed = family("coffee 64x48x3", crop(coffee, 64, 48, 120, 300), dict(noise=noise, jpeg=compressed))
pair("coffee 512x384x3, averaged over 2x2", first, changed[0], enlarged=8)
log = here.parents[2] / "Fixtures/fashion/fashion-dev.ndjson.xz"
with lzma.open(log, "rt") as lines:
    records = [json.loads(line) for line, _ in zip(lines, range(400))]
shown = [np.frombuffer(base64.b64decode(record["input"]["data"]), np.uint8).reshape(28, 28, 1) for record in records]
first, _ = family("fashion 28x28x1", shown[0],
                  dict(noise=noise, blur=blur, brighter=brighter, jpeg=compressed, inverted=lambda image: 255 - image,
                       shifted=lambda image: np.roll(image, 1, 1), little=lambda image: noisy(image, 1)))
for number in (3, 57, 200, 399):
    pair(f"fashion, the first record and number {number}", first, store(shown[number]))
family("camera 33x47x1", crop(camera, 33, 47, 100, 220), dict(noise=noise, blur=blur, jpeg=compressed))
family("camera 37x41x1, sides that are prime", crop(camera, 37, 41, 60, 200), dict(noise=noise, brighter=brighter))
family("camera 12x15x1", crop(camera, 12, 15, 90, 210), dict(noise=noise, blur=blur))
# Of a flat image piq's transform leaves exactly nothing where sides are powers of two; elsewhere it compares rounding.
pair("flat and camera 32x16x1", store(np.full((32, 16, 1), 200)), store(crop(camera, 32, 16, 90, 210)))

stored = [dict(shape=list(image.shape), pixels=base64.b64encode(image.tobytes()).decode()) for image in images]
text = json.dumps(dict(piq=piq.__version__, torch=torch.__version__, images=stored, pairs=pairs), indent=0)
here.with_name("fsim.json").write_text(text + "\n")
print(len(pairs), "pairs,", len(text), "bytes")
