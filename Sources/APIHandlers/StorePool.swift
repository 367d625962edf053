package import Storage

/// Some connections to the database that requests share, none of them the pipeline's.
package actor StorePool {
    private let connectionString: String
    private let purpose: Store.Purpose
    private let width: Int
    private var free: [Store] = []
    private var lent = 0
    /// Those that are lent, to be interrupted.
    private var busy: [ObjectIdentifier: Store] = [:]
    private var isInterrupted = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// A pool without connections; they are made when they are needed.
    ///
    /// - Parameters:
    ///   - connectionString: libpq's; never printed.
    ///   - purpose: what the connections are for.
    ///   - width: how many at most, at least 1.
    package init(_ connectionString: String, for purpose: Store.Purpose, width: Int) {
        self.connectionString = connectionString
        self.purpose = purpose
        self.width = max(1, width)
    }

    /// Lends a connection that nobody else uses meanwhile; waits for one where all are lent.
    ///
    /// - Parameter body: asks it.
    /// - Returns: what `body` returned.
    /// - Throws: what `body` threw, or `StorageError` when there is no connection.
    package nonisolated func lend<Result: Sendable>(
        _ body: @Sendable (Store) async throws -> Result
    ) async throws -> Result {
        let store = try await take()
        do {
            let result = try await body(store)
            await give(store)
            return result
        } catch {
            await give(store)
            throw error
        }
    }

    /// Closes the connections that are not lent.
    package func close() async {
        for store in free { await store.close() }
        free = []
    }

    /// Breaks all connections, even those that wait for an answer, and makes no others.
    package func interrupt() {
        isInterrupted = true
        for store in free + busy.values { store.interrupt() }
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    private func take() async throws -> Store {
        while lent >= width, !isInterrupted { await withCheckedContinuation { waiting.append($0) } }
        guard !isInterrupted else { throw CancellationError() }
        lent += 1
        do {
            let store: Store
            if let known = free.popLast() {
                store = known
                busy[ObjectIdentifier(store)] = store
                do {
                    if await store.isBroken { try await store.reconnect() }
                } catch {
                    busy[ObjectIdentifier(store)] = nil
                    throw error
                }
            } else {
                store = try await Store.connect(connectionString, for: purpose)
                busy[ObjectIdentifier(store)] = store
            }
            if isInterrupted { store.interrupt() }
            return store
        } catch {
            release()
            throw error
        }
    }

    private func give(_ store: Store) async {
        busy[ObjectIdentifier(store)] = nil
        // What broke is made anew when it is needed.
        if await !store.isBroken { free.append(store) }
        release()
    }

    private func release() {
        lent -= 1
        if !waiting.isEmpty { waiting.removeFirst().resume() }
    }
}
