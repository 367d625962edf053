import Domain
import Runtime
import Testing

@testable import Ingest

/// Several followed files are read in the order of their lines' times.
@Suite struct MergeTests {
    private func line(_ second: Int, _ name: String) -> String {
        let time = Timestamp(milliseconds: 1_772_438_400_000 + Int64(second) * 1000)
        return #"{"id":"\#(name)-\#(second)","time":"\#(time)","more":"\#(name)"}"# + "\n"
    }

    private func order(_ site: Site) -> [String] {
        site.lines.compactMap { line in
            String(decoding: line.bytes, as: UTF8.self).firstMatch(of: /"id":"([^"]+)"/).map { String($0.1) }
        }
    }

    @Test(arguments: [1, 3, 7, 1000]) func `a backlog comes in the order of time, however it is cut`(
        items: Int
    ) throws {
        let site = try Site(["*.log"])
        site.maximumItems = items
        var expected: [(Int, String)] = []
        for (index, name) in ["a", "b", "c", "d"].enumerated() {
            // Files of very different density; d begins when a has ended.
            for step in 0..<200 {
                let second = index == 3 ? 1000 + step : step * (index * 2 + 1)
                try site.append(line(second, name), to: "\(name).log")
                expected.append((second, name))
            }
        }
        try site.drain()
        #expect(order(site) == expected.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map { "\($1)-\($0)" })
        #expect(site.stored.values.allSatisfy { $0.position.lines == 200 })
    }

    @Test func `a restart between any two lines changes nothing`() throws {
        func run(_ cut: (Int) -> Bool) throws -> [String] {
            let site = try Site(["*.log"])
            site.maximumItems = 1
            for second in 0..<60 {
                for (index, name) in ["a", "b", "c"].enumerated() where second % (index + 1) == 0 {
                    // Every tenth line of b is ahead of those after it.
                    let shift = name == "b" && second % 20 == 0 ? 500 : 0
                    try site.append(line(second + shift, name), to: "\(name).log")
                }
            }
            for poll in 0..<10_000 {
                if try site.poll().isCaughtUp { break }
                if cut(poll) { site.restart() }
            }
            return order(site)
        }
        let whole = try run { _ in false }
        #expect(whole.count == 60 + 30 + 20)
        #expect(try run { _ in true } == whole)
        #expect(try run { $0 % 7 == 3 } == whole)
    }

    @Test func `a line that is ahead of those after it does not hold its file up`() throws {
        let site = try Site(["*.log"])
        for second in 0..<100 {
            try site.append(line(second, "a"), to: "a.log")
            if second == 10 { try site.append(line(5000, "stranger"), to: "b.log") }
            try site.append(line(second, "b"), to: "b.log")
        }
        try site.drain()
        let order = order(site)
        #expect(order.filter { $0 != "stranger-5000" } == (0..<100).flatMap { ["a-\($0)", "b-\($0)"] })
        // Among its neighbours: its turn comes with theirs.
        let place = try #require(order.firstIndex(of: "stranger-5000"))
        #expect((20...23).contains(place))
    }

    @Test func `a log of yesterday and one without times do not keep the others waiting`() throws {
        let site = try Site(["*.log"])
        for second in 0..<300 { try site.append(line(100_000 + second, "new"), to: "new.log") }
        try site.poll()
        for second in 0..<300 { try site.append(line(second, "old"), to: "old.log") }
        try site.append(numbered(0..<300), to: "text.log")
        for second in 300..<400 { try site.append(line(100_000 + second, "new"), to: "new.log") }
        try site.drain()
        let last = try #require(order(site).lastIndex { $0.hasPrefix("new") })
        let lines = site.lines.count { _ in true }
        #expect(lines == 1000 && order(site).count == 700)
        #expect(order(site)[...last].count { $0.hasPrefix("old") } < 210)
    }

    @Test func `what a replaced file still held is read, line by line`() throws {
        let site = try Site(["*.log"])
        site.maximumItems = 5
        for second in 0..<50 {
            try site.append(line(second, "a"), to: "a.log")
            try site.append(line(second, "b"), to: "b.log")
        }
        try site.poll()
        try site.overwrite("b.log", with: line(70, "again"))
        site.maximumItems = 1000
        try site.drain()
        #expect(order(site).filter { $0.hasPrefix("b-") } == (0..<50).map { "b-\($0)" })
        #expect(order(site).filter { $0.hasPrefix("again") } == ["again-70"])
        #expect(site.letters.isEmpty)
    }

    @Test func `times that name no zone are merged by the configured one`() throws {
        let site = try Site(["*.log"]) { $0.timeZone = LogZone("+02:00") ?? .utc }
        func line(_ time: String, _ name: String) -> String {
            let answer = #"{"class":"a","probability":0.5}"#
            let line = #"{"id":"\#(name)","time":"\#(time)","model":"m","user":"u","prediction":\#(answer)}"#
            return line + "\n"
        }
        for minute in 10..<20 {
            try site.append(line("2026-03-02 10:\(minute):00", "a-\(minute)"), to: "a.log")
            try site.append(line("2026-03-02T08:\(minute):30Z", "b-\(minute)"), to: "b.log")
        }
        try site.drain()
        #expect(order(site) == (10..<20).flatMap { ["a-\($0)", "b-\($0)"] })
    }
}
