import Console
import Runtime

extension Command {
    /// `riskctl describe`: one thing, with all that is known of it.
    static let describe = Command(
        "describe",
        "All that is known of one user, campaign, model, alert, ...",
        commands: [
            entity("user", "One user: standing, evidence, what would clear it", "user", Known.users),
            entity("campaign", "One campaign, with its accounts", "campaign", Known.campaigns),
            entity("model", "One model", "model", Known.models),
            .asking("service", "The whole service", flags: [OutputFormat.flag]) { session in
                try await session.describeEntity("global")
            },
            .asking("alert", "One alert", arguments: [.alert], flags: [OutputFormat.flag]) { session in
                try await session.describeAlert(session.invocation.arguments[0])
            },
            .asking(
                "sample",
                "One sample: what its score is made of",
                arguments: [.sample],
                flags: [OutputFormat.flag]
            ) { session in try await session.explain(session.invocation.arguments[0]) },
            .asking(
                "observation",
                "One scored query, without its image",
                arguments: [Argument("OBSERVATION", "Its sequence number", values: .nothing)],
                flags: [OutputFormat.flag]
            ) { session in try await session.describeObservation(session.invocation.arguments[0]) },
            calibrationSheet("calibration"),
        ]
    )

    /// `riskctl explain`: why a sample has its score.
    static let explain = Command.asking(
        "explain",
        "Why a sample has its score: its parts, and the queries behind it",
        arguments: [.sample],
        flags: [OutputFormat.flag]
    ) { session in try await session.explain(session.invocation.arguments[0]) }

    private static func entity(
        _ kind: String,
        _ summary: String,
        _ argument: String,
        _ known: @escaping @Sendable (Invocation) async -> [String]
    ) -> Command {
        .asking(
            kind,
            summary,
            arguments: [Argument(argument.uppercased(), "Its name, or its text form", values: .asked(known))],
            flags: (kind == "model" ? [] : [.model]) + [OutputFormat.flag]
        ) { session in
            let entity = try await EntityFinder(client: session.client).find(
                session.invocation.arguments[0],
                kind: kind,
                model: session.invocation.value("model")
            )
            try await session.describeEntity(entity)
        }
    }
}

extension Argument {
    static let sample = Argument(
        "SAMPLE",
        "A sample's number, as samples and series show it",
        values: .nothing
    )
}

extension Session {
    func describeEntity(_ entity: String) async throws {
        let detail = try await client.get(["entities", entity])
        let campaign =
            entity.hasPrefix("campaign:") ? try await client.get(["campaigns", entity]) : .null
        let whole: JSONValue =
            if case .object(let members) = detail, campaign != .null {
                .object(members + [JSONValue.Member("campaign", campaign)])
            } else { detail }
        try write(whole) { EntitySheet(detail, campaign).sheet }
    }

    func describeAlert(_ text: String) async throws {
        let id = try await alert(text)
        let detail = try await client.get(["alerts", id])
        let told = try await client.get(["alerts", id, "deliveries"])["items"]
        let whole: JSONValue =
            if case .object(let members) = detail {
                .object(members + [JSONValue.Member("deliveries", told)])
            } else { detail }
        try write(whole) { AlertSheet(detail, told.elements).sheet }
    }

    func explain(_ text: String) async throws {
        guard Int64(text) != nil else { throw UsageError("expected a sample's number, got '\(text)'") }
        let explanation = try await client.get(["samples", text, "explanation"])
        try write(explanation) { ExplanationSheet(explanation).sheet }
    }

    func describeObservation(_ text: String) async throws {
        guard Int64(text) != nil else { throw UsageError("expected an observation's number, got '\(text)'") }
        let observation = try await client.get(["observations", text])
        try write(observation) { ObservationSheet(observation).sheet }
    }

    func describeCalibration(_ text: String) async throws {
        let known = try await client.get(["calibrations"], ["own": "true"])["items"].elements
            .compactMap { $0["calibration"].string }
        let digits = text.hasPrefix("sha256:") ? text : "sha256:" + text
        let found = known.filter { $0.hasPrefix(digits) }
        guard let id = found.first else { throw CommandFailure("no calibration's id begins with \(text)") }
        guard found.count == 1 else { throw CommandFailure("\(found.count) calibrations begin with \(text)") }
        let detail = try await client.get(["calibrations", id])
        try write(detail) { CalibrationSheet(detail).sheet }
    }
}
