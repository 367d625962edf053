"""The model that answers, the images that are sent, and what is written down of every query."""

import gzip
import json
import pathlib

import numpy as np
import onnxruntime

CLASSES = {
    "histology": ["dab_low", "dab_high"],
    "fashion": "tshirt trouser pullover dress coat sandal shirt sneaker bag ankle_boot".split(),
}


class Model:
    """An ONNX classifier as a service: whole grey levels go in, probabilities of six decimals come out."""

    def __init__(self, folder, name):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        folder = pathlib.Path(folder)
        self.name, self.classes = name, CLASSES[name]
        self.full_path = folder / f"{name}-full.onnx"
        self.full = onnxruntime.InferenceSession(str(self.full_path), options)
        self.backbone = onnxruntime.InferenceSession(str(folder / f"{name}-backbone.onnx"), options)

    def _run(self, session, images):
        batch = np.ascontiguousarray(np.moveaxis(images, -1, 1), dtype=np.float32) / np.float32(255)
        return session.run(None, {"input": batch})[0]

    def answer(self, images):
        """Probabilities [n, classes] of uint8 images [n, height, width, channels]."""
        return self._run(self.full, np.asarray(images)).astype(np.float64).round(6)

    def features(self, images):
        return self._run(self.backbone, np.asarray(images)).astype(np.float32)


class Source:
    """One image that users or attackers start from."""

    def __init__(self, image, label, name):
        self.image, self.label, self.name = image, label, name


class Histology:
    """Patches of scikit-image's ihc.png from row 300 on, off the six-pixel grid of other logs."""

    size = 50

    def __init__(self):
        from skimage import color, data, filters

        self.slide = data.immunohistochemistry()
        dab = color.rgb2hed(self.slide)[:, :, 2]
        self.positive = dab > filters.threshold_otsu(dab)
        shares = [
            self.positive[y : y + 50, x : x + 50].mean() for y in range(0, 463, 10) for x in range(0, 463, 10)
        ]
        self.median = float(np.median(shares))

    def at(self, y, x):
        label = int(self.positive[y : y + 50, x : x + 50].mean() > self.median)
        return Source(self.slide[y : y + 50, x : x + 50].copy(), label, f"ihc:y{y},x{x}")

    def draw(self, random):
        y = 303 + 6 * int(random.integers(0, 26)) + int(random.integers(0, 2))
        x = 3 + 6 * int(random.integers(0, 76)) + int(random.integers(0, 2))
        return self.at(y, x)

    def field(self, random, height, width):
        """A larger view, for motion and scanning: float pixels and the place of its corner."""
        y = int(random.integers(300, 512 - height + 1))
        x = int(random.integers(0, 512 - width + 1))
        return self.slide[y : y + height, x : x + width].astype(float), y, x


class Fashion:
    """Fashion-MNIST test images that the other logs do not use, from Debian's dataset-fashion-mnist."""

    size = 28

    def __init__(self, folder="/usr/share/datasets/fashion-mnist", used=()):
        def read(name, head):
            return np.frombuffer(gzip.decompress((pathlib.Path(folder) / name).read_bytes()), np.uint8)[head:]

        self.images = read("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)
        self.labels = read("t10k-labels-idx1-ubyte.gz", 8)
        self.free = np.array([i for i in range(10_000) if i not in used])

    def draw(self, random):
        index = int(random.choice(self.free))
        return Source(self.images[index].copy(), int(self.labels[index]), f"t10k:{index}")


class Query:
    """One served inference and the truth about it."""

    __slots__ = ("image", "time", "user", "address", "truth")

    def __init__(self, image, truth):
        self.image, self.truth = image, truth
        self.time = self.user = self.address = None


class Recorder:
    """The service as an attack sees it: rounds what it is asked to grey levels, answers, and keeps the query."""

    class Exhausted(Exception):
        """The attack's budget of queries is used up."""

    def __init__(self, model, source, budget, blind=None):
        self.model, self.source, self.budget, self.blind = model, source, budget, blind
        self.queries = []

    def __call__(self, images):
        """Probabilities of one image or several (float grey levels); raises when the budget ends."""
        images = np.asarray(images, dtype=float)
        single = images.ndim == 3
        if single:
            images = images[None]
        room = self.budget - len(self.queries)
        if room <= 0:
            raise Recorder.Exhausted
        asked = images[:room]
        if self.blind:
            asked = np.stack([self.blind(image) for image in asked])
        asked = np.clip(asked, 0, 255)
        sent = np.rint(asked).astype(np.uint8)
        answers = self.model.answer(sent)
        origin = self.source.image.astype(float)
        for wish, image, answer in zip(asked, sent, answers):
            change = image.astype(float) - origin
            self.queries.append(
                Query(
                    image,
                    {
                        "success": int(int(answer.argmax()) != self.source.label),
                        "linf": round(float(np.abs(change).max()), 3),
                        "rms": round(float(np.sqrt((change**2).mean())), 3),
                        "quant_loss": round(float(np.abs(wish - image).max()), 3),
                    },
                )
            )
        if len(asked) < len(images):
            raise Recorder.Exhausted
        return answers[0] if single else answers


def used_sources(folder):
    """The sources that logs in `folder` name in their truth."""
    import csv

    used = set()
    for path in pathlib.Path(folder).glob("*.truth.csv.gz"):
        with gzip.open(path, "rt") as file:
            used.update(row["source"] for row in csv.DictReader(file))
    return used
