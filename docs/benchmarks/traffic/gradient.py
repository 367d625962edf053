"""Gradients of an exported classifier, for attacks that own a copy of it; and a surrogate for those that do not."""

import jax
import jax.numpy as jnp
import numpy as np
import onnx
from onnx import numpy_helper


def logits_of(path):
    """A function from images [n, height, width, channels] in grey levels to logits, read from an ONNX file."""
    graph = onnx.load(str(path)).graph
    known = {i.name: jnp.asarray(numpy_helper.to_array(i)) for i in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            known[node.output[0]] = jnp.asarray(numpy_helper.to_array(node.attribute[0].t))

    def pool(x, size, start, combine):
        return jax.lax.reduce_window(x, start, combine, (1, 1, size, size), (1, 1, size, size), "VALID")

    def run(images):
        values = dict(known)
        values["input"] = jnp.moveaxis(images, -1, 1) / 255
        for node in graph.node:
            i = [values.get(name) for name in node.input]
            kind = node.op_type
            if kind in ("Constant", "Pad"):
                out = i[0] if kind == "Pad" else values[node.output[0]]
            elif kind == "Sub":
                out = i[0] - i[1]
            elif kind == "Mul":
                out = i[0] * i[1]
            elif kind == "Conv":
                out = jax.lax.conv(i[0], i[1], (1, 1), "SAME") + i[2][None, :, None, None]
            elif kind == "Relu":
                out = jax.nn.relu(i[0])
            elif kind == "MaxPool":
                out = pool(i[0], 2, -jnp.inf, jax.lax.max)
            elif kind == "AveragePool":
                out = pool(i[0], 3, 0.0, jax.lax.add) / 9
            elif kind == "Flatten":
                out = i[0].reshape(i[0].shape[0], -1)
            elif kind == "Gemm":
                out = i[0] @ i[1].T + i[2]
            elif kind == "Softmax":
                return i[0]
            else:
                raise ValueError(f"{path}: operator {kind}")
            values[node.output[0]] = out
        raise ValueError(f"{path}: no Softmax")

    return run


class Gradients:
    """Loss slopes of a differentiable classifier."""

    def __init__(self, logits):
        self.logits = jax.jit(logits)

        def loss(image, label):
            return -jax.nn.log_softmax(logits(image[None]))[0, label]

        def margins(image):
            return logits(image[None])[0]

        self._loss = jax.jit(jax.grad(loss))
        self._jacobian = jax.jit(jax.jacrev(margins))

    def loss(self, image, label):
        return np.asarray(self._loss(jnp.asarray(image, jnp.float32), label), dtype=float)

    def jacobian(self, image):
        image = jnp.asarray(image, jnp.float32)
        return np.asarray(self.logits(image[None])[0], float), np.asarray(self._jacobian(image), float)


def surrogate(model, images, seed=0, epochs=12):
    """A small convolutional net that imitates the model's answers on `images`; its logits."""
    answers = jnp.asarray(np.concatenate([model.answer(images[i : i + 256]) for i in range(0, len(images), 256)]))
    channels, classes = images.shape[-1], answers.shape[1]
    keys = jax.random.split(jax.random.PRNGKey(seed), 4)
    side = images.shape[1] // 2 // 2
    weights = {
        "a": jax.random.normal(keys[0], (12, channels, 5, 5)) * (2 / (25 * channels)) ** 0.5,
        "b": jax.random.normal(keys[1], (24, 12, 3, 3)) * (2 / 108) ** 0.5,
        "c": jax.random.normal(keys[2], (24 * side * side, classes)) * (1 / (24 * side * side)) ** 0.5,
        "d": jnp.zeros(classes),
    }

    def logits(w, batch):
        x = jnp.moveaxis(batch, -1, 1) / 255 - 0.5
        for name in "ab":
            x = jax.nn.relu(jax.lax.conv(x, w[name], (1, 1), "SAME"))
            x = jax.lax.reduce_window(x, 0.0, jax.lax.add, (1, 1, 2, 2), (1, 1, 2, 2), "VALID") / 4
        return x.reshape(x.shape[0], -1) @ w["c"] + w["d"]

    def loss(w, batch, wanted):
        return -(wanted * jax.nn.log_softmax(logits(w, batch))).sum(1).mean()

    step = jax.jit(jax.grad(loss))
    first = second = jax.tree.map(jnp.zeros_like, weights)
    order, count = np.random.default_rng(seed), 0
    for _ in range(epochs):
        for rows in np.array_split(order.permutation(len(images)), len(images) // 64):
            g = step(weights, jnp.asarray(images[rows], jnp.float32), answers[rows])
            count += 1
            first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, g)
            second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, g)
            weights = jax.tree.map(
                lambda w, m, v: w - 2e-3 * (m / (1 - 0.9**count)) / ((v / (1 - 0.999**count)) ** 0.5 + 1e-8),
                weights, first, second,
            )
    return lambda batch: logits(weights, batch)
