import Crypto

/// Random text that opens something: only its hash is ever kept.
struct SecretText: Sendable {
    /// The text; shown once.
    let text: String
    /// Its SHA-256, which is enough: nobody guesses 256 random bits.
    var hash: [UInt8] { Self.hash(of: text) }

    /// A new secret of 256 random bits.
    ///
    /// - Parameter prefix: by which people and scanners know what it is.
    init(prefix: String) {
        // The system's generator, which on Linux is the kernel's.
        text = prefix + base64url((0..<32).map { _ in UInt8.random(in: 0...255) })
    }

    /// A token of the API: `rkd_` and 43 characters.
    static var token: SecretText { SecretText(prefix: "rkd_") }
    /// The code of a one-time login link.
    static var code: SecretText { SecretText(prefix: "rkl_") }
    /// A session's cookie.
    static var cookie: SecretText { SecretText(prefix: "") }

    /// The hash by which a secret is looked up.
    static func hash(of text: String) -> [UInt8] { sha256(Array(text.utf8)) }

    /// What requests of a session carry against forged ones: nobody who lacks the cookie can make it.
    static func csrfToken(of cookie: String) -> String {
        base64url(sha256(Array("riskd csrf\n\(cookie)".utf8)))
    }
}
