internal import CCurl
internal import Runtime

/// Drives transfers with a multi handle, on the thread that calls `run()`.
///
/// `@unchecked Sendable`: `multi` is used by `run()` only, but for `curl_multi_wakeup`, which any thread may call
/// while the handle lives; `isClosed` says so, under the lock.
final class TransferLoop: @unchecked Sendable {
    private struct Inbox {
        var submitted: [(id: Int, transfer: Transfer)] = []
        var cancelled: Set<Int> = []
        var lastID = 0
        /// No more transfers are taken.
        var isClosing = false
        /// The handle is gone.
        var isClosed = false
    }

    private let multi: UnsafeMutableRawPointer
    private let inbox = Locked(Inbox())

    init(connections: Int) throws(WebError) {
        guard let multi = curl_multi_init() else { throw .broken(host: "libcurl", reason: "no memory") }
        self.multi = multi
        _ = curl_multi_set_number(multi, CURLMOPT_MAXCONNECTS, connections)
    }

    func makeID() -> Int {
        inbox.withLock { inbox in
            inbox.lastID += 1
            return inbox.lastID
        }
    }

    func submit(_ transfer: Transfer, _ id: Int) {
        let isTaken = inbox.withLock { inbox in
            // Asked under the lock: a cancellation either shows here or comes after the transfer.
            guard !inbox.isClosing, !Task.isCancelled else { return false }
            inbox.submitted.append((id, transfer))
            curl_multi_wakeup(multi)
            return true
        }
        if !isTaken { transfer.fail(.cancelled) }
    }

    func cancel(_ id: Int) {
        inbox.withLock { inbox in
            guard !inbox.isClosed else { return }
            inbox.cancelled.insert(id)
            curl_multi_wakeup(multi)
        }
    }

    func close() {
        inbox.withLock { inbox in
            guard !inbox.isClosed else { return }
            inbox.isClosing = true
            curl_multi_wakeup(multi)
        }
    }

    /// Runs until `close()`.
    func run() {
        var running: [Int: Transfer] = [:]
        while true {
            let (submitted, cancelled, isClosing) = inbox.withLock { inbox in
                defer {
                    inbox.submitted = []
                    inbox.cancelled = []
                }
                return (inbox.submitted, inbox.cancelled, inbox.isClosing)
            }
            for (id, transfer) in submitted {
                if curl_multi_add_handle(multi, transfer.raw) == CURLM_OK {
                    running[id] = transfer
                } else {
                    transfer.fail(.broken(host: "libcurl", reason: "no memory"))
                }
            }
            for id in cancelled {
                guard let transfer = running.removeValue(forKey: id) else { continue }
                curl_multi_remove_handle(multi, transfer.raw)
                transfer.fail(.cancelled)
            }
            if isClosing { return end(running) }
            var count: Int32 = 0
            curl_multi_perform(multi, &count)
            finish(&running)
            // Woken for what comes in; libcurl itself shortens the wait to its own timers.
            if curl_multi_poll(multi, nil, 0, 10_000, nil) != CURLM_OK { curl_multi_wakeup(multi) }
        }
    }

    private func finish(_ running: inout [Int: Transfer]) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let raw = message.pointee.easy_handle else { continue }
            // Read before the handle is removed, which frees the message.
            let code = curl_message_result(message)
            guard let id = running.first(where: { $0.value.raw == raw })?.key else { continue }
            let transfer = running.removeValue(forKey: id)
            curl_multi_remove_handle(multi, raw)
            transfer?.finish(code)
        }
    }

    private func end(_ running: [Int: Transfer]) {
        for transfer in running.values {
            curl_multi_remove_handle(multi, transfer.raw)
            transfer.fail(.cancelled)
        }
        let late = inbox.withLock { inbox in
            inbox.isClosed = true
            defer { inbox.submitted = [] }
            return inbox.submitted
        }
        for (_, transfer) in late { transfer.fail(.cancelled) }
        curl_multi_cleanup(multi)
    }
}
