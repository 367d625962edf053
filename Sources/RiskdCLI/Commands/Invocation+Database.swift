import Configuration
import Console
import Domain
import Pipeline
import RiskdDaemon
import Runtime
import Storage

extension Invocation {
    /// The log of a command: as configured for a daemon, warnings only for a command that answers a question.
    func log(_ configuration: Configuration, isQuestion: Bool = false) -> Log {
        let priority: Log.Priority =
            switch configuration.log.level {
            case .error: .error
            case .warning: .warning
            case .notice: .notice
            case .info: .info
            case .debug: .debug
            }
        return Log(threshold: isQuestion ? min(priority, .warning) : priority)
    }

    /// Lends the database for reading, and gives it back whatever happens.
    ///
    /// - Parameter body: asks it.
    /// - Returns: what `body` returned.
    /// - Throws: what `body` threw, or why the database is not reachable.
    func withStore<Result>(_ body: (Store, Configuration) async throws -> Result) async throws -> Result {
        let configuration = try configuration()
        let access = try await DatabaseAccess.open(
            configuration,
            for: .visit,
            log: log(configuration, isQuestion: true)
        )
        do {
            let store = try await Store.connect(access.connectionString)
            let result = try await body(store, configuration)
            await store.close()
            await access.close()
            return result
        } catch {
            await access.close()
            throw error
        }
    }

    /// The times that `--since` and `--until` give.
    func period() throws(UsageError) -> (since: Timestamp?, until: Timestamp?) {
        func time(_ flag: String) throws(UsageError) -> Timestamp? {
            guard let text = value(flag) else { return nil }
            return try Timestamp(typed: text, now: .now)
        }
        return (try time("since"), try time("until"))
    }
}

extension Flag {
    static let since = Flag("since", value: "TIME", "Only from TIME on: RFC 3339, -1h (ago) or now")
    static let until = Flag("until", value: "TIME", "Only before TIME")
}

/// A score in points, as people read it: `87.881`.
func points(_ milliPoints: Int64) -> Double { Double(milliPoints) / 1000 }

/// A level's word; `uncalibrated` where there is none, never a guess.
func word(_ level: Level?) -> String { level.map(\.description) ?? "uncalibrated" }
