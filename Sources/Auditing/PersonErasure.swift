import Domain
package import Pipeline
package import Runtime
import Scoring
import ServiceHost
package import Storage

/// Takes people's names out of the database where somebody has asked for it, with nothing that is scored on its way.
package struct PersonErasure: Sendable {
    private let store: Store
    private let signatureCache: SignatureCache
    private let log: Log
    private let onChange: @Sendable () -> Void

    /// - Parameters:
    ///   - store: the database, owned by this process.
    ///   - signatureCache: holds signatures of images, which go as well.
    ///   - log: told what was done, never of whom.
    ///   - onChange: told when what is known of the database is of the past.
    package init(
        store: Store,
        signatureCache: SignatureCache,
        log: Log,
        onChange: @escaping @Sendable () -> Void = {}
    ) {
        self.store = store
        self.signatureCache = signatureCache
        self.log = log
        self.onChange = onChange
    }

    /// Does what waits, in order; what cannot be done is refused, and the reason kept.
    ///
    /// - Throws: `StorageError` where the database has to be reached first.
    package func run() async throws {
        let waiting = try await store.waitingErasures()
        guard !waiting.isEmpty else { return }
        // A large database is read once for each.
        let heartbeat = Task {
            while !Task.isCancelled {
                ServiceManager.watchdog()
                ServiceManager.extendTimeout(by: .seconds(30))
                try await Task.sleep(for: .seconds(5))
            }
        }
        defer { heartbeat.cancel() }
        for erasure in waiting { try await run(erasure) }
    }

    private func run(_ erasure: Erasure) async throws {
        let began = ContinuousClock.now
        do {
            // Before and after: a start that was broken off in between must not find them either.
            try signatureCache.clear()
            let refusal = try await store.erase(erasure, try await artefacts(erasure), at: .now)
            onChange()
            try signatureCache.clear()
            if let refusal {
                log.write(
                    .warning,
                    "a person was not erased",
                    ["erasure": "\(erasure.number)", "reason": refusal]
                )
                return
            }
        } catch let error as StorageError where error.mayPass {
            throw error
        } catch {
            // It must not keep riskd from starting again and again.
            log.write(
                .error,
                "a person could not be erased",
                ["erasure": "\(erasure.number)", "reason": "\(error)"]
            )
            return try await store.refuse(erasure, because: "it failed; the log says why", at: .now)
        }
        guard let done = try await store.erasure(erasure.number) else { return }
        try await store.refreshStatistics(after: done)
        log.write(
            .notice,
            "a person was erased; images are compared with what is left",
            [
                "erasure": "\(erasure.number)", "pseudonym": done.pseudonym.name,
                "rows": "\(done.rows.reduce(0) { $0 + $1.rows })",
                "seconds": "\(((ContinuousClock.now - began).inSeconds * 100).rounded() / 100)",
            ]
        )
    }

    /// The person's own baselines under the pseudonym: their bytes name the owner, and are named by their digest.
    private func artefacts(_ erasure: Erasure) async throws -> [RenamedArtefact] {
        guard let user = erasure.user else { return [] }
        return try await store.ownArtefacts(of: user).map { id, body in
            let body = try Calibration(artefact: body).owned(by: erasure.pseudonym).artefact()
            return RenamedArtefact(old: id, new: artefactID(body), body: body)
        }
    }
}

extension StorageError {
    /// Whether the erasure may succeed when it is tried again.
    fileprivate var mayPass: Bool {
        switch self {
        case .fenced, .notOwner: true
        default: isRetriable
        }
    }
}
