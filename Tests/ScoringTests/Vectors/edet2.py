#!/usr/bin/env python3
"""The executable reference of riskd-edet-2, on integers and the standard library alone; writes golden2.json beside it.

    edet2.py            writes golden2.json
    edet2.py --check    exits with 1 unless golden2.json is what would be written

Written from the rules' words, not from the Swift: what is remembered of an entity is its last eight marks as a list, and
every quiet tick of a level above info is evaluated. Units are 2^-20 bit, e-values and bets Q32, decay factors Q30.
"""
import json, pathlib, random, sys

BIT, ONE = 1 << 20, 1 << 32
HALF_LIVES = (60, 360, 1440, 8640)            # ticks of ten seconds: burst, session, shift, campaign
HORIZONS = ("burst", "session", "shift", "campaign")
SHIFTS = (1, 3, 5, 7)
PENALTY, CAP, KAPPA = 2 * BIT, 64 * BIT, 13_093
ENTER, EXIT, HOLD = (20_000, 40_000, 70_000, 90_000), (15_000, 32_000, 60_000, 82_000), 12
LEVELS = ("info", "low", "medium", "high", "critical")
MEMORY = 8
# (horizon, mark it bets on, stake in 128ths)
LANES = ((0, 2, 64), (0, 3, 64), (0, 4, 96), (0, 5, 96), (0, 6, 96), (1, 4, 64), (2, 3, 32), (3, 4, 32))
UNSCORED = 0xFF


def first_factor(half_life):
    """The largest integer not above 2^30 · 2^(-1/half_life)."""
    low, high = 0, 1 << 30
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle ** half_life <= 1 << (30 * half_life - 1) else (low, middle)
    return low


def decay_tables():
    tables = []
    for half_life in HALF_LIVES:
        factors = [first_factor(half_life)]
        while len(factors) < 32:
            factors.append(factors[-1] ** 2 >> 30)
        tables.append(factors)
    return tables


TABLES = decay_tables()


def decay(units, ticks, horizon):
    sign, left = (-1 if units < 0 else 1), abs(units)
    for place in range(32):
        if ticks >> place & 1:
            left = left * TABLES[horizon][place] >> 30
    return sign * (left if ticks >> 32 == 0 else 0)


def ilog2(value):
    """log2 of a Q32 number in units, by twenty squarings of a mantissa of 63 bits, each rounded down."""
    whole = value.bit_length() - 1
    mantissa = value << (62 - whole) if whole <= 62 else value >> (whole - 62)
    fraction = 0
    for _ in range(20):
        mantissa = mantissa * mantissa >> 62
        fraction *= 2
        if mantissa >> 63:
            mantissa >>= 1
            fraction += 1
    return (whole - 32) * BIT + fraction


def price_of(detectors):
    """log2 of the number of distinct lanes, rounded up: two of one horizon and stake that always bet the same are one."""
    count = 0
    for table in detectors:
        seen = set()
        for horizon, mark, stake in LANES:
            seen.add((horizon, stake, table["rungs"][mark - 1], tuple(row[mark - 1] for row in table["inverses"])))
        count += len(seen)
    whole = ilog2(count << 32)
    return whole if count & (count - 1) == 0 else whole + 1


class Stream:
    def __init__(self):
        self.lanes, self.gains, self.losses = [0] * 8, [0] * 8, [0] * 8
        self.marks = []                          # of the last scored queries, newest first, at most eight

    def since(self, mark):
        """How many scored queries ago the mark was met last; None: not among those remembered."""
        return next((ago for ago, seen in enumerate(self.marks, 1) if seen >= mark), None)

    def past(self, mark):
        if self.since(1) is None:
            return 0                             # calm
        ago = self.since(mark)
        return 1 if ago is None else 3 if ago == 1 else 2   # remarkable, previous, recent

    def memory(self):
        return sum((self.since(mark) or 0) << 4 * (mark - 1) for mark in range(1, 7))

    def is_empty(self):
        return self.since(1) is None and not any(self.lanes)

    def fade(self, ticks):
        if ticks == 0:
            return
        for lane, (horizon, _, _) in enumerate(LANES):
            self.lanes[lane] = decay(self.lanes[lane], ticks, horizon)
            for book in (self.gains, self.losses):
                book[lane] = decay(book[lane], ticks, horizon) if self.lanes[lane] else 0
        if ticks >= 8 * max(HALF_LIVES):
            self.marks = []

    def query(self, code, table, price):
        if code == UNSCORED:
            return
        rung, is_known = code & 0x3F, bool(code & 0x40)
        mark = sum(rung >= least for least in table["rungs"])
        if not (is_known and self.since(1) is not None):
            self.bet(mark, table, price)
        self.marks = ([mark] + self.marks)[:MEMORY]

    def bet(self, mark, table, price):
        worth = lambda met: table["inverses"][self.past(met)][met - 1]
        for lane, (_, aim, stake) in enumerate(LANES):
            hit = worth(aim) * stake // 128 if mark >= aim else 0
            gain = ilog2(ONE * (128 - stake) // 128 + hit)
            most = min(CAP, 10 * BIT + price) if aim == 2 else CAP
            self.lanes[lane] = min(most, max(0, self.lanes[lane] + gain))
            if self.lanes[lane] == 0:
                self.gains[lane] = self.losses[lane] = 0
            elif gain > 0:
                self.gains[lane] += gain
            else:
                self.losses[lane] += gain


class Track:
    def __init__(self):
        self.streams, self.price = {}, 0
        self.means, self.ledgers = [0] * 4, [{}, {}, {}, {}]      # riskd-edet-1
        self.level, self.below, self.tick, self.seen = 0, 0, None, None

    def age(self, tick):
        return 0 if self.tick is None else tick - self.tick

    # --- evidence

    def fade(self, tick):
        ticks = self.age(tick)
        if ticks:
            for stream in self.streams.values():
                stream.fade(ticks)
            self.streams = {name: stream for name, stream in self.streams.items() if not stream.is_empty()}

    def steps(self, tick, calibration, codes):
        ticks = self.age(tick)
        if ticks and any(self.means):
            for lane in range(4):
                self.means[lane] = decay(self.means[lane], ticks, lane)
                self.ledgers[lane] = faded(self.ledgers[lane], ticks, lane) if self.means[lane] else {}
                add(self.ledgers[lane], "limits", self.means[lane] - sum(self.ledgers[lane].values()))
        self.fade(tick)
        price = price_of(calibration.values())
        self.price = max(self.price, price) if self.streams else price
        for name, line in zip(sorted(calibration), codes):
            stream = self.streams.pop(name, None) or Stream()
            for code in line:
                stream.query(code, calibration[name], self.price)
            if not stream.is_empty():
                self.streams[name] = stream
        self.tick = tick

    def mean(self, tick, calibration, codes):
        """riskd-edet-1: the mean over queries and detectors."""
        self.fade(tick)
        value = lambda name, code: ONE if code == UNSCORED else calibration[name]["e"][code & 0x3F]
        parts = {name: sum(value(name, code) for code in line) for name, line in zip(sorted(calibration), codes)}
        total = sum(parts.values())
        mean = total // (len(codes[0]) * len(parts))
        ticks = self.age(tick)
        for lane in range(4):
            gain = ilog2(ONE - (ONE >> SHIFTS[lane]) + (mean >> SHIFTS[lane]))
            self.means[lane] = min(CAP, max(0, decay(self.means[lane], ticks, lane) + gain))
            ledger = faded(self.ledgers[lane], ticks, lane)
            if self.means[lane] == 0:
                ledger = {}
            else:
                if gain > 0:
                    shares = {name: gain * part // max(1, total) for name, part in parts.items()}
                    largest = max(parts, key=lambda name: (parts[name], name.encode()))
                    shares[largest] += gain - sum(shares.values())
                    for name, share in shares.items():
                        add(ledger, name, share)
                else:
                    add(ledger, "unremarkable", gain)
                add(ledger, "limits", self.means[lane] - sum(ledger.values()))
            self.ledgers[lane] = ledger
        self.tick = tick

    def evidence(self, tick):
        ticks = self.age(tick)
        mean = max(decay(self.means[lane], ticks, lane) for lane in range(4))
        found = [0, min(CAP, mean) - PENALTY]
        for stream in self.streams.values():
            for lane, (horizon, _, _) in enumerate(LANES):
                found.append(min(CAP, decay(stream.lanes[lane], ticks, horizon)) - self.price)
        return max(found)

    def horizons(self, tick):
        """Per horizon, on the scale of riskd-edet-1, where two bits are the price."""
        ticks, result = self.age(tick), []
        for horizon in range(4):
            found = [decay(self.means[horizon], ticks, horizon), 0]
            for stream in self.streams.values():
                for lane, (of, _, _) in enumerate(LANES):
                    if of == horizon and stream.lanes[lane]:
                        found.append(decay(stream.lanes[lane], ticks, horizon) - self.price + PENALTY)
            result.append(max(found))
        return result

    def score(self, tick, criticality):
        return score(self.evidence(tick), criticality)

    # --- levels

    def evaluate(self, tick, criticality):
        value = self.score(tick, criticality)
        reached = self.level
        while reached < 4 and value >= ENTER[reached]:
            reached += 1
        if reached > self.level:
            self.level, self.below = reached, 0
        elif self.level and value < EXIT[self.level - 1]:
            self.below += 1
            if self.below >= HOLD:
                self.level, self.below = self.level - 1, 0
        else:
            self.below = 0
        self.seen = tick

    def wait(self, tick, criticality):
        if self.seen is not None:
            for quiet in range(self.seen + 1, tick + 1):
                if self.level == 0:                # without queries no score rises
                    self.seen = tick
                    break
                self.evaluate(quiet, criticality)

    # --- explanation

    def strongest(self, tick):
        ticks = self.age(tick)
        best = max(range(4), key=lambda lane: (decay(self.means[lane], ticks, lane), -lane))
        net, price, horizon = decay(self.means[best], ticks, best) - PENALTY, PENALTY, best
        ledger = self.ledgers[best]
        for name in sorted(self.streams):
            stream = self.streams[name]
            for lane, (of, _, _) in enumerate(LANES):
                value = decay(stream.lanes[lane], ticks, of) - self.price
                if value > max(net, 0):
                    net, price, horizon = value, self.price, of
                    gain, loss = stream.gains[lane], stream.losses[lane]
                    ledger = {}
                    for part, units in ((name, gain), ("unremarkable", loss), ("limits", stream.lanes[lane] - gain - loss)):
                        add(ledger, part, units)
        return horizon, price, faded(ledger, ticks, horizon)

    def explain(self, tick, criticality):
        evidence = self.evidence(tick)
        plain, final = score(evidence, 1000), score(evidence, criticality)
        horizon, price, ledger = self.strongest(tick)
        parts = {}
        if evidence > 0:
            add(ledger, "multiplicity", -price)
            add(ledger, "limits", evidence - sum(ledger.values()))
            parts = {name: plain * units // evidence for name, units in ledger.items()}
            if parts:
                largest = max(parts, key=lambda name: (abs(parts[name]), name.encode()))
                parts[largest] += plain - sum(parts.values())
        add(parts, "impact", final - plain)
        listed = sorted(parts.items(), key=lambda part: (-abs(part[1]), part[0].encode()))
        return [HORIZONS[horizon], [[name, value] for name, value in listed if value]]


def add(ledger, name, units):
    if units:
        ledger[name] = ledger.get(name, 0) + units
        if ledger[name] == 0:
            del ledger[name]


def faded(ledger, ticks, horizon):
    left = {name: decay(units, ticks, horizon) for name, units in ledger.items()}
    return {name: units for name, units in left.items() if units}


def score(evidence, criticality):
    milli = evidence * 1000 >> 20
    odds = criticality * milli * milli
    return 100_000 * odds // (odds + 1000 * KAPPA * KAPPA)


# --- random histories

NAMES = ("opinion.a", "opinion.b", "similarity.user.descent", "similarity.user.jitter")


def table(rnd):
    rungs = rnd.randint(1, 9)
    marks = sorted(rnd.randint(1, rungs) for _ in range(6))
    if rnd.random() < 0.3:
        marks[-2:] = [marks[-1]] * 2
    calm = sorted(rnd.choice((ONE, ONE << 3, ONE << 5, ONE << 7, ONE << 9, ONE << 11)) * rnd.randint(64, 127) // 64 for _ in range(6))
    inverses = [calm]
    for _ in range(3):
        shrink = rnd.choice((1, 1, 4, 30, 200))
        inverses.append([value // shrink if rnd.random() < 0.8 else value for value in inverses[-1]])
    if rnd.random() < 0.05:
        inverses[0][-1], inverses[3][0] = 1 << 56, 0
    for mark in range(1, 6):                       # equal marks bet the same, mostly
        if marks[mark] == marks[mark - 1] and rnd.random() < 0.8:
            for row in inverses:
                row[mark] = row[mark - 1]
    e = [0]
    for _ in range(rungs):
        e.append(e[-1] + rnd.randrange(1 << rnd.randint(1, 42)))
    return {"rungs": marks, "inverses": inverses, "e": e}


def seen(track, tick, criticality):
    streams = [[name, s.lanes[:], s.gains[:], s.losses[:], s.memory()] for name, s in sorted(track.streams.items())]
    return {"tick": tick, "price": track.price, "evidence": track.evidence(tick), "score": track.score(tick, criticality),
            "horizons": track.horizons(tick), "level": LEVELS[track.level], "below": track.below, "means": track.means[:],
            "streams": streams, "explain": track.explain(tick, criticality)}


def history(rnd):
    names = sorted(rnd.sample(NAMES, rnd.randint(1, 4)))
    calibrations = [{"byQuery": True, "detectors": {name: table(rnd) for name in names}}]
    if rnd.random() < 0.35:
        # Another calibration takes over: of other detectors, or one of the edition before, in either order.
        others = sorted(rnd.sample(NAMES, rnd.randint(1, 4)))
        other = {"byQuery": rnd.random() < 0.5, "detectors": {name: table(rnd) for name in others}}
        calibrations.insert(rnd.randint(0, 1), other)
    heat, criticality = rnd.random() ** 2, rnd.choice((500, 1000, 1500, 2000))
    track, tick, steps = Track(), rnd.choice((0, -50, 177_243_889)), []
    count = rnd.randint(1, 14)
    for index in range(count):
        number = index * len(calibrations) // count
        calibration = calibrations[number]
        codes = []
        queries = rnd.choice((1, 1, 2, 5, 12))
        for name in sorted(calibration["detectors"]):
            top = len(calibration["detectors"][name]["e"]) - 1
            line = []
            for _ in range(queries):
                rung = rnd.randint(0, top) if rnd.random() < heat else 0
                known = 0x40 if name.startswith("opinion.") and rnd.random() < 0.3 else 0
                line.append(UNSCORED if rnd.random() < 0.1 else rung | known)
            codes.append(line)
        tick += rnd.choice((1, 1, 1, 2, rnd.randint(1, 40), rnd.randint(1, 900), 69_119 + rnd.randint(0, 1) if rnd.random() < 0.1 else 3))
        track.wait(tick - 1, criticality)
        (track.steps if calibration["byQuery"] else track.mean)(tick, calibration["detectors"], codes)
        track.evaluate(tick, criticality)
        steps.append({"calibration": number, "codes": codes, **seen(track, tick, criticality)})
    idle = []
    for wait in (0, 1, 7, 24, 60, 360, 1080, 2880, 8640):
        tick += wait
        track.wait(tick, criticality)
        idle.append(seen(track, tick, criticality))
    return {"calibrations": calibrations, "criticality": criticality, "steps": steps, "idle": idle}


def main():
    rnd = random.Random(20_261_130)
    histories = [history(rnd) for _ in range(150)]
    golden = {"decay": TABLES, "histories": histories}
    text = json.dumps(golden, separators=(",", ":"), sort_keys=True) + "\n"
    out = pathlib.Path(__file__).with_name("golden2.json")
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if out.read_text() == text else f"{out.name} is not what {pathlib.Path(__file__).name} writes")
    out.write_text(text)
    levels = [step["level"] for entry in histories for step in entry["steps"]]
    print(len(text), {level: levels.count(level) for level in LEVELS})


if __name__ == "__main__":
    main()
