import Domain

/// The one table of keys: parsing, defaults, checks and the reference all come from here.
enum KeyTable {
    /// Where the initial values of keys come from; those found out at start are not shown.
    private static let top = KeyMaker(defaults: Configuration(stateDirectory: "", workers: 1))
    private static let images = KeyMaker(defaults: Configuration.Similarity())
    private static let served = KeyMaker(defaults: Configuration.Model())
    private static let second = KeyMaker(defaults: Configuration.Opinion())

    static let root = KeySection<Configuration>(
        bindings: scoringKeys + alertingKeys + coverageKeys + apiKeys + retentionKeys
    )

    private static let scoringKeys: [KeyBinding<Configuration>] = [
        top.key(
            "state_directory",
            \.stateDirectory,
            .path("path of a folder"),
            default: "$STATE_DIRECTORY where systemd sets it, else riskd-state in the current folder",
            example: "/var/lib/riskd",
            "Where riskd keeps its files and, without `database`, its own PostgreSQL cluster."
        ),
        top.key(
            "database",
            \.database,
            ValueType.secret.optional,
            default: "none, riskd runs its own cluster under state_directory",
            example: "'host=/run/postgresql dbname=riskd user=riskd'",
            isSecret: true,
            "A libpq connection string; keep passwords out of it with passfile=."
        ),
        top.key(
            "workers",
            \.workers,
            .integer(1...1024, unit: "threads"),
            default: "one per processor",
            example: "4",
            "Threads that score images."
        ),
        top.key("log.level", \.log.level, .choice, "The least urgent lines that are logged."),
        top.key(
            "ingest.paths",
            \.ingest.paths,
            ValueType.path("a path or a glob").list(of: "paths"),
            "Log files to follow, such as [/var/log/inference/*.ndjson]."
        ),
        top.key(
            "ingest.maximum_line",
            \.ingest.maximumLine,
            .size(1 << 10...1 << 30),
            "A longer line becomes a dead letter."
        ),
        top.key(
            "ingest.poll_interval",
            \.ingest.pollInterval,
            .duration(.milliseconds(10) ... .seconds(60)),
            "How often files and globs are looked at."
        ),
        top.key(
            "ingest.rotated_grace",
            \.ingest.rotatedGrace,
            .duration(.zero ... .seconds(3600)),
            "How long a rotated file is still read after its end was seen."
        ),
        top.key(
            "ingest.maximum_future",
            \.ingest.maximumFuture,
            .duration(.zero ... .seconds(7 * 86_400)),
            "A live record further ahead of the clock becomes a dead letter; one that is less far ahead counts where the clock is, and is flagged."
        ),
        top.key(
            "ingest.time_zone",
            \.ingest.timeZone,
            .zone,
            "The zone of times that are logged without one."
        ),
        top.key(
            "ingest.model_names",
            \.ingest.modelNames,
            ValueType<ModelNames.Rule>.modelName.list(of: "rules"),
            "What models are called whose logged names say more, such as ['fashion=fashion-*'] for pods or revisions; the first that fits counts. A model has one history, calibration and level under its name."
        ),
        top.key(
            "batch.records",
            \.batch.records,
            .integer(1...65_536, unit: "records"),
            "Records that are committed together at most."
        ),
        top.key(
            "batch.bytes",
            \.batch.bytes,
            .size(1 << 10...1 << 30),
            "Bytes of lines that are committed together at most; a single longer line is a batch of its own."
        ),
        top.key(
            "batch.delay",
            \.batch.delay,
            .duration(.zero ... .seconds(10)),
            "How long a record waits for others at most before it is committed."
        ),
        top.key(
            "http.listen",
            \.http.listen,
            .loopback,
            "Where probes and metrics are served; port 0 takes a free one."
        ),
        top.key(
            "scoring.tick",
            \.scoring.tick,
            .duration(.seconds(1) ... .seconds(3600)),
            "The length of a scoring tick: the grid on which levels are looked at and samples are made; the queries of one count one after the other, so it says how soon a level is told, not how high it rises."
        ),
        top.key(
            "scoring.lateness",
            \.scoring.lateness,
            .duration(.zero ... .seconds(3600)),
            "How long after its end a tick stays open for late records; one that comes later counts in the first open tick. It delays every alert: more only where logs arrive in bursts or hosts' clocks differ."
        ),
        top.key(
            "scoring.half_lives",
            \.scoring.halfLives,
            ValueType.duration(.seconds(10) ... .seconds(30 * 86_400)).list(of: "durations", count: 4),
            "Half-lives of the evidence in the burst, session, shift and campaign lanes, ascending."
        ),
        top.key(
            "scoring.hold",
            \.scoring.hold,
            .integer(1...10_000, unit: "ticks"),
            "Ticks below the exit score before a level steps down."
        ),
        top.key(
            "scoring.enter",
            \.scoring.enter,
            ValueType.number(0...100, unit: "score").list(of: "numbers", count: 4),
            "Scores at which low, medium, high and critical begin, ascending."
        ),
        top.key(
            "scoring.exit",
            \.scoring.exit,
            ValueType.number(0...100, unit: "score").list(of: "numbers", count: 4),
            "Scores below which low, medium, high and critical end, ascending, each below its enter score."
        ),
        top.key(
            "calibration.delta",
            \.calibration.delta,
            .number(0.000_001...0.5, unit: "probability"),
            "The probability that a calibration's bounds do not hold, split over all of them."
        ),
        top.key(
            "calibration.fractions",
            \.calibration.fractions,
            ValueType.number(0.000_001...0.5, unit: "share of queries").list(of: "numbers"),
            "The shares of benign queries above rung 1, 2, ..., descending; what is rarer than one query is the largest."
        ),
        top.key(
            "calibration.independent",
            \.calibration.independent,
            .choice,
            """
            Which benign records are independent: those of different users, so that those of one are worth fewer, or all, \
            which gives tighter bounds that hold only if a user's records say nothing of each other.
            """
        ),
        top.key(
            "calibration.strata",
            \.calibration.strata,
            ValueType<Configuration.Stratum>.stratum.list(of: "strata"),
            """
            Parts of a model's users that are calibrated apart where they have enough traffic, such as \
            [batch=source:10.0.*, model_version]; the first that fits a record counts.
            """
        ),
        top.key(
            "calibration.own_after",
            \.calibration.ownAfter,
            .integer(0...1_000_000, unit: "queries"),
            "After how many accepted benign queries a user is judged by an own baseline (0: never; 100 at least)."
        ),
        KeyBinding(name: "similarity", keys: similarity.nested(in: "similarity.")) {
            node,
            path,
            decoder,
            root in
            decoder.decode(similarity, node, at: path, into: &root.similarity)
        },
        top.key(
            "memory.models",
            \.memory.models,
            .integer(1...100_000, unit: "models"),
            "Models that have a history at most; of more, those are forgotten that have been idle for longest for how much was seen of them."
        ),
        top.key(
            "memory.history",
            \.memory.history,
            .size(64 << 20...1 << 40),
            "Bytes that all models' histories may take together; beyond, the largest ones are shortened. The service's memory limit has to be well above it."
        ),
        top.key(
            "campaigns.distance",
            \.campaigns.distance,
            ValueType.number(0...2, unit: "1 - SSIM, or mean squared error / 255²").optional,
            default: "the model's similarity.threshold",
            example: "0.1",
            "Images nearer than this, and not identical, form a campaign whoever sent them; at most similarity.cap."
        ),
        top.key(
            "campaigns.gap",
            \.campaigns.gap,
            .duration(.seconds(1) ... .seconds(30 * 86_400)),
            "How long a campaign waits for its next image before it is over."
        ),
        top.key(
            "opinions.runtime",
            \.opinions.runtime,
            ValueType.path("path of libonnxruntime.so").optional,
            default:
                "$RISKD_ONNXRUNTIME, else .deps/onnxruntime/ beside this file or above it, else /usr/lib/riskd/",
            example: "/usr/lib/riskd/libonnxruntime.so",
            "The ONNX Runtime library that computes second opinions."
        ),
        KeyBinding(name: "models", keys: model.nested(in: "models.NAME.")) { node, path, decoder, root in
            let similarity = root.similarity
            decoder.decodeModels(node, at: path, similarity: similarity, into: &root.models)
        },
    ]

    static let similarity = KeySection<Configuration.Similarity>(bindings: [
        images.key(
            "metric",
            \.metric,
            .choice,
            """
            How the distance of two inputs is measured: 1 - SSIM; mean squared error / 255², for mse and psnr; 1 - FSIM \
            of luminance, which has no bound, so every query is compared with every image; |a - b| / (|a| + |b|) of the \
            logged features.
            """
        ),
        images.key(
            "window",
            \.window,
            .choice,
            "The window of SSIM: uniform 7x7 or gaussian 11x11 of sigma 1.5."
        ),
        images.key(
            "threshold",
            \.threshold,
            .number(0...2, unit: "distance; at most 1 unless metric is ssim"),
            """
            Earlier inputs nearer than this are counted; to begin with, 0.1 for ssim, 0.005 for mse and psnr (23 dB), \
            0.05 for fsim and 0.1 for features.
            """
        ),
        images.key(
            "cap",
            \.cap,
            .number(0...2, unit: "distance; at most 1 unless metric is ssim"),
            """
            No neighbour is looked for beyond this distance; at least the threshold, and about three times it to begin \
            with.
            """
        ),
        images.key(
            "history.entries",
            \.history.entries,
            .integer(1...10_000_000, unit: "images"),
            "Images that are remembered of one model at most."
        ),
        images.key(
            "history.bytes",
            \.history.bytes,
            .size(1 << 20...1 << 40),
            """
            Bytes that are remembered of one model at most: of pixels, with fsim 4 more for each pixel, or of features.
            """
        ),
        images.key(
            "history.age",
            \.history.age,
            .duration(.seconds(1) ... .seconds(3650 * 86_400)),
            "How long an image is remembered at most."
        ),
    ])

    static let model = KeySection<Configuration.Model>(bindings: [
        served.key(
            "criticality",
            \.criticality,
            .number(oneOf: [0.5, 1, 1.5, 2]),
            "How much harm a wrong answer of this model does: the multiplier of its odds."
        ),
        served.key(
            "classes",
            \.classes,
            ValueType.words("a class name", note: "without control characters").list(of: "names"),
            "Class names in the order of `probabilities`; second opinions need them."
        ),
        KeyBinding(
            name: "opinions",
            keys: opinion.bindings.flatMap(\.keys).map { $0.nested(in: "opinions[].") }
        ) { node, path, decoder, root in
            decoder.decodeOpinions(node, at: path, into: &root.opinions)
        },
        KeyBinding(
            name: "similarity",
            keys: similarity.nested(in: "similarity.").map { key in
                var key = key
                key.summary = "As \(key.path) above, for this model."
                key.example = key.defaultText ?? key.example
                key.defaultText = nil
                key.defaultNote = "what is set above"
                return key
            }
        ) { node, path, decoder, root in
            decoder.decode(similarity, node, at: path, into: &root.similarity)
        },
    ])

    static let opinion = KeySection<Configuration.Opinion>(bindings: [
        second.required(
            "name",
            \.name,
            .identifier,
            example: "encoder",
            "The opinion's name, unique within the model; its detector is called opinion.NAME."
        ),
        second.required(
            "model",
            \.model,
            .path("path of an ONNX file"),
            example: "models/fashion-encoder.onnx",
            "The second model: features or image to class probabilities."
        ),
        second.key(
            "input",
            \.input,
            .choice,
            default: "features",
            example: "backbone",
            "What it is fed with: the logged features, features that a backbone computes, or the image."
        ),
        second.key(
            "backbone",
            \.backbone,
            ValueType.path("path of an ONNX file").optional,
            default: "none, required where input is backbone",
            example: "models/fashion-backbone.onnx",
            "The model that computes features from an image."
        ),
    ])
}

extension KeySection {
    /// The keys, with `prefix` before their paths.
    func nested(in prefix: String) -> [ConfigurationKey] {
        bindings.flatMap(\.keys).map { $0.nested(in: prefix) }
    }
}
