#!/usr/bin/env python3
"""Writes golden.json beside this file from the executable reference of the scoring model.

    make.py PATH/TO/scoring_reference.py

Needs scipy (for the Beta quantiles); takes about five minutes.

Quantiles with j <= 1000 are solved exactly, in 60 decimal digits: at j = 1000, n >= 10^6 scipy 1.17.1's beta.ppf is
wrong by up to 7.5e-6 of itself, mostly too low. Above j = 1000 they are scipy's.
"""
import importlib.util, json, math, pathlib, random, sys
from decimal import Decimal, getcontext

spec = importlib.util.spec_from_file_location("scoring_reference", sys.argv[1])
ref = importlib.util.module_from_spec(spec)
sys.modules["scoring_reference"] = ref
spec.loader.exec_module(ref)
from scipy.stats import beta

rnd = random.Random(20_260_101)
cfg = ref.Config()
tabs = cfg.decay_tables()
W = (500, 1000, 1500, 2000)


def ledgers(track):
    return [sorted([k, v] for k, v in led.items() if v) for led in track.ledger]


def explained(track, tick, w):
    e = track.explain(tick, w)
    parts = [[k, v] for k, v in e["contributions"].items() if v]
    return [e["score_milli"], e["lane"], sorted(parts, key=lambda p: (-abs(p[1]), p[0]))]


def run(tables, script, w):
    """script: [(tick, [[rung or -1 per detector] per query])]; a detector that was silent bets e = 1"""
    names = sorted(tables)
    track = ref.Track(cfg, tabs)
    steps = []
    for tick, queries in script:
        bets = [{d: 1 << 32 if r < 0 else tables[d][r] for d, r in zip(names, q)} for q in queries]
        level = track.feed(tick, bets, w)
        steps.append({"tick": tick, "queries": queries, "lanes": list(track.C), "score": track.score(tick, w), "level": level,
                      "below": track.below, "ledgers": ledgers(track), "explain": explained(track, tick, w)})
    idle = []
    at = script[-1][0]
    for dt in (0, 1, 7, 24, 60, 360, 1080, 2880, 8640, 100_000):
        at += dt
        level = track.advance(at, w)
        idle.append([at, track.peek(at), track.score(at, w), level, explained(track, at, w)])
    return {"tables": tables, "criticality": w, "steps": steps, "idle": idle}


def history():
    k = rnd.randint(1, 7)
    names = rnd.sample(["opinion.a", "opinion.b", "similarity.user.proximity", "similarity.user.crowding"], rnd.randint(1, 4))
    tables = {}
    for name in names:
        values = [0]
        for _ in range(k):
            values.append(values[-1] + rnd.choice([0, 1, rnd.randrange(1 << 33), rnd.randrange(1 << 38), rnd.randrange(1 << 47)]))
        tables[name] = values
    if rnd.random() < 0.4:
        tables = {name: tables[names[0]] for name in names}      # ties between detectors
    heat = rnd.random() ** 2
    script, tick = [], rnd.choice([0, -50, 177_243_889])
    for _ in range(rnd.randint(1, 14)):
        tick += rnd.choice([1, 1, 1, 2, rnd.randint(1, 40), rnd.randint(1, 900)])
        queries = []
        for _ in range(rnd.choice([1, 1, 2, 5])):
            queries.append([-1 if rnd.random() < 0.1 else (rnd.randint(0, k) if rnd.random() < heat else 0) for _ in tables])
        script.append([tick, queries])
    return run(tables, script, rnd.choice(W))


def exact(j, n, p, start):
    """BetaInv(p; j, n-j+1): the q with P(Binomial(n, q) < j) = 1 - p, by the secant rule on the tail's logarithm"""
    getcontext().prec = 60
    ways = Decimal(math.comb(n, j - 1))
    def excess(x):
        k, term = j - 1, ways * x ** (j - 1) * (1 - x) ** (n - j + 1)
        total = term
        while k > 0 and term > total * Decimal(10) ** -50:
            term = term * k * (1 - x) / ((n - k + 1) * x)
            total, k = total + term, k - 1
        return (total / (1 - Decimal(p))).ln()
    x, y = Decimal(start), Decimal(start) * (1 - Decimal(10) ** -6)
    fx, fy = excess(x), excess(y)
    while abs(y - x) > y * Decimal(10) ** -25:
        x, y, fx = y, y - fy * (y - x) / (fy - fx), fy
        fy = excess(y)
    return float(y)


cal = ref.calibrate(10_000, (1000, 300, 100, 30, 10), ("sim", "dis"))
worked = [[0, [[5, 0]]], [1, [[5, 2], [4, 0]]], [2, [[0, 0]]], [3, [[5, 5], [5, 3], [3, 0]]], [4, [[5, 1]]], [5, [[5, 4]]], [6, [[5, 5]]]]
# detectors are listed by name, so (sim, dis) pairs are turned round
worked = [[t, [[d, s] for s, d in qs]] for t, qs in worked]
golden = {
    "calibration": {"u": cal["u"], "e": cal["E"]["sim"]},
    "decay": tabs,
    "worked": run(cal["E"], worked, 1500),
    "workedPlain": run(cal["E"], worked, 1000),
    "histories": [history() for _ in range(300)],
    "ilog2": [[str(x), ref.ilog2(x)] for x in [1, 2, 3, (1 << 32) - 1, 1 << 32, (1 << 64) - 1] + [rnd.randrange(1, 1 << rnd.randint(1, 64)) for _ in range(500)]],
    "decayed": [[lane, c, dt, ref.decay(c, dt, tabs[lane])] for lane, c, dt in
                ((rnd.randrange(4), rnd.randrange(1 << rnd.randint(1, 44)), rnd.randrange(1 << rnd.randint(1, 31))) for _ in range(500))],
    "scores": [[c, w, ref.score_milli(c, w, cfg), ref.odds_ppm(c, w, cfg)] for c, w in
               ((rnd.randrange((64 << 20) + 1), rnd.choice(W)) for _ in range(300))],
    "rollups": [[o, w, ref.rollup_ppm(o, w, cfg), ref.odds_to_milli(ref.rollup_ppm(o, w, cfg))] for o, w in
                (([rnd.randrange(1 << rnd.randint(1, 25)) for _ in range(rnd.randint(0, 30))], rnd.choice(W)) for _ in range(200))],
}

quantiles = []
for n in (100, 101, 500, 2000, 10_000, 100_000, 1_000_000, 10_000_000):
    for j in (1, 2, 3, 5, 10, 30, 99, 100, 300, 1000, 9999, 30_000, 100_000):
        if j > n:
            continue
        for p in (0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1 - 1e-6, 1 - 1e-9):
            value = float(beta.ppf(p, j, n - j + 1))
            quantiles.append([j, n, p, exact(j, n, p, value) if j <= 1000 else value])
golden["quantiles"] = quantiles
out = pathlib.Path(__file__).with_name("golden.json")
out.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
print(out.stat().st_size, len(quantiles))
