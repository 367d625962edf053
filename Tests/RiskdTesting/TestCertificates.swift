import Foundation

/// An authority of a test's own with a server's and a client's certificate, for 127.0.0.1 and `localhost`.
package struct TestCertificates: Sendable {
    /// PEM files.
    package let authority: String
    package let server: String
    package let serverKey: String
    package let client: String
    package let clientKey: String

    /// Makes them with the command `openssl`.
    ///
    /// - Parameter directory: where the files go.
    /// - Throws: `POSIXError` when it fails.
    package init(in directory: String) throws {
        func path(_ name: String) -> String { "\(directory)/\(name)" }
        func openssl(_ words: String) throws {
            _ = try SpawnedProgram.output(of: ["openssl"] + words.split(separator: " ").map { String($0) })
        }
        let curve = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        try openssl(
            "req -x509 \(curve) -days 30 -subj /CN=test-authority -keyout \(path("ca.key")) -out \(path("ca.pem"))"
        )
        for (name, addition) in [
            ("server", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            ("client", "extendedKeyUsage=clientAuth"),
        ] {
            let request = path("\(name).csr")
            let extensions = path("\(name).ext")
            try addition.write(toFile: extensions, atomically: true, encoding: .utf8)
            try openssl("req \(curve) -subj /CN=test-\(name) -keyout \(path("\(name).key")) -out \(request)")
            try openssl(
                "x509 -req -in \(request) -CA \(path("ca.pem")) -CAkey \(path("ca.key")) -CAcreateserial -days 30 "
                    + "-extfile \(extensions) -out \(path("\(name).pem"))"
            )
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600],
                ofItemAtPath: path("\(name).key")
            )
        }
        authority = path("ca.pem")
        server = path("server.pem")
        serverKey = path("server.key")
        client = path("client.pem")
        clientKey = path("client.key")
    }
}
