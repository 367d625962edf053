internal import CSystemd

/// Tells systemd how the service is doing; without systemd (no NOTIFY_SOCKET) nothing happens.
///
/// Each call returns whether a service manager was told. These messages are datagrams and never block.
package enum ServiceManager {
    /// Start-up is finished.
    @discardableResult
    package static func ready(status text: String) -> Bool { notify("READY=1\nSTATUS=\(line(text))") }

    /// Shows one line of state in `systemctl status`.
    @discardableResult
    package static func status(_ text: String) -> Bool { notify("STATUS=\(line(text))") }

    /// Shutdown has begun.
    @discardableResult
    package static func stopping(status text: String) -> Bool { notify("STOPPING=1\nSTATUS=\(line(text))") }

    /// Everything that must be alive is alive.
    @discardableResult
    package static func watchdog() -> Bool { notify("WATCHDOG=1") }

    /// Start-up or shutdown needs this much more time from now on, as a long migration does.
    @discardableResult
    package static func extendTimeout(by duration: Duration) -> Bool {
        let (seconds, attoseconds) = duration.components
        return notify("EXTEND_TIMEOUT_USEC=\(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)")
    }

    private static func notify(_ message: String) -> Bool { sd_notify(0, message) > 0 }

    /// A line break would start another assignment.
    private static func line(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\n" || $0 == "\r" ? " " : $0 }))
    }
}
