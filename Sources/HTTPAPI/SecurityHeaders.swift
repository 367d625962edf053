import HTTPServer

/// What every answer tells browsers.
struct SecurityHeaders: Sendable {
    private let always: [HTTPResponse.Header]

    /// Headers.
    ///
    /// - Parameter isEncrypted: whether clients come by TLS.
    init(isEncrypted: Bool) {
        var headers: [HTTPResponse.Header] = [
            .init("X-Content-Type-Options", "nosniff"),
            .init("Referrer-Policy", "no-referrer"),
            .init("Cross-Origin-Opener-Policy", "same-origin"),
            .init("Cross-Origin-Resource-Policy", "same-origin"),
            .init("X-Frame-Options", "DENY"),
            .init("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
        ]
        if isEncrypted { headers.append(.init("Strict-Transport-Security", "max-age=31536000")) }
        always = headers
    }

    /// Of data: nothing in it may be run.
    var ofData: [HTTPResponse.Header] {
        always + [.init("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")]
    }

    /// Of pages: only what riskd itself serves, nothing inline.
    var ofPages: [HTTPResponse.Header] {
        let policy = [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob:",
            "connect-src 'self'", "font-src 'self'", "manifest-src 'self'", "base-uri 'none'",
            "form-action 'self'", "frame-ancestors 'none'",
        ]
        return always + [.init("Content-Security-Policy", policy.joined(separator: "; "))]
    }
}
