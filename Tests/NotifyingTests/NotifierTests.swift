import Alerting
@testable import Configuration
import Domain
import Pipeline
import PostgresClient
import RiskdTesting
import Runtime
import Storage
import Testing

@testable import Notifying

/// Notices become messages: one for each endpoint that wants it, whatever ends in between.
@Suite(.timeLimit(.minutes(3)))
struct NotifierTests {
    /// 2026-03-02T08:00:00Z.
    private static let start = Timestamp(milliseconds: 1_772_438_400_000)

    /// A database with a writer, and a notifier on another connection.
    private struct Site {
        let writer: Store
        let database: String
        let metrics = Metrics()
        let inbox = ActionInbox()

        init() async throws {
            database = try await TestCluster.freshDatabase()
            writer = try await Store.connect(database)
            try await writer.migrate()
            try await writer.takeOwnership(name: "test", tickLength: .seconds(1))
            _ = PipelineMetrics(metrics)
        }

        private var settings: AlertSettings {
            var configuration = Configuration.default
            configuration.alerting.endpoints = ["soc", "chat", "quiet"].map { name in
                var endpoint = Configuration.AlertEndpoint()
                endpoint.name = name
                endpoint.format = .slack
                endpoint.target = .url("https://\(name).example.org/")
                // This one wants what is critical only.
                if name == "quiet" { endpoint.minimumLevel = .critical }
                return endpoint
            }
            return AlertSettings(configuration)
        }

        /// Runs a notifier for as long as `body` takes.
        func notifying<Result>(
            at now: Timestamp = NotifierTests.start,
            _ body: () async throws -> Result
        ) async throws -> Result {
            let notifier = Notifier(
                store: try await Store.connect(database),
                settings: settings,
                inbox: inbox,
                signal: DeliverySignal(),
                onErasure: {},
                log: Log(sink: { _ in }),
                metrics: metrics,
                now: { now }
            )
            let running = Task { try? await notifier.run() }
            defer { running.cancel() }
            let result = try await body()
            running.cancel()
            await running.value
            return result
        }

        /// Writes the notice of an alert that opens.
        func open(_ number: Int64, user: String) async throws {
            let digest = [UInt8](repeating: UInt8(number), count: 10)
            let alert = Alert(
                AlertSnapshot(
                    id: AlertID(ULID(time: NotifierTests.start, digest: digest)),
                    subject: .entity(.user(UserID(user), model: ModelID("m"))),
                    level: .high,
                    previousLevel: .medium,
                    startsAt: NotifierTests.start
                )
            )
            var batch = CommitBatch(
                expectedBatch: number - 1,
                sequence: 0,
                watermark: nil,
                lastClosedTick: nil,
                nextSampleID: 1,
                configurationID: "",
                received: NotifierTests.start
            )
            batch.alerts = [alert]
            batch.notices = [
                AlertNotice(number: number, type: .alertFiring, event: .opened, snapshot: alert.snapshot)
            ]
            try await writer.commit(batch)
        }

        /// What is in the outbox: endpoint and user, in order.
        func messages() async throws -> [String] {
            try await writer.outbox(limit: 100).map { entry in
                let users = entry.message.alerts.compactMap(\.subject.entity?.user?.name)
                return "\(entry.endpoint) \(users.joined(separator: ","))"
            }.sorted()
        }

        /// Waits until so many notices were routed.
        func routed(_ count: Int64) async throws {
            while try await writer.routerState().lastNotice != count {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    @Test func `each endpoint that wants it gets one message, and a restart makes no other`() async throws {
        let site = try await Site()
        try await site.open(1, user: "eve")
        try await site.notifying { try await site.routed(1) }
        let told = ["chat eve", "soc eve"]
        #expect(try await site.messages() == told)
        try await site.open(2, user: "mallory")
        try await site.notifying { try await site.routed(2) }
        #expect(try await site.messages() == (told + ["chat mallory", "soc mallory"]).sorted())
        #expect(site.metrics.render().contains("riskd_notifier_failing 0"))
    }

    @Test func `two notifiers on one database make one message of a notice`() async throws {
        let site = try await Site()
        try await site.notifying {
            try await site.notifying {
                for number in 1...10 { try await site.open(Int64(number), user: "u\(number)") }
                try await site.routed(10)
            }
        }
        let messages = try await site.messages()
        #expect(messages.count == 20 && Set(messages).count == 20)
    }

    @Test func `what a silence matches is told to nobody while it lasts`() async throws {
        let site = try await Site()
        let session = try await PostgresSession.connect(site.database, preamble: "set search_path = riskd")
        try await session.run(
            """
            insert into silence (starts, ends, creator, comment, labels, comparisons, patterns)
            values (timestamptz 'epoch', timestamptz '2026-03-02 09:00:00Z', 'ada', 'drill', '{user}', '{=}', '{eve}')
            """
        )
        try await site.open(1, user: "eve")
        try await site.open(2, user: "mallory")
        try await site.notifying { try await site.routed(2) }
        #expect(try await site.messages() == ["chat mallory", "soc mallory"])
    }

    @Test func `a lost connection is made again, and no notice is lost by it`() async throws {
        let site = try await Site()
        let other = try await PostgresSession.connect(site.database, preamble: "set search_path = riskd")
        try await site.notifying {
            for number in 1...6 {
                try await other.run(
                    """
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where datname = current_database() and pid <> pg_backend_pid()
                        and pid not in (select pid from pg_locks where locktype = 'advisory')
                    """
                )
                try await site.open(Int64(number), user: "u\(number)")
            }
            try await site.routed(6)
        }
        #expect(try await site.messages().count == 12)
    }
}
