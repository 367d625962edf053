package import Domain

/// In which respect lines are bad: what keeps riskd from seeing what they show.
package enum CoverageMeasure: Hashable, Comparable, Sendable {
    /// Lines that could not be used.
    case deadLetters
    /// Records that were met before.
    case repeats
    /// Records whose tick was closed.
    case late
    /// Records of which a field was not used as it was logged.
    case degraded
    /// Records that were compared with nothing.
    case uncompared
    /// Records that a second opinion was not formed of.
    case missing(DetectorID)

    /// A stable word: `dead_letters`, `repeats`, `late`, `degraded`, `uncompared`, or the opinion such as
    /// `opinion.encoder`.
    package var name: String {
        switch self {
        case .deadLetters: "dead_letters"
        case .repeats: "repeats"
        case .late: "late"
        case .degraded: "degraded"
        case .uncompared: "uncompared"
        case .missing(let opinion): opinion.name
        }
    }

    /// The measure of a name; nil where there is none such.
    package init?(name: String) {
        switch name {
        case "dead_letters": self = .deadLetters
        case "repeats": self = .repeats
        case "late": self = .late
        case "degraded": self = .degraded
        case "uncompared": self = .uncompared
        default:
            let detector = DetectorID(name)
            guard detector.isOpinion else { return nil }
            self = .missing(detector)
        }
    }

    /// The detector that says nothing where it is bad; nil where lines themselves are of no use.
    package var detector: DetectorID? {
        switch self {
        case .uncompared: .comparison
        case .missing(let opinion): opinion
        default: nil
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.place < right.place }

    private var place: (Int, DetectorID) {
        switch self {
        case .deadLetters: (0, DetectorID(""))
        case .repeats: (1, DetectorID(""))
        case .late: (2, DetectorID(""))
        case .degraded: (3, DetectorID(""))
        case .uncompared: (4, DetectorID(""))
        case .missing(let opinion): (5, opinion)
        }
    }
}

extension DetectorID {
    /// What compares a record's input with earlier ones, whatever it makes of it.
    package static let comparison = DetectorID("similarity")
}

/// Where lines come from, or whose they are.
package enum CoverageKey: Hashable, Comparable, Sendable {
    /// A file, by path.
    case source(String)
    case model(ModelID)
    /// All sources that were too many to be watched one by one.
    case otherSources
    case otherModels

    /// `source`, `model`, `other_sources` or `other_models`.
    package var kind: String {
        switch self {
        case .source: "source"
        case .model: "model"
        case .otherSources: "other_sources"
        case .otherModels: "other_models"
        }
    }

    /// The path or the model's name; empty for the others.
    package var name: String {
        switch self {
        case .source(let path): path
        case .model(let model): model.name
        case .otherSources, .otherModels: ""
        }
    }

    /// The key of a kind and a name; nil where there is none such.
    package init?(kind: String, name: String) {
        switch kind {
        case "source": self = .source(name)
        case "model": self = .model(ModelID(name))
        case "other_sources": self = .otherSources
        case "other_models": self = .otherModels
        default: return nil
        }
    }

    /// Whether it is of sources.
    package var isSource: Bool {
        switch self {
        case .source, .otherSources: true
        case .model, .otherModels: false
        }
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.kind == right.kind && left.name.hasSameBytes(as: right.name)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(name)
    }

    package static func < (left: Self, right: Self) -> Bool {
        guard left.kind == right.kind else { return left.kind < right.kind }
        return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
}

/// A line as the watch sees it.
package struct CoverageLine: Hashable, Sendable {
    /// What became of it.
    package enum Fate: Hashable, Sendable {
        /// It could not be used; `lead` is how far ahead of the clock its time is, where that is why.
        case deadLetter(reason: String, lead: Duration?)
        /// Its record was met before.
        case repeated
        /// Its record was scored.
        case scored(Scored)
    }

    /// How much could be made of a record.
    package struct Scored: Hashable, Sendable {
        /// Whether its tick was closed.
        package var isLate = false
        /// Why fields of it were not used as they were logged; the first of them, nil: all were.
        package var degraded: DegradedField?
        /// Why it was compared with nothing: `no_input` or `no_other_of_shape`; nil: it was compared.
        package var uncompared: String?
        /// Whether there should be an input, whatever came before: what compares it is calibrated.
        package var isInputExpected = false
        /// Every opinion that is configured for its model, and whether it was formed.
        package var opinions: [Opinion] = []

        /// An opinion that should be formed.
        package struct Opinion: Hashable, Sendable {
            /// Such as `opinion.encoder`.
            package let detector: DetectorID
            /// Whether it was.
            package let isFormed: Bool

            package init(_ detector: DetectorID, isFormed: Bool) {
                self.detector = detector
                self.isFormed = isFormed
            }
        }

        /// A record in whose way nothing stood.
        package init() {}

        /// Why it is compared with nothing where it has nothing that could be.
        package static let noInput = "no_input"
        /// Why it is compared with nothing where nothing before it has its shape.
        package static let noOtherOfShape = "no_other_of_shape"

        /// Whether no detector saw anything of it.
        var isUnseen: Bool { uncompared != nil && !opinions.contains { $0.isFormed } }
    }

    /// The path of its source.
    package let path: String
    /// Its model, where that can be read.
    package let model: ModelID?
    /// Who asked, where that can be read.
    package let user: UserID?
    /// What became of it.
    package let fate: Fate

    /// A line.
    package init(path: String, model: ModelID?, user: UserID?, fate: Fate) {
        self.path = path
        self.model = model
        self.user = user
        self.fate = fate
    }
}
