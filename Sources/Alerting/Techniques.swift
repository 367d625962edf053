import Domain

/// Which techniques of MITRE ATLAS a score speaks for (docs/design/people.md#techniques).
package enum Techniques {
    /// What ATLAS calls a technique; nil for one that riskd does not name.
    package static func name(of id: String) -> String? { AtlasTechnique.name(of: id) }

    private static let chain = ["AML.T0043.001", "AML.T0042", "AML.T0040"]
    private static let disagreement = ["AML.T0043.002", "AML.T0043.003", "AML.T0043.000"]
    private static let evasion = "AML.T0015"

    /// By what raises the score, most fitting first; empty when no detector does.
    static func of(_ contributions: [Contribution]) -> [String] {
        var similarity: Int64 = 0
        var descent: Int64 = 0
        var opinions: Int64 = 0
        for part in contributions where part.milliPoints > 0 {
            let detector = DetectorID(part.name)
            if detector.scope != nil { similarity += part.milliPoints }
            if DetectorKind(of: detector)?.tellsFalls == true { descent += part.milliPoints }
            if detector.isOpinion { opinions += part.milliPoints }
        }
        var techniques: [String] = []
        if similarity > 0 { techniques += chain }
        if opinions > 0 {
            // A near-duplicate chain explains a disagreement; alone, the image came from elsewhere.
            if similarity == 0 { techniques += disagreement }
            if descent > 0 { techniques.append(evasion) }
        }
        return techniques
    }
}
