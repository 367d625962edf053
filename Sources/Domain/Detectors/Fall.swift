extension DetectorKind {
    /// How far the first image's class has fallen along a campaign's chain (docs/campaigns.md).
    ///
    /// It is scored where chains are kept, not from one record's findings.
    static let fall = DetectorKind(
        "fall",
        meaning: "how far answers have fallen along the chain",
        scopes: [.campaign],
        tellsFalls: true,
        setup: { _ in ["similarity ", "campaigns "] }
    ) { _, _ in [] }
}
