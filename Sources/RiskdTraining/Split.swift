internal import Training

/// Which half of the records is used: all records that came from one image, and so all of one attack instance, are on one side.
package struct Split: Hashable, Sendable {
    /// A half.
    package enum Side: String, Hashable, Sendable, CaseIterable {
        /// What models are trained on.
        case train
        /// What they are judged on.
        case test
    }

    /// The half that is used.
    package let side: Side
    /// Another seed gives other halves.
    package let seed: UInt64

    /// A split.
    package init(_ side: Side, seed: UInt64) {
        self.side = side
        self.seed = seed
    }

    /// Whether records of a source belong to the half.
    ///
    /// - Parameter source: the name of the image that a record came from.
    /// - Returns: the same for the same name everywhere.
    package func holds(_ source: String) -> Bool {
        let side: Side = stableHash(source, seed: seed) & 1 == 0 ? .train : .test
        return side == self.side
    }
}
