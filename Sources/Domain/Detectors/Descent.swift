extension DetectorKind {
    /// Similarity: how steeply an earlier image's class fell on the way to the query (paper §4.3; docs/detectors.md).
    ///
    /// Jitter gets an eighth of what both have in a user's scope: most attacks are not blinded, and an even share would take a
    /// bit a tick from the evidence of the others.
    static let descent = DetectorKind(
        "descent",
        meaning: "how steeply answers fell between near images",
        scopes: [.user, .model],
        weight: 7,
        tellsFalls: true,
        setup: { _ in ["similarity "] }
    ) { findings, scope in
        guard let finding = scope == .user ? findings.user : findings.model else { return [] }
        return [(DetectorID("similarity.\(scope.rawValue).descent"), finding.descent)]
    }
}
