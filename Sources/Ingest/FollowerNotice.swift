/// Something about a file that an operator may want to know.
package struct FollowerNotice: Hashable, Sendable {
    /// What happened.
    package enum Kind: String, Sendable {
        /// A file was met for the first time.
        case found
        /// A recorded file that was read before, up to a position: only what follows it is read.
        case readBefore = "read_before"
        /// A file's path now leads to another file, or to none; its rest is read.
        case rotated
        /// A file was read to its end and is not expected to grow.
        case finished
        /// A file was cut, or its content replaced; it is read again from its start, as another source.
        case truncated
        /// A file was gone before it was read to its end.
        case lost
        /// A file cannot be opened or read; tried again at every scan.
        case unreadable
        /// A file that was rotated away, or a copy of one that was cut, was found by its name or content.
        case recovered
        /// A directory, FIFO, socket or device; not read.
        case notRegular = "not_regular"
        /// A compressed file among followed files; not read.
        case archive
    }

    /// What happened.
    package let kind: Kind
    /// The file.
    package let path: String
    /// The cause in words, empty where there is nothing to add.
    package let detail: String
    /// Of a lost or truncated file, how many bytes beyond its position are known to have existed; of one that was read
    /// before, how many were read then.
    package let bytes: Int64?

    /// A notice.
    package init(_ kind: Kind, path: String, detail: String = "", bytes: Int64? = nil) {
        self.kind = kind
        self.path = path
        self.detail = detail
        self.bytes = bytes
    }
}
