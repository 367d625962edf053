/// One kind of detector: everything that rows, calibrations, commands, the API and pages need to know of it.
///
/// Each kind stands in a file of its own beside this one and in ``all``; whoever shows, stores or weighs what detectors say
/// asks here, and names none.
package struct DetectorKind: Sendable {
    /// The word by which detectors, columns and flags name it, such as `jitter`.
    package let name: String
    /// What a high score means, for people: a phrase without a capital and a period.
    package let meaning: String
    /// Whose tracks its scores feed.
    package let scopes: Set<SimilarityScope>
    /// How much it counts for in the mean over the detectors of one scope: parts of what all kinds in that scope have.
    package let weight: Double
    /// Whether a high score tells that answers fell, as they do while an image is moved over a border between classes.
    package let tellsFalls: Bool
    /// How the parts of a model's set-up begin that its scores depend on: calibrations of other parts do not fit.
    package let setup: @Sendable (DetectorID) -> [String]
    /// Its scores for a scope, larger ones more suspicious; empty where it says nothing of the record.
    package let scores: @Sendable (Findings, SimilarityScope) -> [(detector: DetectorID, score: Double)]
    /// What it says besides a score; nil: what it says is stored with similarity, opinions or campaigns.
    package let evidence: DetectorEvidence?

    /// Every kind, in the order in which evidence is stored and shown.
    package static let all: [DetectorKind] = [.descent, .jitter, .fall, .opinion]

    /// The kind of a detector; nil where a database or calibration names one that this version does not know.
    ///
    /// - Parameter detector: such as `similarity.user.jitter` or `opinion.encoder`.
    package init?(of detector: DetectorID) {
        let words = detector.name.split(separator: ".")
        let word = words.first == "similarity" ? words.last : words.first
        guard let kind = Self.all.first(where: { $0.name == word ?? "" }) else { return nil }
        self = kind
    }

    init(
        _ name: String,
        meaning: String,
        scopes: Set<SimilarityScope>,
        weight: Double = 1,
        tellsFalls: Bool = false,
        setup: @escaping @Sendable (DetectorID) -> [String],
        evidence: DetectorEvidence? = nil,
        scores: @escaping @Sendable (Findings, SimilarityScope) -> [(detector: DetectorID, score: Double)]
    ) {
        self.name = name
        self.meaning = meaning
        self.scopes = scopes
        self.weight = weight
        self.tellsFalls = tellsFalls
        self.setup = setup
        self.evidence = evidence
        self.scores = scores
    }

    /// What a detector counts for in the mean over detectors, where 1 is an even share.
    ///
    /// Detectors of one scope that both see every record share by their kinds' weights what even shares would give them
    /// together; any such weights keep the bound (docs/design/evidence.md#the-mean-of-a-tick).
    ///
    /// - Parameters:
    ///   - detector: one of `all`.
    ///   - all: the calibrated detectors of a model.
    /// - Returns: above 0; the shares of a scope's detectors have a mean of 1.
    package static func share(of detector: DetectorID, among all: some Collection<DetectorID>) -> Double {
        guard !detector.isOpinion, let kind = DetectorKind(of: detector), let scope = detector.scope else {
            return 1
        }
        let group = all.filter { $0.scope == scope && !$0.isOpinion }
        let weights = group.map { DetectorKind(of: $0)?.weight ?? 1 }
        return kind.weight / weights.reduce(0, +) * Double(group.count)
    }
}

/// What a kind of detector says of a record besides its score, as numbers: one column each.
package struct DetectorEvidence: Sendable {
    /// One number.
    package struct Field: Hashable, Sendable {
        /// What it is in rows and in JSON, such as `moved`; the column begins with the kind's name.
        package let name: String
        /// For people: a phrase without a capital and a period.
        package let meaning: String
        /// Whether it is a whole number: `int` in the database, else `float8`.
        package let isWhole: Bool
    }

    /// In the order of columns and values.
    package let fields: [Field]
    /// What a record's findings hold, in the order of ``fields``; nil where the kind says nothing.
    package let values: @Sendable (Findings) -> [Double]?
    /// Puts back into findings what ``values`` gave.
    package let restore: @Sendable ([Double], inout Findings) -> Void
    /// The score that these numbers make.
    package let score: @Sendable ([Double]) -> Double

    /// Evidence that stands in ``Findings/evidence`` alone: what a new kind of detector needs.
    ///
    /// - Parameters:
    ///   - name: the kind's.
    ///   - fields: in the order of the numbers that the detector gives.
    ///   - score: what they make.
    /// - Returns: the evidence.
    package static func kept(
        by name: String,
        _ fields: [Field],
        score: @escaping @Sendable ([Double]) -> Double
    ) -> DetectorEvidence {
        DetectorEvidence(
            fields: fields,
            values: { $0.evidence[name] },
            restore: { $1.evidence[name] = $0 },
            score: score
        )
    }

    /// The score of a record; nil where the kind says nothing.
    package func scored(_ findings: Findings) -> Double? { values(findings).map(score) }
}

extension DetectorKind {
    /// The columns of its evidence; empty where it has none of its own.
    package var columns: [String] { evidence?.fields.map { "\(name)_\($0.name)" } ?? [] }
}

extension DetectorID {
    /// Whose earlier inputs it compares with; nil: nobody's.
    package var scope: SimilarityScope? {
        SimilarityScope.allCases.first { name.hasPrefix("similarity.\($0.rawValue).") }
    }

    /// Whether its score feeds the tracks of a scope.
    ///
    /// - Parameter scope: `user` for a user's track, `campaign` for a campaign's, `model` for a model's own.
    /// - Returns: whether it does; opinions feed users and models.
    package func feeds(_ scope: SimilarityScope) -> Bool {
        self.scope.map { $0 == scope } ?? (scope != .campaign)
    }

    /// The configured name of the second opinion; nil where it is none.
    package var opinion: String? {
        name.hasPrefix(Self.opinions) ? String(name.dropFirst(Self.opinions.count)) : nil
    }

    /// Whether it is a second opinion.
    package var isOpinion: Bool { opinion != nil }

    /// The detector that a second opinion is.
    ///
    /// - Parameter opinion: its configured name.
    package init(opinion: String) { self.init(Self.opinions + opinion) }

    private static let opinions = "opinion."
}
