import Domain
import Testing

@testable import Alerting

@Suite struct EndpointQueueTests {
    private let start = Timestamp(milliseconds: 1_800_000_000_000)

    private func delivery(
        _ number: Int,
        key: String? = nil,
        attempts: Int = 0,
        failingSince: Timestamp? = nil
    ) throws -> Delivery {
        let id = MessageID(ULID(time: start, digest: Array("\(number)          ".utf8)))
        return Delivery(
            message: Message(
                id: id,
                type: .alertFiring,
                timestamp: start,
                dedupKey: key ?? "key-\(number)"
            ),
            endpoint: "soc",
            attempts: attempts,
            createdAt: start,
            failingSince: failingSince
        )
    }

    @Test func `messages of different keys go out together, up to the concurrency`() throws {
        var queue = EndpointQueue(endpoint: "soc", concurrency: 2)
        #expect(queue.wanted(at: start) == 64)
        let all = try (0..<5).map { try delivery($0) }
        queue.take(all)
        #expect(queue.wanted(at: start) == 0)
        #expect(queue.start(at: start) == Array(all[0..<2]))
        #expect(queue.start(at: start) == [])
        let end = queue.finish(all[1], Receipt(.delivered), startedAt: start, at: start, chance: 0)
        #expect(end.attempt.outcome == .delivered && end.attempt.number == 1 && end.disables == nil)
        #expect(queue.start(at: start) == [all[2]])
    }

    @Test func `of one key one message is in hand, until its attempt is durable`() throws {
        var queue = EndpointQueue(endpoint: "soc", concurrency: 4)
        let first = try delivery(1, key: "k")
        let second = try delivery(2, key: "k")
        queue.take([first, second])
        #expect(queue.start(at: start) == [first])
        let end = queue.finish(first, Receipt(.delivered), startedAt: start, at: start, chance: 0)
        // The outbox still says that the first is due, as nothing is recorded.
        queue.take([first, second])
        #expect(queue.start(at: start) == [])
        queue.recorded([end.attempt])
        queue.take([second])
        #expect(queue.start(at: start) == [second])
    }

    @Test func `the schedule is that of the specification, within its jitter`() throws {
        let waits: [Int64] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
        for (index, wait) in waits.enumerated() {
            for (chance, factor) in [(-1.0, 0.8), (0.0, 1.0), (1.0, 1.2), (7.0, 1.2)] {
                var queue = EndpointQueue(endpoint: "soc", concurrency: 1)
                let delivery = try delivery(1, attempts: index)
                queue.take([delivery])
                _ = queue.start(at: start)
                let end = queue.finish(
                    delivery,
                    Receipt(.failed),
                    startedAt: start,
                    at: start,
                    chance: chance
                )
                let expected = Int64((Double(wait * 1000) * factor).rounded())
                let got = try #require(end.attempt.nextAttemptAt).milliseconds - start.milliseconds
                #expect(abs(got - expected) <= 1, "\(index) \(chance)")
                #expect(end.attempt.number == index + 1)
                #expect(end.attempt.outcome == .failed)
            }
        }
    }

    @Test func `the tenth failure is the last`() throws {
        var queue = EndpointQueue(endpoint: "soc", concurrency: 1)
        let last = try delivery(1, attempts: 9)
        queue.take([last])
        _ = queue.start(at: start)
        let end = queue.finish(
            last,
            Receipt(.failed, status: 500, detail: "oh"),
            startedAt: start,
            at: start,
            chance: 0
        )
        #expect(end.attempt.outcome == .refused)
        #expect(end.attempt.nextAttemptAt == nil)
        #expect(end.attempt.detail == "oh; given up")
    }

    @Test func `Retry-After holds the message and the endpoint`() throws {
        var queue = EndpointQueue(endpoint: "soc", concurrency: 4)
        let one = try delivery(1)
        let two = try delivery(2)
        queue.take([one])
        _ = queue.start(at: start)
        let receipt = Receipt(.failed, status: 429, retryAfter: .seconds(600))
        let end = queue.finish(one, receipt, startedAt: start, at: start, chance: 0)
        #expect(end.attempt.nextAttemptAt == start + .seconds(600))
        queue.recorded([end.attempt])
        queue.take([two])
        #expect(queue.wanted(at: start) == 0)
        #expect(queue.start(at: start + .seconds(599)) == [])
        #expect(queue.resumes(after: start) == start + .seconds(600))
        #expect(queue.start(at: start + .seconds(600)) == [two])
    }

    @Test func `a failing endpoint is tried ever more rarely and one message at a time, a success ends that`()
        throws
    {
        var queue = EndpointQueue(endpoint: "soc", concurrency: 4)
        let all = try (0..<20).map { try delivery($0) }
        queue.take(all)
        var now = start
        var pauses: [Int64] = []
        var next = queue.start(at: now)
        #expect(next.count == 4)
        for delivery in next {
            _ = queue.finish(delivery, Receipt(.failed), startedAt: now, at: now, chance: 0)
        }
        for _ in 0..<6 {
            let resumes = try #require(queue.resumes(after: now))
            pauses.append((resumes.milliseconds - now.milliseconds) / 1000)
            now = resumes
            next = queue.start(at: now)
            #expect(next.count == 1)
            _ = queue.finish(next[0], Receipt(.failed), startedAt: now, at: now, chance: 0)
        }
        #expect(pauses == [8, 16, 32, 60, 60, 60])
        now = try #require(queue.resumes(after: now))
        next = queue.start(at: now)
        _ = queue.finish(next[0], Receipt(.delivered), startedAt: now, at: now, chance: 0)
        #expect(queue.start(at: now).count == 4)
    }

    @Test func `410 disables, and so do five days of failures, remembered over a restart`() throws {
        var queue = EndpointQueue(endpoint: "soc", concurrency: 4)
        let gone = try delivery(1)
        queue.take([gone, try delivery(2)])
        _ = queue.start(at: start)
        let end = queue.finish(gone, Receipt(.gone, status: 410), startedAt: start, at: start, chance: 0)
        #expect(end.disables == "the receiver said that it is gone (410)")
        #expect(end.attempt.outcome == .gone)
        #expect(end.attempt.nextAttemptAt == nil)

        for (age, disables) in [(5 * 86_400 - 1, false), (5 * 86_400, true)] {
            var queue = EndpointQueue(endpoint: "soc", concurrency: 4)
            let failing = try delivery(1, attempts: 3, failingSince: start - .seconds(age))
            queue.take([failing])
            _ = queue.start(at: start)
            let end = queue.finish(failing, Receipt(.failed), startedAt: start, at: start, chance: 0)
            #expect((end.disables != nil) == disables)
            #expect(end.attempt.outcome == .failed)
        }
    }

    @Test func `a success in between begins the five days anew`() throws {
        var queue = EndpointQueue(endpoint: "soc", concurrency: 4)
        var now = start
        for (number, outcome) in [DeliveryAttempt.Outcome.failed, .delivered, .failed].enumerated() {
            let delivery = try delivery(number)
            queue.take([delivery])
            _ = queue.start(at: now)
            let end = queue.finish(delivery, Receipt(outcome), startedAt: now, at: now, chance: 0)
            #expect(end.disables == nil)
            queue.recorded([end.attempt])
            now = now + .seconds(4 * 86_400)
        }
    }

    @Test(arguments: [
        ("0", 0), ("17", 17), ("999999", 86_400), ("Wed, 21 Oct 2026 07:28:30 GMT", 30),
        ("Wed, 21 Oct 2026 07:27:00 GMT", 0), ("Sat, 21 Nov 2026 07:27:00 GMT", 86_400), ("-1", nil),
        ("soon", nil),
        ("Wednesday, 21-Oct-26 07:28:30 GMT", nil), ("", nil),
    ])
    func `Retry-After is read as seconds or a date`(text: String, seconds: Int?) {
        let now = Examples.time("2026-10-21T07:28:00Z")
        #expect(retryAfter(text, at: now) == seconds.map { .seconds($0) })
    }

    @Test func `an Alertmanager is told again every minute, of the end for five more`() throws {
        var book = Reminders(try #require(AlertmanagerPushReceiver().reminding))
        var alert = try Examples.alert()
        book.sent([alert], at: start)
        #expect(book.next == start + .seconds(60))
        #expect(book.due(at: start + .seconds(59)).isEmpty)
        #expect(book.due(at: start + .seconds(60)) == [alert])
        book.sent([alert], at: start + .seconds(60))
        let firing = alert
        alert.endsAt = start + .seconds(100)
        alert.updatedAt = start + .seconds(100)
        book.sent([alert], at: start + .seconds(100))
        // A late message of an earlier state does not revive it.
        book.sent([firing], at: start + .seconds(101))
        var times: [Int] = []
        for second in 101..<1000 {
            let now = start + .seconds(second)
            let due = book.due(at: now)
            guard !due.isEmpty else { continue }
            #expect(due == [alert])
            book.sent(due, at: now)
            times.append(second)
        }
        #expect(times == [160, 220, 280, 340])
        #expect(book.next == nil)
    }

    @Test func `many firing alerts are told of in messages that are not too long`() throws {
        let alerts = try (0..<50).map { number in
            var alert = try Examples.alert(
                user: String(repeating: "\(number % 10)", count: 300),
                model: String(repeating: "m", count: 300)
            )
            alert.id = AlertID(ULID(time: start, digest: Array("\(number)          ".utf8)))
            alert.peakLevel = .critical
            alert.dedupKey = "riskd/low"
            return alert
        }
        let packs = AlertmanagerPushReceiver().packed(alerts, Examples.context)
        #expect(packs.flatMap { $0 } == alerts)
        #expect(packs.count < 25)
        for pack in packs {
            let message = try Examples.message(.alertFiring, pack)
            let payload = try #require(try AlertmanagerPushReceiver().render(message, Examples.context))
            let text = String(decoding: payload.parts[0], as: UTF8.self)
            #expect(pack.allSatisfy { text.contains($0.id.description) })
        }
    }
}
