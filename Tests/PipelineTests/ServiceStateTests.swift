import Domain
import Testing

@testable import Pipeline
@testable import Runtime

/// What riskd knows of how it does, and who is told of it.
struct ServiceStateTests {
    private static let working: ServiceState = {
        var state = ServiceState()
        state.databaseAnswers = true
        state.commitsFail = false
        state.sources = ServiceState.Sources(isCaughtUp: true)
        return state
    }()

    private static func changed(_ change: (inout ServiceState) -> Void) -> ServiceState {
        var state = working
        change(&state)
        return state
    }

    private static let silent = "the database does not answer"

    @Test(
        "is ready when the database answers and takes what it is given, and every source can be read",
        arguments: [
            (ServiceState(), [silent]),
            (working, []),
            (changed { $0.sources = nil }, []),
            (changed { $0.databaseAnswers = false }, [silent]),
            (changed { $0.databaseAnswers = nil }, [silent]),
            (changed { $0.commitsFail = true }, ["the database takes no batch"]),
            (
                changed { $0.sources = ServiceState.Sources(isCaughtUp: true, unreadable: 2) },
                ["2 sources cannot be read; the log names them"]
            ),
            // What a restart would not mend is no reason to be taken away.
            (
                changed { $0.sources = ServiceState.Sources(isCaughtUp: false, unfitPaths: 3, lagBytes: 9) },
                []
            ),
            (changed { $0.untimely = [.late: 4] }, []),
            (
                changed {
                    $0.isDrifting = [ServiceState.Opinion(DetectorID("opinion.a"), on: ModelID("m")): true]
                }, []
            ),
            (
                changed {
                    $0.databaseAnswers = false
                    $0.commitsFail = true
                    $0.sources?.unreadable = 1
                },
                [silent, "the database takes no batch", "1 sources cannot be read; the log names them"]
            ),
        ]
    )
    func readiness(state: ServiceState, reasons: [String]) {
        #expect(state.unreadiness == reasons)
    }

    @Test func `what is shown is stale for reasons that readiness does not know`() {
        #expect(Self.working.staleness.isEmpty && Self.working.clockTroubles.isEmpty)
        let state = Self.changed {
            $0.sources = ServiceState.Sources(isCaughtUp: true, unreadable: 1, unfitPaths: 2)
            $0.untimely = [.late: 1, .ahead: 0, .refused: 2]
            $0.lead = .seconds(90)
        }
        #expect(
            state.staleness == [
                "1 sources cannot be read", "2 of ingest.paths lead to no file; riskd check names them",
            ]
        )
        #expect(state.clockTroubles.count == 2)
        // Whoever asks has just asked the database.
        #expect(Self.changed { $0.databaseAnswers = false }.staleness.isEmpty)
    }

    @Test func `scrapers are shown what is known, and nothing else`() {
        let metrics = Metrics()
        _ = PipelineMetrics(metrics)
        let board = ServiceBoard(metrics)
        func values() -> [Double?] {
            [
                "riskd_database_up", "riskd_commits_failing", "riskd_ingest_caught_up",
                "riskd_ingest_lag_bytes",
                "riskd_sources_unreadable", "riskd_sources_unfit", "riskd_time_lead_seconds",
            ].map { metrics.value($0) }
        }
        board.update { _ in }
        #expect(values() == Array(repeating: nil, count: 7))
        board.update {
            $0.databaseAnswers = true
            $0.sources = ServiceState.Sources(isCaughtUp: false, unreadable: 1, unfitPaths: 2)
        }
        #expect(values() == [1, nil, 0, nil, 1, 2, nil])
        board.update {
            $0.databaseAnswers = false
            $0.commitsFail = true
            $0.sources = ServiceState.Sources(isCaughtUp: true, lagBytes: 70)
            $0.lead = .milliseconds(1500)
            $0.isDrifting[ServiceState.Opinion(DetectorID("opinion.a"), on: ModelID("m"))] = true
        }
        #expect(values() == [0, 1, 1, 70, 0, 0, 1.5])
        let labels: KeyValuePairs = ["model": "m", "detector": "opinion.a"]
        #expect(metrics.value("riskd_opinion_drifting", labels) == 1)
        board.update { state in state.isDrifting = state.isDrifting.mapValues { _ in false } }
        #expect(metrics.value("riskd_opinion_drifting", labels) == 0)
        #expect(board.state.isDrifting.values.sorted { !$0 && $1 } == [false])
    }
}
