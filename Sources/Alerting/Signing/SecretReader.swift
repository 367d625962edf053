package import Domain
internal import Glibc

/// Reads secrets from files and from the service manager's credentials, each time that they are asked for.
package struct SecretReader: Sendable {
    private let credentials: String?

    /// A reader.
    ///
    /// - Parameter credentials: the directory of the service manager's credentials, `$CREDENTIALS_DIRECTORY`; nil when
    ///   riskd was not started with any.
    package init(credentials: String?) { self.credentials = credentials }

    /// A reader with the credentials that this process was started with.
    package static var ofProcess: SecretReader {
        SecretReader(credentials: getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) })
    }

    /// The most bytes of a secret.
    private static let limit = 8192

    /// Reads a secret; blanks and line breaks at its end do not belong to it.
    ///
    /// - Parameter reference: where it is.
    /// - Returns: the secret.
    /// - Throws: `SecretError`.
    package func read(_ reference: SecretReference) throws(SecretError) -> Secret {
        switch reference {
        case .file(let path):
            guard path.hasPrefix("/") else {
                throw .unreadable(source: path, reason: "the path must be absolute")
            }
            return try read(path, source: path, forbidden: 0o077)
        case .credential(let name):
            let source = "credential \(name)"
            guard let credentials else {
                throw .unreadable(
                    source: source,
                    reason: "riskd was started without credentials; see LoadCredential="
                )
            }
            guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else {
                throw .unreadable(source: source, reason: "this is not the name of a credential")
            }
            // systemd grants the service's user access by an ACL, whose mask stands where the group's bits are.
            return try read("\(credentials)/\(name)", source: source, forbidden: 0o037)
        }
    }

    /// The path of a secret, for libraries that read files themselves.
    func path(of reference: SecretReference) -> String {
        switch reference {
        case .file(let path): path
        case .credential(let name): "\(credentials ?? "")/\(name)"
        }
    }

    private func read(_ path: String, source: String, forbidden: UInt32) throws(SecretError) -> Secret {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(source: source, reason: systemError()) }
        defer { close(descriptor) }
        // Of the open file, so that nobody can exchange it in between.
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .unreadable(source: source, reason: systemError())
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(source: source, reason: "it is not a regular file")
        }
        guard status.st_mode & forbidden == 0 else {
            throw .exposed(source: source, mode: String(status.st_mode & 0o777, radix: 8))
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw .unreadable(source: source, reason: "it belongs to somebody else")
        }
        guard status.st_size <= Self.limit else {
            throw .malformed(source: source, expected: "at most \(Self.limit) bytes")
        }
        var buffer = [UInt8](repeating: 0, count: Self.limit)
        var count = 0
        while true {
            let got = buffer.withUnsafeMutableBytes { bytes in
                Glibc.read(descriptor, bytes.baseAddress.map { $0 + count }, bytes.count - count)
            }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw .unreadable(source: source, reason: systemError()) }
            count += got
            if got == 0 || count == buffer.count { break }
        }
        guard let text = String(validating: buffer.prefix(count), as: UTF8.self) else {
            throw .malformed(source: source, expected: "text in UTF-8")
        }
        let value = String(text.reversed().drop { $0.isWhitespace }.reversed())
        guard !value.isEmpty else { throw .malformed(source: source, expected: "not an empty file") }
        return Secret(value, source: source)
    }
}

private func systemError() -> String { String(cString: strerror(errno)) }
