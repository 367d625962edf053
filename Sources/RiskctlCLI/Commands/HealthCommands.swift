import Console
import Runtime

extension Command {
    /// `riskctl detector`.
    static let detector = Command(
        "detector",
        "Look at detectors",
        commands: [detectors("list", ["ls"])]
    )

    static func detectors(_ name: String, _ aliases: [String]) -> Command {
        .asking(
            name,
            "Detectors of every model over the last hour, with a verdict",
            aliases: aliases,
            flags: [.watch, OutputFormat.flag]
        ) { session in try await session.write(.detectors) }
    }

    /// `riskctl calibration`.
    static let calibration = Command(
        "calibration",
        "Look at calibrations; riskd calibrate makes them",
        commands: [
            calibrations("list", ["ls"]),
            calibrationSheet("show"),
        ]
    )

    /// A page about one calibration.
    static func calibrationSheet(_ name: String) -> Command {
        .asking(
            name,
            "One calibration: rungs with their bounds, checks, activations",
            arguments: [
                Argument("CALIBRATION", "Its id, or a unique beginning", values: .asked(Known.calibrations))
            ],
            flags: [OutputFormat.flag]
        ) { session in try await session.describeCalibration(session.invocation.arguments[0]) }
    }

    static func calibrations(_ name: String, _ aliases: [String]) -> Command {
        .asking(
            name,
            "Calibrations, the newest first",
            aliases: aliases,
            flags: [Flag("own", "Users' own baselines too"), .watch, OutputFormat.flag]
        ) { session in
            try await session.write(.calibrations, ["own": session.invocation.has("own") ? "true" : nil])
        }
    }

    /// `riskctl whoami`.
    static let whoami = Command.asking(
        "whoami",
        "As whom riskd knows you, and what you may do",
        flags: [OutputFormat.flag]
    ) { session in
        let me = try await session.client.get(["me"])
        try session.write(me) {
            func words(_ key: String) -> String {
                me[key].elements.compactMap(\.string).joined(separator: ", ")
            }
            var sheet = Sheet()
            sheet.line("\(me["name"].string ?? "") at \(session.client.connection.place)")
            sheet.fact("roles", words("roles"))
            sheet.fact("may", words("may"))
            sheet.fact("token expires", me["expires_at"].string.map(shortTime))
            return sheet
        }
    }
}
