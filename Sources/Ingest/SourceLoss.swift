/// Bytes of a source that were there, and gone before they were read.
package struct SourceLoss: Hashable, Sendable {
    /// The path under which the source was followed.
    package let path: String
    /// How many bytes at least, at least 1.
    package let bytes: Int64

    package init(path: String, bytes: Int64) {
        self.path = path
        self.bytes = bytes
    }
}
