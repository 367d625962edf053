import Alerting
import Domain
import HTTPAPI
import Notifying
import Storage

extension RequestHandlers {
    func silences(_ call: APICall) async throws -> APIAnswer {
        let isOver = try call.flag("over")
        var bounds = PageBounds(limit: try call.limit())
        bounds.after = try call.number(ofCursor: "silences")
        let asked = bounds
        let page = try await readers.lend {
            try await $0.silencePage(notOverAt: isOver ? nil : call.now, asked)
        }
        let last = page.count == bounds.limit ? page.last?.id : nil
        return .json(
            PageDocument(
                items: page.map { SilenceDocument($0, now: call.now) },
                next: last.map { Cursor("silences", $0).text }
            )
        )
    }

    func addSilence(_ call: APICall) async throws -> APIAnswer {
        let body = try call.body()
        try body.allow(only: "matchers", "starts_at", "duration_seconds", "comment")
        let matchers = try Self.matchers(body)
        guard let seconds = try body.integer("duration_seconds", 60...2_592_000) else {
            throw APIFailure.invalid("duration_seconds", "is required")
        }
        let comment = try body.required("comment", length: 1...1024)
        guard seconds <= 86_400 || call.may(.lead) else {
            throw APIFailure.forbidden("silencing for more than 24 h needs the role responder")
        }
        let start =
            try body.text("starts_at", length: 2...64).map { text throws(APIFailure) in
                try call.instant(text, "starts_at")
            } ?? call.now
        let end = start + .seconds(seconds)
        guard end > call.now else {
            throw APIFailure.unprocessable("starts_at", "is so early that it is over")
        }
        let id = try await writers.lend { store in
            try await store.addSilence(
                matchers,
                from: start,
                until: end,
                by: call.actor,
                comment: comment,
                address: call.address
            )
        }
        let silence = Silence(
            id: id,
            matchers: matchers,
            startsAt: start,
            endsAt: end,
            creator: call.actor,
            comment: comment
        )
        return .created(SilenceDocument(silence, now: call.now))
    }

    private static func matchers(_ body: RequestBody) throws(APIFailure) -> [AlertMatcher] {
        var matchers: [AlertMatcher] = []
        for text in try body.texts("matchers", count: 1...16, length: 1...512) {
            do throws(AlertMatcher.Complaint) {
                matchers.append(try AlertMatcher(parsing: text))
            } catch {
                throw .unprocessable("matchers", error.text)
            }
        }
        return matchers
    }

    func previewSilence(_ call: APICall) async throws -> APIAnswer {
        let body = try call.body()
        try body.allow(only: "matchers")
        let matchers = try Self.matchers(body)
        let (preview, silences) = try await readers.lend { store in
            (
                try await SilencePreview.of(matchers, store, settings, now: call.now),
                try await store.silences(notOverAt: call.now)
            )
        }
        return .json(
            SilencePreviewDocument(
                days: Int(SilencePreview.period.inSeconds / 86_400),
                hiddenAlerts: preview.alerts.count,
                allAlerts: preview.allAlerts,
                hiddenMessages: preview.hiddenMessages,
                allMessages: preview.allMessages,
                alerts: preview.alerts.prefix(100).map {
                    AlertDocument($0, silences: silences, now: call.now)
                }
            )
        )
    }

    func endSilence(_ call: APICall) async throws -> APIAnswer {
        let id = try call.number(argument: "silence")
        let isEnded = try await writers.lend {
            try await $0.expireSilence(id, by: call.actor, at: call.now, address: call.address)
        }
        guard isEnded else { throw APIFailure.notFound("there is no silence \(id) that is not over") }
        return .done()
    }

    func endpoints(_ call: APICall) async throws -> APIAnswer {
        let statuses = try await readers.lend { try await $0.endpointStatuses() }
        let byName = Dictionary(statuses.map { ($0.name, $0) }) { first, _ in first }
        let endpoints = settings.endpoints.sorted { $0.name < $1.name }
        return .json(
            PageDocument(items: endpoints.map { EndpointDocument($0, byName[$0.name], now: call.now) })
        )
    }

    /// An endpoint of the path, which must be configured.
    private func endpoint(_ call: APICall) throws(APIFailure) -> String {
        let name = call.argument("endpoint")
        guard settings.endpoints.contains(where: { $0.name == name }) else {
            throw .notFound("there is no endpoint \(name)")
        }
        return name
    }

    func attempts(_ call: APICall) async throws -> APIAnswer {
        let name = try endpoint(call)
        let message = try call.text("message", length: 1...64).map { text throws(APIFailure) in
            guard let id = MessageID(text) else { throw .invalid("message", "is no id of a message") }
            return id
        }
        var bounds = PageBounds(limit: try call.limit())
        bounds.after = try call.number(ofCursor: "attempts")
        let asked = bounds
        let page = try await readers.lend { try await $0.attemptPage(at: name, with: message, asked) }
        let last = page.count == bounds.limit ? page.last?.id : nil
        return .json(
            PageDocument(
                items: page.map { AttemptDocument($0.attempt) },
                next: last.map { Cursor("attempts", $0).text }
            )
        )
    }

    func testEndpoint(_ call: APICall) async throws -> APIAnswer {
        let name = try endpoint(call)
        let document: ReceiptDocument
        let verified: String?
        do {
            let (receipt, identity) = try await DeliveryRoutes.test(name, configuration)
            verified = receipt.outcome == .delivered ? identity : nil
            document = ReceiptDocument(
                outcome: receipt.outcome.rawValue,
                status: receipt.status,
                detail: receipt.detail
            )
        } catch let error as any CustomStringConvertible {
            // What is wrong with its secrets, address or template; without what is secret of them.
            throw APIFailure.conflict(error.description)
        }
        try await writers.lend {
            if let verified { try await $0.verify(name, as: verified, at: call.now) }
            try await $0.write(entry(call, "endpoint.test", name, document.outcome))
        }
        return .json(document)
    }

    func resendMessages(_ call: APICall) async throws -> APIAnswer {
        let name = try endpoint(call)
        let body = try call.body()
        try body.allow(only: "since")
        let since = try call.instant(try body.required("since", length: 2...64), "since")
        let count = try await writers.lend { store in
            let count = try await store.resendMessages(of: name, since: since, now: call.now)
            try await store.write(
                entry(call, "endpoint.resend", name, "\(count) messages since \(since)")
            )
            return count
        }
        return .json(ResendingDocument(messages: count))
    }

    func setEndpointState(_ call: APICall) async throws -> APIAnswer {
        let name = try endpoint(call)
        let body = try call.body()
        try body.allow(only: "enabled", "reason")
        guard let isEnabled = try body.flag("enabled") else {
            throw APIFailure.invalid("enabled", "is required")
        }
        let reason = try body.required("reason", length: 1...256)
        try await writers.lend {
            _ = try await $0.setEndpoint(
                name,
                isEnabled: isEnabled,
                reason: reason,
                by: call.actor,
                at: call.now,
                address: call.address
            )
        }
        return .done()
    }

    /// What the audit log says of a call.
    func entry(_ call: APICall, _ what: String, _ object: String, _ detail: String = "") -> AuditEntry {
        AuditEntry(
            time: call.now,
            actor: call.actor,
            what: what,
            object: object,
            detail: detail,
            address: call.address
        )
    }
}
