import Crypto
package import Domain
internal import Glibc

/// The exchange of an endpoint's signing secret that lies in a file, with a time in which old and new both sign.
///
/// Beside the secret's file lies its predecessor, `FILE.previous`, with the time until which it signs as well. The secret
/// is written to `FILE` by rename after that, so that at every instant some secret that the receiver knows is in force.
package struct SecretRotation: Sendable {
    /// The secret's file.
    package let path: String
    /// Its predecessor's.
    package var previousPath: String { path + ".previous" }

    /// The exchange of one secret.
    ///
    /// - Parameter path: the absolute path of the secret's file.
    package init(path: String) { self.path = path }

    /// A secret that was replaced.
    package struct Previous: Hashable, Sendable {
        package let secret: Secret
        /// Until when it signs.
        package let until: Timestamp
    }

    /// What came of an exchange.
    package struct Outcome: Hashable, Sendable {
        /// Until when the old secret signs as well; nil when it does not any more.
        package let overlapsUntil: Timestamp?
        /// What verifies the new signatures where that is no secret: `whpk_` and an Ed25519 public key.
        package let publicKey: String?
    }

    /// The predecessor, whether or not its time is over.
    ///
    /// - Parameter reader: reads secrets.
    /// - Returns: it; nil where there is none.
    /// - Throws: `SecretError` where the file is not what it must be.
    package func previous(_ reader: SecretReader) throws(SecretError) -> Previous? {
        guard access(previousPath, F_OK) == 0 else { return nil }
        let text = try reader.read(.file(previousPath))
        let words = text.value.split(separator: " ")
        guard words.count == 3, words[1] == "until", let until = Timestamp(rfc3339: String(words[2])) else {
            throw .malformed(source: previousPath, expected: "a secret, the word until, and a time")
        }
        return Previous(secret: Secret(String(words[0]), source: previousPath), until: until)
    }

    /// Puts a new secret into force.
    ///
    /// - Parameters:
    ///   - signing: HMAC or Ed25519.
    ///   - new: the new secret; nil for a random one.
    ///   - overlap: for how long the old one signs as well; zero when it is known to others.
    ///   - reader: reads secrets.
    ///   - now: the wall clock.
    /// - Returns: what came of it.
    /// - Throws: `SecretError`; `.overlapping` while the last exchange is not over.
    package func rotate(
        _ signing: Endpoint.Signing,
        to new: Secret? = nil,
        overlap: Duration,
        _ reader: SecretReader,
        at now: Timestamp
    ) throws(SecretError) -> Outcome {
        let old = try reader.read(.file(path))
        if let last = try previous(reader), last.until > now {
            throw .overlapping(source: path, until: last.until)
        }
        let secret: Secret
        if let new { secret = new } else { secret = try Self.random(signing) }
        // Neither may be one that nothing can be signed with.
        _ = try WebhookSigner(signing, secrets: [old])
        _ = try WebhookSigner(signing, secrets: [secret])
        guard secret.value != old.value else {
            throw .malformed(source: secret.source, expected: "another secret than the one in force")
        }
        let until = overlap > .zero ? now + overlap : nil
        if let until {
            try write("\(old.value) until \(until)\n", to: previousPath)
        } else {
            try end()
        }
        try write(secret.value + "\n", to: path)
        return Outcome(overlapsUntil: until, publicKey: try Self.publicKey(signing, secret))
    }

    /// Takes the predecessor out of force now.
    ///
    /// - Throws: `SecretError.unwritable`.
    package func end() throws(SecretError) {
        guard unlink(previousPath) == 0 || errno == ENOENT else { throw unwritable(previousPath) }
    }

    private static func random(_ signing: Endpoint.Signing) throws(SecretError) -> Secret {
        do throws(CryptoError) {
            let bytes = try randomBytes(32)
            return Secret(
                (signing == .ed25519 ? "whsk_" : "whsec_") + base64(bytes),
                source: "a random number"
            )
        } catch {
            throw .unreadable(source: "a random number", reason: "\(error)")
        }
    }

    private static func publicKey(_ signing: Endpoint.Signing, _ secret: Secret) throws(SecretError)
        -> String?
    {
        guard signing == .ed25519 else { return nil }
        let seed = Array((bytes(base64: String(secret.value.dropFirst("whsk_".count))) ?? []).prefix(32))
        do throws(CryptoError) {
            return "whpk_" + base64(try Ed25519PrivateKey(seed: seed).publicKey())
        } catch {
            throw .malformed(source: secret.source, expected: "an Ed25519 private key")
        }
    }

    /// Writes a file whole or not at all, for the owner of the secret's file alone.
    private func write(_ text: String, to path: String) throws(SecretError) {
        var owner = stat()
        guard stat(self.path, &owner) == 0 else { throw unwritable(self.path) }
        let temporary = "\(path).new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw unwritable(temporary) }
        var isWritten = geteuid() == owner.st_uid || fchown(descriptor, owner.st_uid, owner.st_gid) == 0
        let bytes = Array(text.utf8)
        isWritten = isWritten && Glibc.write(descriptor, bytes, bytes.count) == bytes.count
        isWritten = isWritten && fsync(descriptor) == 0
        let reason = unwritable(path)
        close(descriptor)
        guard isWritten else {
            unlink(temporary)
            throw reason
        }
        guard rename(temporary, path) == 0 else { throw unwritable(path) }
        let folder = open(
            String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) + "/",
            O_RDONLY | O_CLOEXEC
        )
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    private func unwritable(_ path: String) -> SecretError {
        .unwritable(source: path, reason: String(cString: strerror(errno)))
    }
}

extension SecretReader {
    /// The secrets that sign at a time: as configured, each file's followed by the predecessor that is still in force.
    ///
    /// - Parameters:
    ///   - references: as configured.
    ///   - now: the wall clock.
    /// - Returns: the secrets, new ones first.
    /// - Throws: `SecretError`.
    package func signing(_ references: [SecretReference], at now: Timestamp) throws(SecretError) -> [Secret] {
        var secrets: [Secret] = []
        for reference in references {
            secrets.append(try read(reference))
            guard case .file(let path) = reference else { continue }
            if let previous = try SecretRotation(path: path).previous(self), previous.until > now {
                secrets.append(previous.secret)
            }
        }
        return secrets
    }
}
