import Crypto
package import Domain

/// Notices as OCSF findings, for files.
package enum OCSFExport {
    /// One finding on one line, the same for the same notice.
    ///
    /// - Parameter notice: what happened to an alert.
    /// - Returns: JSON without a line break.
    package static func line(of notice: AlertNotice) -> String {
        let alert = notice.snapshot
        let digest = sha256(Array("export\n\(notice.number)".utf8))
        let message = Message(
            id: MessageID(ULID(time: alert.updatedAt, digest: Array(digest.prefix(10)))),
            type: notice.type,
            timestamp: alert.updatedAt,
            dedupKey: alert.dedupKey,
            alerts: [alert]
        )
        // Nothing of where and when this is exported.
        let context = MessageContext(host: "riskd", version: "export", process: 0, now: alert.updatedAt)
        let payload = try? OCSFReceiver().render(message, context)
        return String(decoding: payload?.parts.first ?? [], as: UTF8.self)
    }
}
