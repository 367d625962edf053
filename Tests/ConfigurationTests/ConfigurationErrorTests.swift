import Configuration
import Testing

/// A document, and every line of the error that it must give.
struct Bad: Sendable, CustomTestStringConvertible {
    let document: String
    let lines: [String]

    init(_ document: String, _ lines: String...) {
        self.document = document
        self.lines = lines
    }

    var testDescription: String { lines.first ?? "" }
}

let surroundings = Configuration.Surroundings(currentDirectory: "/home/me", processors: 8)

func problems(_ document: String, overrides: [String] = []) -> [String] {
    do throws(ConfigurationError) {
        _ = try Configuration.parse(
            Array(document.utf8),
            file: "r.yaml",
            overrides: overrides,
            surroundings: surroundings
        )
        return []
    } catch {
        return error.description.split(separator: "\n").map(String.init)
    }
}

@Suite struct ConfigurationErrorTests {
    static let documents = [
        // Unknown keys.
        Bad(
            "similarity:\n  treshold: 0.1\n",
            "r.yaml:2:3: similarity: unknown key 'treshold'; did you mean 'threshold'?"
        ),
        Bad("simliarity: {}\n", "r.yaml:1:1: unknown key 'simliarity'; did you mean 'similarity'?"),
        Bad("threshold: 0.1\n", "r.yaml:1:1: unknown key 'threshold'; there is similarity.threshold"),
        Bad("colour: red\n", "r.yaml:1:1: unknown key 'colour'"),
        Bad("<<: {}\n", "r.yaml:1:1: unknown key '<<'"),
        Bad(
            "similarity:\n  history: {entires: 5}\n",
            "r.yaml:2:13: similarity.history: unknown key 'entires'; did you mean 'entries'?"
        ),
        Bad(
            "models:\n  fashion:\n    clases: [a]\n",
            "r.yaml:3:5: models.fashion: unknown key 'clases'; did you mean 'classes'?"
        ),
        // Types.
        Bad("batch: {records: many}\n", "r.yaml:1:18: batch.records: expected a whole number, got 'many'"),
        Bad("batch: {records: [1]}\n", "r.yaml:1:18: batch.records: expected a whole number, got a list"),
        Bad("batch: {records: }\n", "r.yaml:1:18: batch.records: expected a whole number, got nothing"),
        Bad("batch: {records: 0}\n", "r.yaml:1:18: batch.records: must be between 1 and 65536, got 0"),
        Bad("batch: 5\n", "r.yaml:1:8: batch: expected a mapping of keys, got text"),
        Bad("just text\n", "r.yaml:1:1: expected a mapping of keys, got text"),
        Bad(
            "batch: {bytes: 64}\n",
            "r.yaml:1:16: batch.bytes: expected a size such as 64MiB, got '64'"
        ),
        Bad("batch: {bytes: 1B}\n", "r.yaml:1:16: batch.bytes: must be between 1KiB and 1GiB, got 1B"),
        Bad(
            "batch: {bytes: 9223372036854775807GiB}\n",
            "r.yaml:1:16: batch.bytes: expected a size such as 64MiB, got '9223372036854775807GiB'"
        ),
        Bad(
            "batch: {delay: 5}\n",
            "r.yaml:1:16: batch.delay: expected a duration such as 200ms, 10s, 5m, 4h or 7d, got '5'"
        ),
        Bad(
            "ingest: {time_zone: Europe/Nowhere}\n",
            "r.yaml:1:21: ingest.time_zone: expected a time zone such as UTC, +02:00 or Europe/Berlin, got 'Europe/Nowhere'"
        ),
        Bad("batch: {delay: 1h}\n", "r.yaml:1:16: batch.delay: must be between 0s and 10s, got 1h"),
        Bad("similarity: {cap: nan}\n", "r.yaml:1:19: similarity.cap: expected a number, got 'nan'"),
        Bad("similarity: {cap: 0x1p3}\n", "r.yaml:1:19: similarity.cap: expected a number, got '0x1p3'"),
        Bad("similarity: {cap: 1e999}\n", "r.yaml:1:19: similarity.cap: expected a number, got '1e999'"),
        Bad(
            "log: {level: inof}\n",
            "r.yaml:1:14: log.level: expected one of error, warning, notice, info, debug, got 'inof'; "
                + "did you mean 'info'?"
        ),
        Bad(
            "log: {level: loud}\n",
            "r.yaml:1:14: log.level: expected one of error, warning, notice, info, debug, got 'loud'"
        ),
        Bad(
            "models: {m: {criticality: 3}}\n",
            "r.yaml:1:27: models.m.criticality: expected one of 0.5, 1, 1.5, 2, got '3'"
        ),
        Bad("ingest: {paths: /x}\n", "r.yaml:1:17: ingest.paths: expected a list of paths, got text"),
        Bad(
            "ingest: {paths: [a, []]}\n",
            "r.yaml:1:17: ingest.paths: element 2: expected a path, got a list"
        ),
        Bad(
            "state_directory: \"a\\u001bb\"\n",
            "r.yaml:1:18: state_directory: must not be empty or contain control characters"
        ),
        Bad(
            "http: {listen: 0.0.0.0:80}\n",
            "r.yaml:1:16: http.listen: must be a loopback address (127.0.0.1 or [::1]), got '0.0.0.0:80'; "
                + "to serve other machines, put a proxy with TLS and authentication in front"
        ),
        Bad(
            "http: {listen: 9470}\n",
            "r.yaml:1:16: http.listen: expected an address such as 127.0.0.1:9470, got '9470'"
        ),
        Bad(
            "scoring: {enter: [1, 2]}\n",
            "r.yaml:1:18: scoring.enter: expected a list of 4 numbers, got 2"
        ),
        // Between keys.
        Bad(
            "similarity: {threshold: 0.5}\n",
            "r.yaml:1:25: similarity.threshold: must be at most cap (0.3), got 0.5"
        ),
        Bad(
            "similarity: {cap: 0.05}\n",
            "r.yaml:1:19: similarity.threshold: must be at most cap (0.05), got 0.1"
        ),
        Bad(
            "campaigns: {distance: 0.5}\n",
            "r.yaml:1:23: campaigns.distance: must be at most similarity.cap (0.3), got 0.5"
        ),
        Bad(
            "campaigns: {distance: 0.25}\nmodels: {m: {similarity: {cap: 0.2}}}\n",
            "r.yaml:1:23: campaigns.distance: must be at most models.m.similarity.cap (0.2), got 0.25"
        ),
        Bad("campaigns: {gap: 0s}\n", "r.yaml:1:18: campaigns.gap: must be between 1s and 30d, got 0s"),
        Bad("similarity: {cap: 3}\n", "r.yaml:1:19: similarity.cap: must be between 0 and 2, got 3"),
        Bad(
            "similarity: {metric: psnr, threshold: 0.01, cap: 1.5}\n",
            "r.yaml:1:50: similarity.cap: must be at most 1, the largest mean squared error / 255², got 1.5"
        ),
        Bad(
            "similarity: {metric: mse}\n",
            "r.yaml:1:22: similarity.metric: needs a threshold and a cap of its own: the defaults are meant for "
                + "ssim, not mse"
        ),
        Bad(
            "similarity: {cap: 0.2}\nmodels: {m: {similarity: {threshold: 0.25}}}\n",
            "r.yaml:2:38: models.m.similarity.threshold: must be at most cap (0.2), got 0.25"
        ),
        Bad(
            "scoring: {exit: [15, 40, 60, 82]}\n",
            "r.yaml:1:17: scoring.exit: medium: exit 40 must be below enter 40"
        ),
        Bad("scoring: {enter: [20, 90, 70, 95]}\n", "r.yaml:1:18: scoring.enter: must ascend"),
        Bad("scoring: {half_lives: [1h, 1h, 4h, 1d]}\n", "r.yaml:1:23: scoring.half_lives: must ascend"),
        Bad(
            "scoring: {tick: 1h}\n",
            "r.yaml:1:17: scoring.half_lives: must be 1 to 131072 ticks of 1h each, got 10m"
        ),
        Bad(
            "scoring: {tick: 1s, half_lives: [1m, 1h, 4h, 2d]}\n",
            "r.yaml:1:33: scoring.half_lives: must be 1 to 131072 ticks of 1s each, got 2d"
        ),
        Bad(
            "calibration: {fractions: []}\n",
            "r.yaml:1:26: calibration.fractions: needs at least one fraction"
        ),
        Bad("calibration: {fractions: [0.1, 0.2]}\n", "r.yaml:1:26: calibration.fractions: must descend"),
        // Models.
        Bad("models: [m]\n", "r.yaml:1:9: models: expected a mapping of keys, got a list"),
        Bad(
            "models: {\"a\\tb\": {}}\n",
            "r.yaml:1:10: models: a model's name must have 1 to 256 bytes and no control characters"
        ),
        Bad("models: {m: {classes: [a, a]}}\n", "r.yaml:1:23: models.m.classes: names a class twice"),
        Bad(
            "models: {m: {opinions: [{name: a}]}}\n",
            "r.yaml:1:25: models.m.opinions[0]: required key 'model' is missing"
        ),
        Bad(
            "models: {m: {opinions: [{name: a, model: x}, {name: a, model: y}]}}\n",
            "r.yaml:1:53: models.m.opinions[1].name: 'a' is the name of two opinions"
        ),
        Bad(
            "models: {m: {opinions: [{name: a b, model: x}]}}\n",
            "r.yaml:1:32: models.m.opinions[0].name: must have 1 to 64 letters, digits, '-' or '_', got 'a b'"
        ),
        Bad(
            "models: {m: {opinions: [{name: a, model: x, input: backbone}]}}\n",
            "r.yaml:1:52: models.m.opinions[0].input: needs the key backbone beside it"
        ),
        Bad(
            "models: {m: {opinions: [{name: a, model: x, backbone: y}]}}\n",
            "r.yaml:1:55: models.m.opinions[0].backbone: is only used where input is backbone"
        ),
        // YAML itself.
        Bad("workers: 1\nworkers: 2\n", "r.yaml:2:1: key 'workers' is given twice"),
        Bad(
            "log: &a {level: info}\nhttp: *a\n",
            "r.yaml:1:6: anchors are refused; aliases are not supported",
            "r.yaml:2:7: aliases are refused; write the value out"
        ),
        Bad("workers: !!int 3\n", "r.yaml:1:10: tags are refused; a key's type is fixed"),
        Bad("? [a]\n: 1\n", "r.yaml:1:3: a key must be text, not a list"),
        Bad("workers: 1\n---\nworkers: 2\n", "r.yaml:3:1: a second document is refused"),
        Bad(
            "log:\n\tlevel: info\n",
            "r.yaml:2:1: found character that cannot start any token, while scanning for the next token"
        ),
        Bad("log: [1\n", "r.yaml:2:1: did not find expected ',' or ']', while parsing a flow sequence"),
        Bad("é: \u{7}\n", "r.yaml:1:4: control characters are not allowed"),
        Bad(String(repeating: "[", count: 40), "r.yaml:1:17: nested deeper than 16 levels"),
        // All of them at once, in the order of the document.
        Bad(
            "workers: 0\nbatch: {delay: x, recrods: 1}\nlog: {level: no}\n",
            "r.yaml:1:10: workers: must be between 1 and 1024, got 0",
            "r.yaml:2:16: batch.delay: expected a duration such as 200ms, 10s, 5m, 4h or 7d, got 'x'",
            "r.yaml:2:19: batch: unknown key 'recrods'; did you mean 'records'?",
            "r.yaml:3:14: log.level: expected one of error, warning, notice, info, debug, got 'no'"
        ),
    ]

    @Test(arguments: documents)
    func `says where, which key, and what would be right`(_ bad: Bad) {
        #expect(problems(bad.document) == bad.lines)
    }

    @Test func `never shows a secret`() {
        let found = problems("database: [\"password=hunter2\"]\n")
        #expect(found == ["r.yaml:1:11: database: expected text, got a list"])
        #expect(problems("database: \"password=hunter2\\n\"\n").joined().contains("hunter2") == false)
    }

    @Test func `names a file that cannot be read`() {
        #expect {
            _ = try Configuration.load("/nonexistent/r.yaml")
        } throws: { error in
            "\(error)" == "/nonexistent/r.yaml: No such file or directory"
        }
        #expect {
            _ = try Configuration.load("/")
        } throws: { error in
            "\(error)" == "/: Is a directory"
        }
    }

    @Test func `survives random bytes`() {
        var generator = SplitMix(state: 7)
        let alphabet =
            Array("abz:: -[]{},&*!|>'\"%@`#?\n\n\t  0189.~<".utf8) + [0, 7, 0xC3, 0xA9, 0xFF, 0xEF, 0xBB]
        let reference = Array(ConfigurationReference.yaml.utf8)
        for round in 0..<3000 {
            var bytes: [UInt8]
            if round % 3 == 0 {
                bytes = (0..<Int.random(in: 0..<200, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
            } else if round % 3 == 1 {
                bytes = (0..<Int.random(in: 0..<200, using: &generator)).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                }
            } else {
                bytes = Array(reference[..<Int.random(in: 0..<reference.count, using: &generator)])
                let index = Int.random(in: 0..<max(1, bytes.count), using: &generator)
                if index < bytes.count { bytes[index] = alphabet[round % alphabet.count] }
            }
            do throws(ConfigurationError) {
                _ = try Configuration.parse(bytes, file: "r.yaml", surroundings: surroundings)
            } catch {
                #expect(!error.problems.isEmpty)
                let isPrintable = error.problems.allSatisfy { problem in
                    problem.description.unicodeScalars.allSatisfy {
                        $0.properties.generalCategory != .control
                    }
                }
                #expect(isPrintable, "\(error)")
            }
        }
    }
}

/// Reproducible randomness.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
