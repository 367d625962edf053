import Domain
import Foundation
import Testing

@testable import Ingest

/// Row 36 of the acceptance suite: random histories of a log directory, compared with a model.
@Suite struct FollowerModelTests {
    @Test(arguments: [["app.log"], ["app.log*"]])
    func `delivers every line once, whatever happens to the files`(patterns: [String]) throws {
        for seed in 0..<150 { try run(seed: UInt64(seed), patterns) }
    }

    private func run(seed: UInt64, _ patterns: [String]) throws {
        var generator = SplitMix(seed: seed)
        let site = try Site(patterns) { $0.maximumOpenFiles = 2 }
        site.maximumItems = 3
        var next = 0
        var expected: [String] = []
        // The half line at the end of the live file.
        var partial = ""
        var abandoned: [String] = []
        var generations = 0
        var history: [String] = []
        for _ in 0..<25 {
            let exists = FileManager.default.fileExists(atPath: site.path())
            switch Int.random(in: 0..<12, using: &generator) {
            case 0...3:
                let count = Int.random(in: 1...6, using: &generator)
                history.append("append \(count)")
                var text = ""
                for _ in 0..<count {
                    let line = "line \(next)"
                    next += 1
                    expected.append(partial + line)
                    text += line + "\n"
                    partial = ""
                }
                try site.append(text)
            case 4:
                history.append("partial")
                let piece = "half \(next) "
                next += 1
                partial += piece
                try site.append(piece)
            case 5, 6:
                history.append("poll")
                try site.poll()
            case 7 where exists:
                // A follower cannot know of a generation that came and went unseen.
                try site.poll()
                history.append("rename")
                generations += 1
                try site.rename(to: "app.log.\(generations)")
                if !partial.isEmpty { abandoned.append(partial) }
                partial = ""
            case 8 where exists:
                // What was not read before a file is cut is gone.
                try site.drain()
                history.append("truncate")
                #expect(truncate(site.path(), 0) == 0)
                if !partial.isEmpty { abandoned.append(partial) }
                partial = ""
                // Seen while it is empty: a cut that is undone in between is not in this model.
                try site.drain()
            case 9 where exists:
                try site.drain()
                history.append("delete")
                try site.remove()
                if !partial.isEmpty { abandoned.append(partial) }
                partial = ""
                // Half a line of a file that is gone is lost in a restart; so it is given up before.
                try site.settle()
            case 10:
                history.append("restart")
                site.restart()
            case 11:
                history.append("wait")
                site.now += .seconds(3)
            default: continue
            }
        }
        try site.settle()
        try site.settle()
        #expect(site.texts.sorted() == expected.sorted(), "seed \(seed): \(history)")
        let letters = site.letters.map { String(decoding: $0.text, as: UTF8.self) }
        #expect(letters.sorted() == abandoned.sorted(), "seed \(seed): \(history)")
        #expect(site.letters.allSatisfy { $0.reason == "unterminated" })
    }
}
