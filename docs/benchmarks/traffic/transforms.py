"""What happens to an image on its way: by honest users, and by attackers who blind their queries."""

import io

import numpy as np
from PIL import Image
from scipy import ndimage


def affine(image, degrees=0.0, shift=(0.0, 0.0), scale=1.0, order=1, mode="nearest"):
    """Rotates, scales (above 1: enlarges) and shifts about the centre; float grey levels."""
    angle = np.deg2rad(degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / scale
    centre = (np.array(image.shape[:2]) - 1) / 2
    offset = centre - matrix @ (centre + np.asarray(shift))
    planes = [
        ndimage.affine_transform(image[..., c].astype(float), matrix, offset, order=order, mode=mode)
        for c in range(image.shape[2])
    ]
    return np.stack(planes, -1)


def blinding(random, degrees=5.0, shift=2.0, scale=0.05, gain=0.1):
    """Query blinding: every query is turned, moved, scaled and lit at random before it is sent."""

    def blind(image):
        moved = affine(
            image,
            random.uniform(-degrees, degrees),
            random.uniform(-shift, shift, 2),
            1 + random.uniform(-scale, scale),
        )
        return np.clip(moved * (1 + random.uniform(-gain, gain)), 0, 255)

    return blind


def view(field, y, x, size, zoom=1.0, degrees=0.0, gain=1.0, noise=0.0, random=None):
    """A window of `size` pixels on a larger field: its centre at (y, x), enlarged by `zoom`."""
    angle = np.deg2rad(degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / zoom
    offset = np.array([y, x]) - matrix @ np.array([(size - 1) / 2, (size - 1) / 2])
    planes = [
        ndimage.affine_transform(field[..., c], matrix, offset, (size, size), order=1, mode="nearest")
        for c in range(field.shape[2])
    ]
    image = np.stack(planes, -1) * gain
    if noise:
        image = image + noise * random.standard_normal(image.shape)
    return image


def whole(image):
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def recode(image, form, quality):
    """Through a lossy file format and back."""
    picture = Image.fromarray(image.squeeze())
    file = io.BytesIO()
    picture.save(file, form, quality=quality)
    decoded = np.asarray(Image.open(file).convert(picture.mode))
    return decoded.reshape(image.shape)


def resample(image, factor):
    """Smaller or larger and back again, as a viewer or a proxy does."""
    picture = Image.fromarray(image.squeeze())
    size = picture.size
    other = picture.resize([max(4, round(s * factor)) for s in size], Image.Resampling.BICUBIC)
    return np.asarray(other.resize(size, Image.Resampling.BICUBIC)).reshape(image.shape)


DIGITS = {
    "0": "757557", "1": "262227", "2": "717447", "3": "717117", "4": "557111", "5": "747117",
    "6": "747557", "7": "711222", "8": "757557", "9": "757117", "-": "007000",
}


def overlay(image, text, row, level):
    """Text in a 3 by 6 pixel face, as devices burn dates into images."""
    image = image.copy()
    for position, sign in enumerate(text):
        for line, bits in enumerate(DIGITS[sign]):
            for bit in range(3):
                column = 1 + 4 * position + bit
                if int(bits) >> (2 - bit) & 1 and column < image.shape[1]:
                    image[row + line, column] = level
    return image
