package import Domain

/// A source's new position, with the one that it replaces: the fence of the update.
package struct SourceChange: Hashable, Sendable {
    /// The source with its new position.
    package let file: SourceFile
    /// The offset that must be stored now; nil when the source has never been stored.
    package let expectedOffset: Int64?

    package init(file: SourceFile, expectedOffset: Int64?) {
        self.file = file
        self.expectedOffset = expectedOffset
    }
}
