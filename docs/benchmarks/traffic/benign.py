"""Sessions of ordinary users. Each returns [(image, source name, label, gap in seconds before it)]."""

import numpy as np
from scipy import ndimage

from transforms import affine, overlay, recode, resample, view, whole


class Users:
    """Styles of ordinary use, over one set of images."""

    def __init__(self, images, random):
        self.images, self.random = images, random

    def _gap(self, mean):
        return float(self.random.exponential(mean))

    def _field(self):
        """Something to look at through a moving window: float pixels, its centre, where it is from, its label."""
        if hasattr(self.images, "field"):
            field, y, x = self.images.field(self.random, 110, 110)
            source = self.images.at(y + 30, x + 30)
            return field, np.array([54.5, 54.5]), source
        source = self.images.draw(self.random)
        return np.pad(source.image.astype(float), ((14, 14), (14, 14), (0, 0))), np.array([27.5, 27.5]), source

    def _rows(self, source, images, mean, first=None):
        return [
            (whole(i), source.name, source.label, self._gap((first or mean) if n == 0 else mean))
            for n, i in enumerate(images)
        ]

    def plain(self, count=None, mean=15):
        rows = []
        for _ in range(count or self.random.integers(10, 40)):
            source = self.images.draw(self.random)
            rows += self._rows(source, [source.image], mean)
        return rows

    def handheld(self):
        """A hand-held camera on one field: a pendulum of shift, turn and distance, exposure that hunts."""
        field, centre, source = self._field()
        random, size, images = self.random, self.images.size, []
        rate, phase = random.uniform(0.2, 0.5, 4), random.uniform(0, 6.28, 4)
        reach = 4.0 if size == 28 else 7.0
        for frame in range(random.integers(25, 60)):
            wave = np.sin(rate * frame + phase)
            images.append(
                view(field, *(centre + reach * wave[:2] + random.normal(0, 0.3, 2)), size,
                     zoom=1 + 0.06 * wave[2], degrees=6 * wave[3], gain=1 + 0.05 * np.sin(0.11 * frame),
                     noise=random.uniform(0.5, 2), random=random)
            )
        return self._rows(source, images, 0.4, 20)

    def zoompan(self):
        """A viewer that zooms in and pans, every view classified."""
        field, centre, source = self._field()
        place, zoom, images = centre.copy(), 0.8, []
        for _ in range(self.random.integers(8, 20)):
            zoom = float(np.clip(zoom * self.random.choice([1.1, 1.25, 0.9]), 0.7, 2.2))
            place = centre + np.clip(place - centre + self.random.normal(0, 3, 2), -10, 10)
            images.append(view(field, *place, self.images.size, zoom=zoom))
        return self._rows(source, images, 3, 30)

    def tone(self):
        """Contrast and gamma tried out on one image."""
        source = self.images.draw(self.random)
        image, images = source.image.astype(float) / 255, []
        for _ in range(self.random.integers(4, 12)):
            gamma, contrast = np.exp(self.random.normal(0, 0.35)), self.random.uniform(0.6, 1.4)
            images.append(255 * np.clip((image**gamma - image.mean()) * contrast + image.mean(), 0, 1))
        return self._rows(source, [source.image, *images], 4, 30)

    def burst(self):
        """Repeated captures of one still scene: the same light, another noise. Looks like an attack's probes."""
        source = self.images.draw(self.random)
        level, count = self.random.uniform(0.7, 5), self.random.integers(10, 50)
        image = source.image.astype(float)
        images = []
        for _ in range(count):
            shot = self.random.standard_normal(image.shape) * np.sqrt(image / 12 + level**2)
            images.append(image + shot * (level / 5))
        return self._rows(source, images, self.random.choice([0.3, 1.0, 4.0]), 30)

    def recrop(self):
        """A box redrawn by hand around the same thing."""
        field, centre, source = self._field()
        images = [
            view(field, *(centre + self.random.integers(-3, 4, 2)), self.images.size,
                 zoom=self.random.uniform(0.92, 1.08))
            for _ in range(self.random.integers(3, 9))
        ]
        return self._rows(source, images, 6, 30)

    def stamped(self):
        """Date and a running number burnt in, one image after the other; sometimes one image with many stamps."""
        same = self.random.random() < 0.4
        source, rows = self.images.draw(self.random), []
        level = int(self.random.choice([255, 200, 60]))
        width = (self.images.size - 1) // 4
        for number in range(self.random.integers(6, 20)):
            if not same:
                source = self.images.draw(self.random)
            text = f"2026-03-09-{number:03d}"[-width:]
            rows += self._rows(source, [overlay(source.image, text, self.images.size - 7, level)], 5, 5)
        return rows

    def cast(self):
        """White balance or illumination that differs from shot to shot."""
        source = self.images.draw(self.random)
        images = []
        for _ in range(self.random.integers(4, 14)):
            gains = 1 + self.random.normal(0, 0.06, source.image.shape[2])
            images.append(source.image * gains + self.random.normal(0, 4, source.image.shape[2]))
        return self._rows(source, images, 5, 30)

    def focus(self):
        """A focus stack: one field at several depths."""
        source = self.images.draw(self.random)
        count = self.random.integers(5, 14)
        images = [
            ndimage.gaussian_filter(source.image.astype(float), (abs(k - count / 2) * 0.35, abs(k - count / 2) * 0.35, 0))
            for k in range(count)
        ]
        return self._rows(source, images, 1.5, 30)

    def augment(self):
        """Test-time augmentation by small turns, shifts and scalings: what query blinding does, without an aim."""
        rows = []
        for _ in range(self.random.integers(2, 6)):
            source = self.images.draw(self.random)
            images = [source.image] + [
                affine(source.image, self.random.uniform(-8, 8), self.random.uniform(-2, 2, 2),
                       1 + self.random.uniform(-0.08, 0.08))
                for _ in range(self.random.integers(4, 10))
            ]
            rows += self._rows(source, images, 0.2, 25)
        return rows

    def retrain(self):
        """A tester who checks robustness to noise honestly: a few noisy copies of many images."""
        rows = []
        for _ in range(self.random.integers(4, 10)):
            source = self.images.draw(self.random)
            images = [source.image + self.random.normal(0, s, source.image.shape) for s in (2, 6, 12)]
            rows += self._rows(source, [source.image, *images], 0.5, 10)
        return rows


def popular(images, random, users, seconds):
    """A few images that many users send, in different encodings: [(time, user, image, source)]."""
    rows = []
    for _ in range(5):
        source = images.draw(random)
        for _ in range(random.integers(12, 30)):
            kind = random.integers(0, 4)
            image = source.image
            if kind == 1:
                image = recode(image, "JPEG", int(random.integers(60, 96)))
            elif kind == 2:
                image = recode(image, "WEBP" if image.shape[2] == 3 else "JPEG", int(random.integers(50, 95)))
            elif kind == 3:
                image = resample(image, random.uniform(0.6, 1.8))
            rows.append((random.uniform(0, seconds), random.choice(users), image, source))
    return rows
