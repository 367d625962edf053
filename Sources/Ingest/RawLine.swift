package import Domain

/// One complete line of a source, not yet decoded.
package struct RawLine: Hashable, Sendable {
    /// The durable id of the source.
    package let source: String
    /// The path that the source has.
    package let path: String
    /// Where the line starts, in (decompressed) bytes from the start of the source.
    package let offset: Int64
    /// The line without its terminator.
    package let bytes: [UInt8]

    package init(source: String, path: String, offset: Int64, bytes: [UInt8]) {
        self.source = source
        self.path = path
        self.offset = offset
        self.bytes = bytes
    }
}

extension DeadLetter {
    /// The dead letter of a line that was refused.
    ///
    /// - Parameters:
    ///   - line: the line.
    ///   - rejection: why it was refused.
    package init(_ line: RawLine, _ rejection: Rejection) {
        self.init(
            source: line.source,
            path: line.path,
            offset: line.offset,
            length: Int64(line.bytes.count),
            reason: rejection.reason.rawValue,
            detail: rejection.detail,
            text: Array(line.bytes.prefix(LineSplitter.headLength))
        )
    }
}
