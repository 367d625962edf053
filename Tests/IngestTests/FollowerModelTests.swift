import Domain
import Foundation
import Testing

@testable import Ingest

/// Row 36 of docs/design/trials.md: random histories of a log directory, compared with a slow model of it.
@Suite struct FollowerModelTests {
    /// How many histories; `make test-files` tries many.
    private static let seeds = ProcessInfo.processInfo.environment["RISKD_FILE_SEEDS"].flatMap(Int.init) ?? 20

    @Test(arguments: [["app.log"], ["app.log*"], ["app.log", "app.log.1"]], [1, 2, 8])
    func `what still exists is read, what is gone is counted`(patterns: [String], open: Int) throws {
        for seed in 0..<Self.seeds { try run(seed: UInt64(seed), patterns, open: open) }
    }

    private func run(seed: UInt64, _ patterns: [String], open: Int) throws {
        var random = SplitMix(seed: seed &* 31 &+ UInt64(open))
        let site = try Site(patterns) { $0.maximumOpenFiles = open }
        let model = LogDirectoryModel(site)
        site.maximumItems = 3
        model.append(1, cut: 0)
        try site.drain()
        model.noteLook()
        for _ in 0..<40 {
            switch Int.random(in: 0..<24, using: &random) {
            case 0...5:
                model.append(
                    Int.random(in: 0...5, using: &random),
                    cut: Bool.random(using: &random) ? 0 : Int.random(in: 0...6, using: &random)
                )
            case 6...8:
                model.note("poll")
                try site.poll()
                model.noteLook()
            case 9:
                model.note("look")
                site.follower.look(now: site.now)
            case 10 where model.hasLog, 11 where model.hasLog: try model.rotate()
            case 12, 13: model.reopen()
            case 14 where model.hasLog: try model.copyTruncate()
            case 15 where model.hasLog: model.truncateLog()
            case 16, 17: try model.compress(Int.random(in: 0..<100, using: &random))
            case 18: try model.remove(log: Bool.random(using: &random))
            case 19:
                model.note("restart")
                site.restart()
            case 20:
                // What was read is not stored: the next one begins with what was.
                model.note("kill")
                _ = try site.follower.poll(maximumItems: 3, maximumBytes: 1 << 20, now: site.now)
                site.restart()
            case 21:
                model.note("wait")
                site.now += .seconds(3)
            case 22, 23:
                model.note("settle")
                try settle(site)
                model.noteLook()
                check(site, model, "seed \(seed)")
            default: continue
            }
        }
        try settle(site)
        check(site, model, "seed \(seed)")
        // Whoever begins anew finds nothing that is new; of a copy that is shorter than what was read of its file it cannot be sure before
        // it has read it.
        let before = Set(site.texts)
        site.restart()
        try settle(site)
        #expect(Set(site.texts) == before, "seed \(seed): found late: \(model.history)")
        let (lines, letters) = (site.lines.count, site.letters.count)
        site.restart()
        try settle(site)
        #expect(site.lines.count == lines, "seed \(seed): read again: \(model.history)")
        #expect(site.letters.count == letters, "seed \(seed): told again: \(model.history)")
    }

    private func settle(_ site: Site) throws {
        try site.settle()
        try site.settle()
    }

    private func check(_ site: Site, _ model: LogDirectoryModel, _ seed: String) {
        let stored = Set(site.texts)
        let lost = Set(model.required).subtracting(stored)
        #expect(lost.isEmpty, "\(seed): lost \(lost.sorted()): \(model.history)")
        let added = stored.subtracting(model.allowed)
        #expect(added.isEmpty, "\(seed): never written \(added.sorted()): \(model.history)")
        let whole = site.letters.map { String(decoding: $0.text, as: UTF8.self) }.filter {
            RecordDecoder().isWhole(Array($0.utf8))
        }
        #expect(whole.isEmpty, "\(seed): whole records among the dead letters \(whole): \(model.history)")
        #expect(site.letters.allSatisfy { $0.reason == "unterminated" })
        let told = site.lostBytes
        // Half a line that was read before its rest was gone is told as a dead letter.
        let halves = site.letters.reduce(0) { $0 + $1.length }
        #expect(
            told + halves >= model.mustBeTold(without: stored),
            "\(seed): too little is told: \(model.history)"
        )
        #expect(told <= model.written, "\(seed): more is told than there was: \(model.history)")
        #expect(
            told == site.stored.values.reduce(0) { $0 + $1.lostBytes },
            "\(seed): told and stored differ: \(model.history)"
        )
    }
}
