"""Attacks on a classifier that answers with probabilities; each calls `ask` until it raises or it has succeeded.

`ask(images)` takes float grey levels and returns probabilities; `x` is the image under attack, `label` its class.
Sources: NES (Ilyas et al. 2018), SimBA (Guo et al. 2019), Square (Andriushchenko et al. 2020), Boundary (Brendel et
al. 2018), Bandits-T (Ilyas et al. 2019), ZOO (Chen et al. 2017), RayS (Chen and Gu 2020), one pixel (Su et al. 2019),
MI-FGSM (Dong et al. 2018), DeepFool (Moosavi-Dezfooli et al. 2016), C&W (Carlini and Wagner 2017).
"""

import numpy as np
from scipy.fft import idctn


def margin(p, label):
    """How far the label's probability is ahead of the best other one; below 0 the attack has won."""
    p = np.atleast_2d(p)
    other = np.delete(p, label, axis=1).max(axis=1)
    return p[:, label] - other


def keep(image, x, eps):
    return np.clip(np.clip(image, x - eps, x + eps), 0, 255)


def nes(ask, x, label, random, eps=16, sigma=2.55, samples=20, rate=2.0, momentum=0.5):
    image, slope = x.astype(float), np.zeros(x.shape)
    while True:
        if margin(ask(image), label)[0] < 0:
            return
        noise = random.standard_normal((samples // 2, *x.shape))
        both = np.concatenate([image + sigma * noise, image - sigma * noise])
        losses = -margin(ask(both), label)
        half = samples // 2
        estimate = ((losses[:half] - losses[half:])[:, None, None, None] * noise).mean(0) / (2 * sigma)
        slope = momentum * slope + (1 - momentum) * estimate
        image = keep(image + rate * np.sign(slope), x, eps)


def simba(ask, x, label, random, eps=51, basis="pixel", share=0.5):
    image = x.astype(float)
    best = margin(ask(image), label)[0]
    if basis == "pixel":
        places = random.permutation(x.size)
    else:
        low = [(i, j, c) for i in range(int(x.shape[0] * share)) for j in range(int(x.shape[1] * share))
               for c in range(x.shape[2])]
        low.sort(key=lambda p: p[0] + p[1] + random.random())
        places = [np.ravel_multi_index(p, x.shape) for p in low]
    for place in places:
        if best < 0:
            return
        step = np.zeros(x.size)
        step[place] = eps
        step = step.reshape(x.shape)
        if basis == "dct":
            step = idctn(step, axes=(0, 1), norm="ortho")
        for sign in (-1, 1):
            trial = np.clip(image + sign * step, 0, 255)
            value = margin(ask(trial), label)[0]
            if value < best:
                image, best = trial, value
                break


def square(ask, x, label, random, eps=16, first=0.3):
    height, width, channels = x.shape
    stripes = random.choice([-eps, eps], (1, width, channels))
    image = keep(x + stripes, x, eps)
    best = margin(ask(image), label)[0]
    count = 0
    while best >= 0:
        count += 1
        share = first * 0.5 ** np.searchsorted([5, 20, 60, 150, 300], count)
        side = max(1, int(round((share * height * width) ** 0.5)))
        top, left = random.integers(0, height - side + 1), random.integers(0, width - side + 1)
        trial = image.copy()
        window = slice(top, top + side), slice(left, left + side)
        trial[window] = x[window] + random.choice([-eps, eps], (1, 1, channels))
        trial = keep(trial, x, eps)
        value = margin(ask(trial), label)[0]
        if value < best:
            image, best = trial, value


def boundary(ask, x, label, random, start, spherical=0.1, towards=0.1):
    """Decision only: uses the class, not the probabilities. `start` is an image of another class."""
    image, target = start.astype(float), x.astype(float)
    if ask(image).argmax() == label:
        return
    low, high = 0.0, 1.0
    for _ in range(8):
        middle = (low + high) / 2
        trial = image + middle * (target - image)
        low, high = (middle, high) if ask(trial).argmax() != label else (low, middle)
    image = image + low * (target - image)
    while True:
        wins = []
        for _ in range(10):
            away = target - image
            distance = np.linalg.norm(away)
            noise = random.standard_normal(x.shape)
            noise *= spherical * distance / np.linalg.norm(noise)
            noise -= away * (noise * away).sum() / distance**2
            around = image + noise
            around = target - (target - around) * distance / np.linalg.norm(target - around)
            trial = np.clip(around + towards * (target - around), 0, 255)
            won = ask(trial).argmax() != label
            wins.append(won)
            if won:
                image = trial
        rate = np.mean(wins)
        factor = 1.3 if rate > 0.4 else 0.7 if rate < 0.15 else 1
        towards, spherical = min(towards * factor, 0.5), min(max(spherical * factor, 0.005), 0.3)


def bandits(ask, x, label, random, eps=16, probe=0.1, distance=25.0, rate=2.0, prior_rate=0.1, tile=5):
    """Bandits with a time and a tile prior: two queries a step."""
    rows = np.minimum(np.arange(x.shape[0]) * tile // x.shape[0], tile - 1)
    columns = np.minimum(np.arange(x.shape[1]) * tile // x.shape[1], tile - 1)
    prior, image = np.zeros((tile, tile, x.shape[2])), x.astype(float)

    def unit(v):
        return v[np.ix_(rows, columns)] / (np.linalg.norm(v[np.ix_(rows, columns)]) + 1e-12) * x.size**0.5

    while True:
        noise = random.standard_normal(prior.shape)
        pair = [keep(image + distance * probe * unit(prior + s * noise), x, eps) for s in (1, -1)]
        plus, minus = -margin(ask(np.stack(pair)), label)
        slope = (plus - minus) / (probe * distance) * noise
        prior = np.clip(prior + prior_rate * np.sign(slope) * np.abs(noise), -3, 3)
        image = keep(image + rate * np.sign(unit(prior)), x, eps)
        if max(plus, minus) > 0:
            ask(pair[int(minus > plus)])
            return


def zoo(ask, x, label, random, h=3.0, rate=24.0, batch=6):
    """Coordinate descent by symmetric differences, the coordinates picked at random."""
    image = x.astype(float)
    while True:
        places = random.choice(x.size, batch, replace=False)
        trials = np.stack([image] * (2 * batch)).reshape(2 * batch, -1)
        trials[np.arange(batch), places] += h
        trials[np.arange(batch, 2 * batch), places] -= h
        answers = margin(ask(np.clip(trials, 0, 255).reshape(-1, *x.shape)), label)
        slopes = answers[:batch] - answers[batch:]
        flat = image.reshape(-1)
        flat[places] -= rate * np.sign(slopes)
        image = np.clip(flat.reshape(x.shape), 0, 255)
        if margin(ask(image), label)[0] < 0:
            return


def rays(ask, x, label, random, limit=255.0):
    """Decision only: halves blocks of a sign vector and searches for the radius along it."""
    signs, best, size = np.ones(x.size), np.inf, x.size

    def wins(radius, s):
        return ask(np.clip(x + radius * s.reshape(x.shape), 0, 255)).argmax() != label

    start = random.choice([-1.0, 1.0], x.size)
    for trial in (signs, -signs, start):
        if wins(60, trial):
            signs = trial
            break
    best = limit
    while True:
        for first in range(0, x.size, max(size, 1)):
            trial = signs.copy()
            trial[first : first + size] *= -1
            reach = min(best, limit) - 0.5
            if reach > 0.5 and wins(reach, trial):
                low, high = 0.0, reach
                while high - low > max(1.0, high * 0.05):
                    middle = (low + high) / 2
                    low, high = (low, middle) if wins(middle, trial) else (middle, high)
                signs, best = trial, high
        size = max(1, size // 2)


def pixels(ask, x, label, random, count=3, people=20):
    """Differential evolution over `count` pixels' places and colours."""
    height, width, channels = x.shape

    def paint(genes):
        image = x.astype(float)
        for gene in genes.reshape(count, -1):
            row, column = int(np.clip(gene[0], 0, height - 1)), int(np.clip(gene[1], 0, width - 1))
            image[row, column] = np.clip(gene[2:], 0, 255)
        return image

    def newborn():
        return np.concatenate([
            np.concatenate([random.random(2) * [height, width], random.random(channels) * 255])
            for _ in range(count)
        ])

    crowd = np.stack([newborn() for _ in range(people)])
    values = margin(ask(np.stack([paint(g) for g in crowd])), label)
    while values.min() >= 0:
        picks = np.stack([random.choice(people, 3, replace=False) for _ in range(people)])
        children = crowd[picks[:, 0]] + 0.5 * (crowd[picks[:, 1]] - crowd[picks[:, 2]])
        answers = margin(ask(np.stack([paint(g) for g in children])), label)
        better = answers < values
        crowd[better], values[better] = children[better], answers[better]


def pgd(ask, x, label, random, slopes, eps=16, rate=1.0, steps=40, momentum=0.0, jump=True):
    """Iterated signs of the gradient; every iterate is a query. With momentum it is MI-FGSM."""
    image = x.astype(float)
    ask(image)
    if jump:
        image = keep(image + random.uniform(-eps, eps, x.shape), x, eps)
    running = np.zeros(x.shape)
    for _ in range(steps):
        slope = slopes.loss(np.rint(image), label)
        running = momentum * running + slope / (np.abs(slope).mean() + 1e-12)
        image = keep(image + rate * np.sign(running), x, eps)
        ask(image)


def deepfool(ask, x, label, random, slopes, overshoot=0.05, steps=30):
    image, total = x.astype(float), np.zeros(x.shape)
    for _ in range(steps):
        if ask(image).argmax() != label:
            return
        logits, jacobian = slopes.jacobian(image)
        best = None
        for other in range(len(logits)):
            if other == label:
                continue
            normal = jacobian[other] - jacobian[label]
            length = np.linalg.norm(normal) + 1e-9
            reach = (abs(logits[other] - logits[label]) + 1e-3) / length
            if best is None or reach < best[0]:
                best = reach, normal / length
        total = total + (best[0] + 0.5) * best[1]
        image = np.clip(x + (1 + overshoot) * total, 0, 255)


def carlini(ask, x, label, random, slopes, steps=60, rate=4.0, weight=400.0):
    """C&W, L2, with one weight; every iterate is a query."""
    image = x.astype(float)
    first = second = np.zeros(x.shape)
    for step in range(1, steps + 1):
        ask(image)
        logits, jacobian = slopes.jacobian(image)
        other = int(np.argmax(np.where(np.arange(len(logits)) == label, -np.inf, logits)))
        slope = 2 * (image - x)
        if logits[label] - logits[other] > -1:
            slope = slope + weight * (jacobian[label] - jacobian[other])
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        move = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-9)
        image = np.clip(image - rate * move, 0, 255)


def handed_in(ask, x, label, random, slopes, eps=16, steps=20):
    """Only the finished example is sent; the gradients are those of `slopes`, a copy or a surrogate."""
    image, running = x.astype(float), np.zeros(x.shape)
    for _ in range(steps):
        slope = slopes.loss(image, label)
        running = 0.9 * running + slope / (np.abs(slope).mean() + 1e-12)
        image = keep(image + eps / 8 * np.sign(running), x, eps)
    ask(image)
