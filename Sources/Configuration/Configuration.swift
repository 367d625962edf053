package import Domain
package import Runtime

/// Everything that an operator may set, typed and checked.
///
/// Names, units, ranges and meanings of the keys are in ``ConfigurationKey/all``; config/riskd.yaml prints them.
package struct Configuration: Hashable, Sendable {
    /// Where riskd keeps its files and, without `database`, its own PostgreSQL cluster.
    package var stateDirectory: String
    /// A libpq connection string; nil for the embedded cluster.
    package var database: Secret?
    /// What is logged.
    package var log = Log()
    /// What is read, and how.
    package var ingest = Ingest()
    /// How much is committed at once.
    package var batch = Batch()
    /// Threads for detectors, at least 1.
    package var workers: Int
    /// Probes and metrics.
    package var http = HTTP()
    /// The API and the dashboard.
    package var api = API()
    /// How long what is kept.
    package var retention = Retention()
    /// The similarity detector of models that set nothing else.
    package var similarity = Similarity()
    /// Which near-duplicates form a campaign.
    package var campaigns = Campaigns()
    /// `memory.*`.
    package var memory = Memory()
    /// Where second opinions are computed.
    package var opinions = Opinions()
    /// What is set for one model.
    package var models: [ModelID: Model] = [:]
    /// Ticks, lanes and levels.
    package var scoring = Scoring()
    /// How thresholds are built from benign traffic.
    package var calibration = Calibration()
    /// Which levels alert, and who is told.
    package var alerting = Alerting()
    /// How much of what is logged has to be seen.
    package var coverage = Coverage()

    /// The settings for `model`: its own, or the defaults when none are given.
    ///
    /// - Parameter model: as records name it.
    /// - Returns: settings with the global similarity settings filled in.
    package func settings(for model: ModelID) -> Model { models[model] ?? Model(similarity: similarity) }
}

extension Configuration {
    /// Text that must not be shown: its description hides it.
    package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
        CustomReflectable
    {
        /// The text itself.
        package let value: String

        /// Hides `value`.
        package init(_ value: String) { self.value = value }

        package var description: String { "(secret)" }
        package var debugDescription: String { "(secret)" }
        package var customMirror: Mirror { Mirror(self, children: []) }
    }

    /// `log.*`.
    package struct Log: Hashable, Sendable {
        /// How urgent a line must be to be written.
        package enum Level: String, Hashable, Sendable, CaseIterable {
            case error, warning, notice, info, debug
        }

        /// The least urgent level that is written.
        package var level = Level.info
    }

    /// `ingest.*`.
    package struct Ingest: Hashable, Sendable {
        /// Absolute paths and globs of log files.
        package var paths: [String] = []
        /// Bytes of one line; a longer one is a dead letter.
        package var maximumLine = 64 << 20
        /// How often files and globs are looked at.
        package var pollInterval = Duration.milliseconds(200)
        /// How long a renamed file is still read after it was seen to end.
        package var rotatedGrace = Duration.seconds(5)
        /// How far ahead of the clock a live record may be; beyond it is a dead letter.
        package var maximumFuture = Duration.seconds(600)
        /// The zone of times that name none.
        package var timeZone = LogZone.utc
        /// What models are called whose logged names say more.
        package var modelNames: [ModelNames.Rule] = []
    }

    /// `batch.*`.
    package struct Batch: Hashable, Sendable {
        /// Records of one transaction.
        package var records = 1024
        /// Bytes of log lines of one transaction.
        package var bytes = 16 << 20
        /// How long a record may wait for others.
        package var delay = Duration.milliseconds(50)
    }

    /// `http.*`.
    package struct HTTP: Hashable, Sendable {
        /// Where probes and metrics are served.
        package var listen = Address(host: "127.0.0.1", port: 9470)
    }

    /// A numeric address and a port.
    package struct Address: Hashable, Sendable, CustomStringConvertible {
        /// Such as `127.0.0.1` or `::1`.
        package let host: String
        /// 0 (any free one) … 65535.
        package let port: UInt16

        /// `127.0.0.1:9470` or `[::1]:9470`.
        package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// `similarity.*` and `models.NAME.similarity.*`.
    package struct Similarity: Hashable, Sendable {
        /// How the distance of two inputs is measured.
        package enum Metric: String, Hashable, Sendable, CaseIterable {
            case ssim, mse, psnr, fsim, features
        }

        /// The window of SSIM.
        package enum Window: String, Hashable, Sendable, CaseIterable {
            case uniform, gaussian
        }

        /// How the distance is measured.
        package var metric = Metric.ssim
        /// The window of SSIM: uniform 7x7 or gaussian 11x11 of sigma 1.5.
        package var window = Window.uniform
        /// Earlier images nearer than this are counted; in the metric's unit.
        package var threshold = 0.1
        /// Beyond this distance no neighbour is looked for; at least `threshold`.
        package var cap = 0.3
        /// How much is remembered.
        package var history = History()
    }

    /// `similarity.history.*`: the first limit that is reached counts.
    package struct History: Hashable, Sendable {
        /// Images of one model.
        package var entries = 10_000
        /// Bytes of what is compared of one model's inputs, with what the metric keeps beside.
        package var bytes = 1 << 30
        /// How old an image may be.
        package var age = Duration.seconds(7 * 86_400)
    }

    /// `memory.*`: what all models' histories may take together.
    package struct Memory: Hashable, Sendable {
        /// Models with a history.
        package var models = 10_000
        /// Bytes.
        package var history = 2 << 30
    }

    /// `campaigns.*`.
    package struct Campaigns: Hashable, Sendable {
        /// Only images nearer than this link; nil for the model's `similarity.threshold`.
        package var distance: Double?
        /// How long a campaign waits for its next image.
        package var gap = Duration.seconds(3600)
    }

    /// `opinions.*`.
    package struct Opinions: Hashable, Sendable {
        /// The path of libonnxruntime.so as configured; nil to look where ``candidates`` says.
        package var runtime: String?
        /// Where the library is looked for, in order.
        package var candidates: [String] = []
    }

    /// `models.NAME.*`.
    package struct Model: Hashable, Sendable {
        /// How much the model matters: the multiplier of its odds, 0.5, 1, 1.5 or 2 (docs/design/evidence.md#levels).
        package var criticality = 1.0
        /// Class names in the order of `probabilities`; empty when unknown.
        package var classes: [String] = []
        /// Second opinions, in order.
        package var opinions: [Opinion] = []
        /// The similarity detector.
        package var similarity: Similarity

        /// The defaults of a model.
        ///
        /// - Parameter similarity: the global settings.
        package init(similarity: Similarity = Similarity()) { self.similarity = similarity }
    }

    /// `models.NAME.opinions[].*`.
    package struct Opinion: Hashable, Sendable {
        /// What a second model is fed with.
        package enum Input: String, Hashable, Sendable, CaseIterable {
            /// The logged features.
            case features
            /// Features that a backbone computes from the image.
            case backbone
            case image
        }

        /// Unique within the model; letters, digits, `-` and `_`.
        package var name = ""
        /// The absolute path of the second model's ONNX file.
        package var model = ""
        /// What it is fed with.
        package var input = Input.features
        /// The absolute path of the backbone's ONNX file; present if and only if `input` is `backbone`.
        package var backbone: String?
    }

    /// `scoring.*`.
    package struct Scoring: Hashable, Sendable {
        /// The length of a tick.
        package var tick = Duration.seconds(1)
        /// How long a tick stays open after its end.
        package var lateness = Duration.seconds(2)
        /// The half-lives of the four lanes, ascending.
        package var halfLives: [Duration] = [600, 3600, 14_400, 86_400].map { .seconds($0) }
        /// Ticks below the exit threshold before a level steps down.
        package var hold = 120
        /// Scores at which low, medium, high and critical begin, 0 … 100, ascending.
        package var enter: [Double] = [20, 40, 70, 90]
        /// Scores below which they end, each below its `enter`.
        package var exit: [Double] = [15, 32, 60, 82]
    }

    /// `calibration.*`.
    package struct Calibration: Hashable, Sendable {
        /// The probability that a calibration is wrong, split over all its bounds; 0 … 1.
        package var delta = 0.01
        /// The shares of benign traffic above each rung, descending; 0 … 1.
        package var fractions: [Double] = [0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001]
        /// Parts of a model's users that are calibrated apart, where there is enough traffic; the first that fits counts.
        package var strata: [Stratum] = []
        /// Which benign records are taken as independent of each other.
        package var independent = Independence.users
        /// After how many accepted benign queries a user is judged by an own baseline; 0: never.
        package var ownAfter = 2000
    }

    /// What `calibration.independent` may be.
    package enum Independence: String, Hashable, Sendable, CaseIterable {
        /// Records of different users only: those of one are worth fewer.
        case users
        /// All: the bounds are tighter, and hold only if a user's records say nothing of each other.
        case records
    }

    /// One of `calibration.strata`.
    package enum Stratum: Hashable, Sendable {
        /// What a pattern is compared with.
        package enum Field: String, Hashable, Sendable, CaseIterable {
            case user
            case source
            case modelVersion = "model_version"
        }

        /// Records whose field is what a pattern says.
        case matching(name: String, Field, pattern: String)
        /// Every version of the model apart.
        case eachVersion
    }
}
