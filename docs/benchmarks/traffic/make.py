#!/usr/bin/env python3
"""Writes an inference log with attacks and ordinary use, and the truth about it. See docs/benchmarks/README.md."""

import argparse
import base64
import csv
import datetime
import gzip
import json
import lzma
import pathlib
import zlib

import numpy as np

import attacks
from benign import Users, popular
from served import Fashion, Histology, Model, Query, Recorder, used_sources
from transforms import blinding

START = datetime.datetime(2026, 3, 9, 7, 0, tzinfo=datetime.timezone.utc)
SECONDS = 8 * 3600
TRUTH = "id scenario attack attack_instance step success final true_label source linf rms quant_loss".split()
INSTANCE = (
    "attack_instance attack tool scenario accounts source true_label queries decoys misclassified success "
    "final_linf final_rms params"
).split()

# name, function, parameters, budget, instances, how the queries are sent
PLAN = [
    ("nes", "nes", {"sigma": 2.55}, 200, 2, {}),
    ("nes", "nes", {"sigma": 6.0, "eps": 24}, 160, 1, {"pace": 0.1}),
    ("simba", "simba", {"eps": 51}, 160, 2, {}),
    ("simba-dct", "simba", {"basis": "dct", "eps": 60}, 160, 2, {}),
    ("square", "square", {"eps": 16}, 160, 2, {}),
    ("square", "square", {"eps": 32}, 120, 1, {}),
    ("boundary", "boundary", {}, 200, 2, {}),
    ("bandits", "bandits", {}, 150, 2, {}),
    ("zoo", "zoo", {}, 160, 1, {}),
    ("rays", "rays", {}, 160, 2, {}),
    ("pixels", "pixels", {}, 140, 1, {}),
    ("pgd-small", "pgd", {"eps": 12, "rate": 0.6, "steps": 40}, 50, 2, {"white": True}),
    ("pgd-large", "pgd", {"eps": 24, "rate": 8.0, "steps": 8}, 20, 2, {"white": True}),
    ("mi-fgsm", "pgd", {"eps": 16, "rate": 2.0, "steps": 10, "momentum": 0.9, "jump": False}, 20, 3, {"white": True}),
    ("deepfool", "deepfool", {}, 30, 4, {"white": True}),
    ("cw", "carlini", {}, 60, 1, {"white": True}),
    ("mi-fgsm", "handed_in", {"eps": 16}, 1, 8, {"white": True, "scenario": "wb-final-only"}),
    ("transfer", "handed_in", {"eps": 32}, 1, 8, {"surrogate": True, "scenario": "transfer-final-only"}),
    ("nes-blinded", "nes", {"sigma": 6.0, "eps": 24, "rate": 4.0}, 160, 2, {"blind": True}),
    ("simba-blinded", "simba", {"eps": 80}, 130, 2, {"blind": True}),
    ("square-blinded", "square", {"eps": 32}, 130, 2, {"blind": True}),
    ("boundary-blinded", "boundary", {}, 130, 1, {"blind": True}),
    ("pgd-blinded", "pgd", {"eps": 24, "rate": 3.0, "steps": 20}, 30, 2, {"blind": True, "white": True}),
    ("nes-interleaved", "nes", {"sigma": 2.55}, 100, 2, {"decoys": 2.0, "pace": 2.0}),
    ("square-interleaved", "square", {"eps": 24}, 80, 1, {"decoys": 4.0, "pace": 3.0}),
    ("square-spread", "square", {"eps": 20}, 140, 1, {"accounts": 10}),
    ("nes-spread", "nes", {"sigma": 2.55}, 140, 1, {"accounts": 25}),
    ("nes-blinded-spread", "nes", {"sigma": 6.0, "eps": 24}, 120, 1, {"blind": True, "accounts": 10}),
    ("simba-slow", "simba", {"eps": 60}, 110, 2, {"pace": 180.0}),
    ("square-blinded-slow", "square", {"eps": 32}, 90, 1, {"blind": True, "pace": 200.0}),
]


class Log:
    """A day's traffic in the making."""

    def __init__(self, name, folder, used, seed, scale=1):
        # Each purpose draws from its own stream, so that a change of one leaves the others as they were.
        self.seed, self.name = seed, name
        self.model = Model(folder, name)
        self.images = Histology() if name == "histology" else Fashion(used=used)
        self.queries, self.instances = [], []
        # Ordinary use only, of as many more people, over as much more time.
        self.scale, self.seconds = scale, SECONDS * scale
        self.people = [f"user-{n:03d}" for n in range(200, 200 + 55 * scale)]
        self.attackers = 0
        self.slopes = self.copied = None

    def stream(self, purpose):
        return np.random.default_rng([self.seed, zlib.crc32(f"{self.name}/{purpose}".encode())])

    def add(self, query, time, user):
        query.time, query.user = time, user
        query.address = f"203.0.113.{zlib.crc32(user.encode()) % 250 + 1}"
        self.queries.append(query)

    # Ordinary use

    def benign(self, image, style, source, label, time, user):
        truth = {"scenario": f"benign:{style}", "attack": "benign", "true_label": label, "source": source}
        self.add(Query(image, truth), time, user)

    def sessions(self):
        for style, count in {
            "plain": 34, "handheld": 4, "zoompan": 6, "tone": 8, "burst": 7, "recrop": 8, "stamped": 7,
            "cast": 8, "focus": 7, "augment": 5, "retrain": 4,
        }.items():
            random = self.stream(style)
            users = Users(self.images, random)
            for _ in range(count * self.scale):
                time, user = random.uniform(0, self.seconds - 2400), random.choice(self.people)
                for image, source, label, gap in getattr(users, style)():
                    time += gap
                    self.benign(image, style, source, label, time, user)
        random = self.stream("popular")
        for _ in range(self.scale):
            for time, user, image, source in popular(self.images, random, self.people, self.seconds):
                self.benign(image, "popular", source.name, source.label, time, user)
        self.batches()

    def batches(self):
        """At the day's end one account sends some of the day's images again: as they were, then normalised anew."""
        random = self.stream("batch")
        plain = [q for q in self.queries if q.truth["scenario"] == "benign:plain"]
        for gain in (1.0, 1.06):
            time = self.seconds - (1500 if gain == 1 else 700)
            for index in sorted(random.choice(len(plain), 110, replace=False)):
                old = plain[index]
                image = np.clip(np.rint(old.image * gain), 0, 255).astype(np.uint8)
                time += random.exponential(4)
                style = "batch-again" if gain == 1 else "batch-renormalised"
                self.benign(image, style, old.truth["source"], old.truth["true_label"], time, "user-299")

    # Attacks

    def gradients(self, surrogate):
        import gradient

        if surrogate and self.copied is None:
            random, images = self.stream("surrogate"), []
            if self.name == "histology":
                for _ in range(2500):
                    y, x = random.integers(0, 250), random.integers(0, 462)
                    images.append(self.images.slide[y : y + 50, x : x + 50])
            else:
                images = list(self.images.images[random.choice(self.images.free, 2500, replace=False)])
            self.copied = gradient.Gradients(gradient.surrogate(self.model, np.stack(images)))
        if not surrogate and self.slopes is None:
            self.slopes = gradient.Gradients(gradient.logits_of(self.model.full_path))
        return self.copied if surrogate else self.slopes

    def attack(self, number, name, function, parameters, budget, how):
        random = self.stream(f"attack-{number}")
        while True:
            source = self.images.draw(random)
            answer = self.model.answer(source.image[None])[0]
            if answer.argmax() == source.label and answer.max() < 0.9999:
                break
        extra = dict(parameters)
        if "eps" in extra and function not in ("simba",) and self.name == "fashion":
            extra["eps"] *= 0.6  # the model of the smaller images gives way sooner
        parameters = dict(extra)
        if how.get("white") or how.get("surrogate"):
            extra["slopes"] = self.gradients(how.get("surrogate"))
        if function == "boundary":
            while True:
                other = self.images.draw(random)
                if self.model.answer(other.image[None])[0].argmax() != source.label:
                    break
            extra["start"] = other.image
        blind = blinding(random) if how.get("blind") else None
        ask = Recorder(self.model, source, budget, blind)
        try:
            getattr(attacks, function)(ask, source.image.astype(float), source.label, random, **extra)
        except Recorder.Exhausted:
            pass
        self.place(f"inst-{number:03d}", name, parameters, how, source, ask.queries, random)

    def place(self, instance, name, parameters, how, source, queries, random):
        accounts = [f"user-{400 + self.attackers + n:03d}" for n in range(how.get("accounts", 1))]
        self.attackers += len(accounts)
        pace = how.get("pace", float(random.choice([0.2, 0.6, 2.0])))
        length = pace * len(queries) * (1 + how.get("decoys", 0))
        time = random.uniform(600, max(700, SECONDS - length * 1.3 - 1800))
        white = how.get("white")
        scenario = how.get("scenario", "whitebox" if white else "blackbox")
        decoys, users = 0, Users(self.images, random)
        for step, query in enumerate(queries, 1):
            # Decoys: ordinary images from the same account, between the queries.
            for _ in range(random.poisson(how.get("decoys", 0))):
                time += random.exponential(pace)
                image, name_, label, _ = users.plain(1)[0]
                hidden = {"scenario": scenario, "attack": "decoy", "attack_instance": instance}
                self.add(Query(image, {**hidden, "true_label": label, "source": name_}), time, accounts[0])
                decoys += 1
            time += random.exponential(pace)
            query.truth.update(
                scenario=scenario, attack=name, attack_instance=instance, step=step,
                final=int(step == len(queries)), true_label=source.label, source=source.name,
            )
            self.add(query, time, accounts[int(random.integers(0, len(accounts)))])
        last = queries[-1].truth
        self.instances.append({
            "attack_instance": instance, "attack": name, "tool": "own", "scenario": scenario,
            "accounts": " ".join(accounts), "source": source.name,
            "true_label": self.model.classes[source.label], "queries": len(queries), "decoys": decoys,
            "misclassified": last["success"], "success": int(last["success"] and last["rms"] <= 25.5),
            "final_linf": last["linf"], "final_rms": last["rms"], "params": json.dumps({**parameters, **how}),
        })

    # Files

    def write(self, folder, stem):
        """`stem`.ndjson.xz, `stem`.truth.csv.gz and `stem`.instances.csv."""
        folder = pathlib.Path(folder)
        self.queries.sort(key=lambda q: q.time)
        images = np.stack([q.image for q in self.queries])
        blocks = [images[i : i + 256] for i in range(0, len(images), 256)]
        features = np.concatenate([self.model.features(b) for b in blocks])
        answers = np.concatenate([self.model.answer(b) for b in blocks])
        prefix, last = ("hu" if self.name == "histology" else "fu"), -1
        with (
            lzma.open(folder / f"{stem}.ndjson.xz", "wt", preset=3) as log,
            gzip.open(folder / f"{stem}.truth.csv.gz", "wt", newline="") as file,
        ):
            truth = csv.DictWriter(file, TRUTH)
            truth.writeheader()
            for number, (query, vector, answer) in enumerate(zip(self.queries, features, answers), 1):
                last = max(last + 1, round(query.time * 1000))
                time = START + datetime.timedelta(milliseconds=last)
                line = {
                    "id": f"{prefix}-{number:06d}",
                    "time": time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z",
                    "model": self.name,
                    "model_version": "1",
                    "user": str(query.user),
                    "source": query.address,
                    "input": {
                        "shape": list(query.image.shape), "dtype": "uint8",
                        "data": base64.b64encode(query.image.tobytes()).decode(),
                    },
                    "features": {
                        "dtype": "float32", "shape": [len(vector)],
                        "data": base64.b64encode(vector.astype("<f4").tobytes()).decode(),
                    },
                    "prediction": {
                        "class": self.model.classes[int(answer.argmax())],
                        "probability": float(answer.max()),
                        "probabilities": [float(p) for p in answer],
                    },
                }
                log.write(json.dumps(line, separators=(",", ":")) + "\n")
                row = {**query.truth, "id": line["id"]}
                row["true_label"] = self.model.classes[row["true_label"]]
                truth.writerow(row)
        with open(folder / f"{stem}.instances.csv", "w", newline="") as file:
            table = csv.DictWriter(file, INSTANCE)
            table.writeheader()
            table.writerows(self.instances)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=["histology", "fashion"])
    parser.add_argument("--traces", required=True, help="folder of recorded logs, with models/")
    parser.add_argument("--out", default=".", help="folder to write to")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--benign", type=int, metavar="TIMES",
        help="ordinary use only, so many times as much, of so many times the people: for a large calibration",
    )
    options = parser.parse_args()
    used = {int(s.split(":")[1]) for s in used_sources(options.traces) if s.startswith("t10k:")}
    log = Log(options.name, pathlib.Path(options.traces) / "models", used, options.seed, options.benign or 1)
    log.sessions()
    if options.benign:
        log.write(options.out, f"{options.name}-benign")
        print(len(log.queries), "records", flush=True)
        return
    number = 0
    for name, function, parameters, budget, instances, how in PLAN:
        for _ in range(instances):
            log.attack(number, name, function, parameters, budget, how)
            print(" ".join(str(v) for v in list(log.instances[-1].values())[:12]), flush=True)
            number += 1
    log.write(options.out, f"{options.name}-unseen")
    print(len(log.queries), "records", flush=True)


if __name__ == "__main__":
    main()
