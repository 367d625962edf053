extension DetectorKind {
    /// A second model's class against the logged one (paper figure 8); a detector for each configured opinion.
    static let opinion = DetectorKind(
        "opinion",
        meaning: "a second model disagrees",
        scopes: [.user, .model],
        setup: { detector in ["opinion \(detector.opinion ?? "") "] }
    ) { findings, _ in
        findings.opinions.map { (DetectorID(opinion: $0.name), $0.score) }
    }
}
