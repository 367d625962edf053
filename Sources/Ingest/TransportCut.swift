/// A line that something between the service and its log has cut, known by its exact length.
struct TransportCut {
    /// What cuts at a length, and what to do about it.
    private static let known: [(length: Int, cause: String, remedy: String)] = [
        (8096, "rsyslog's imfile", "set maxMessageSize at the head of rsyslog.conf above the longest record"),
        (8192, "s6-log", "give it the directive l0"),
        (16_384, "a container runtime's log driver", "have the service write to a file"),
        (49_152, "systemd-journald", "set LineMax in journald.conf above the longest record"),
        (65_536, "syslog-ng", "set log-msg-size above the longest record"),
    ]

    /// The reason, with cause and remedy in words.
    let rejection: Rejection

    /// Nil where the line has no such length, or is wrong in another way.
    init?(of line: [UInt8], _ found: Rejection) {
        guard found.reason == .invalidJSON, line.last != UInt8(ascii: "}"),
            let cut = Self.known.first(where: { $0.length == line.count })
        else { return nil }
        rejection = Rejection(
            .cutInTransit,
            "\(line.count) bytes exactly, where \(cut.cause) cuts lines: \(cut.remedy), or let riskd follow the service's own file"
        )
    }
}
