package import Domain

/// A secret text and where it came from; only the latter can be printed.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The text.
    package let value: String
    /// Where it was read: a path, or the name of a credential.
    package let source: String

    /// Hides `value`.
    package init(_ value: String, source: String) {
        self.value = value
        self.source = source
    }

    package var description: String { "(secret of \(source))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a secret cannot be used; never shows it.
package enum SecretError: Error, Hashable, CustomStringConvertible {
    /// The file cannot be read.
    case unreadable(source: String, reason: String)
    /// Others than its owner can read the file.
    case exposed(source: String, mode: String)
    /// The text is not of the form that it must have.
    case malformed(source: String, expected: String)
    /// The last exchange is not over: a third secret would leave out receivers that still have the first.
    case overlapping(source: String, until: Timestamp)
    /// The file cannot be written.
    case unwritable(source: String, reason: String)
    /// None is configured.
    case missing(purpose: String)

    package var description: String {
        switch self {
        case .unreadable(let source, let reason): "the secret \(source) cannot be read: \(reason)"
        case .exposed(let source, let mode):
            "the secret \(source) can be read by others (mode \(mode)); run chmod 400 on it"
        case .malformed(let source, let expected): "the secret \(source) is not what it must be: \(expected)"
        case .overlapping(let source, let until):
            "the last exchange of \(source) goes on until \(until); end it before the next"
        case .unwritable(let source, let reason): "\(source) cannot be written: \(reason)"
        case .missing(let purpose): "there is no secret for \(purpose)"
        }
    }
}
