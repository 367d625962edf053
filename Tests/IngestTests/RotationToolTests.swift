import Domain
import Foundation
import Testing

@testable import Ingest

/// What Debian's own loggers and logrotate do to a log: cases 25b to 25e of docs/design/trials.md.
///
/// A tool that is missing is named where it is skipped.
@Suite(.serialized) struct RotationToolTests {
    private static func has(_ tool: String) -> Bool { access(tool, X_OK) == 0 }

    private func record(_ number: Int, size: Int) -> String {
        let answer = #"{"class":"a","probability":0.5}"#
        let filler = String(repeating: "x", count: size)
        return
            #"{"id":"r\#(number)","time":"2026-03-02T08:00:00Z","model":"m","user":"u","f":"\#(filler)","prediction":\#(answer)}"#
    }

    /// Writes records through a logger into `log/`, reading now and then, and restarting.
    private func feed(_ site: Site, _ program: String, _ arguments: [String], sizes: (Int) -> Int) throws
        -> [String]
    {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = site.directory
        let pipe = Pipe()
        process.standardInput = pipe
        try process.run()
        var generator = SplitMix(seed: 3)
        let records = (0..<400).map { record($0, size: sizes($0)) }
        for record in records {
            try pipe.fileHandleForWriting.write(contentsOf: Data((record + "\n").utf8))
            if Int.random(in: 0..<8, using: &generator) == 0 { try site.poll() }
            if Int.random(in: 0..<60, using: &generator) == 0 { site.restart() }
        }
        try pipe.fileHandleForWriting.close()
        process.waitUntilExit()
        try site.settle()
        try site.settle()
        return records
    }

    /// All are there and nothing else is; of a file that is renamed while it is looked at a line may come twice, which the pipeline leaves out by
    /// its content.
    private func expectAll(_ records: [String], _ site: Site) {
        #expect(Set(site.texts) == Set(records))
        #expect(site.texts.count < records.count + 40)
    }

    private func site(_ patterns: [String]) throws -> Site {
        let site = try Site(patterns)
        try FileManager.default.createDirectory(atPath: site.path("log"), withIntermediateDirectories: false)
        try site.append("", to: "log/current")
        try site.poll()
        return site
    }

    @Test(
        .enabled(if: has("/usr/bin/svlogd"), "SKIPPED: svlogd is missing; .ci/setup installs Debian's runit"),
        arguments: [["log/current"], ["log/current", "log/@*"]]
    )
    func `all records of svlogd's files are read, wherever it cut them (25e)`(patterns: [String]) throws {
        let site = try site(patterns)
        try Data("s5000\nn100\n".utf8).write(to: URL(filePath: site.path("log/config")))
        let records = try feed(site, "/usr/bin/svlogd", [site.path("log")]) { 100 + $0 * 37 % 900 }
        expectAll(records, site)
        #expect(site.letters.isEmpty && site.losses.isEmpty)
        #expect(site.stored.count > 10, "svlogd has rotated")
    }

    @Test(
        .enabled(
            if: has("/usr/bin/multilog"),
            "SKIPPED: multilog is missing; .ci/setup installs Debian's daemontools"
        ),
        arguments: [["log/current"], ["log/current", "log/@*"]]
    )
    func `all records of multilog's files are read, wherever it cut them (25e)`(patterns: [String]) throws {
        let site = try site(patterns)
        let records = try feed(site, "/usr/bin/multilog", ["s5000", "n100", site.path("log")]) {
            100 + $0 * 37 % 900
        }
        expectAll(records, site)
        #expect(site.letters.isEmpty && site.losses.isEmpty)
        #expect(site.stored.count > 10, "multilog has rotated")
    }

    @Test(
        .enabled(if: has("/usr/bin/s6-log"), "SKIPPED: s6-log is missing; .ci/setup installs Debian's s6"),
        arguments: [false, true]
    )
    func `what s6-log cuts is named, and read whole where it is told not to cut (25e)`(isRemedied: Bool)
        throws
    {
        let site = try site(["log/current"])
        let script = (isRemedied ? ["-l", "0"] : []) + ["n100", "s20000", site.path("log")]
        let records = try feed(site, "/usr/bin/s6-log", script) { $0 % 3 == 0 ? 9000 : 100 }
        if isRemedied {
            expectAll(records, site)
        } else {
            #expect(records.filter { $0.utf8.count < 8192 }.allSatisfy(site.texts.contains))
            let decoder = RecordDecoder()
            let heads = site.lines.filter { $0.bytes.count == 8192 }
            #expect(heads.count == records.count { $0.utf8.count > 8192 })
            for head in heads {
                guard case .rejected(let rejection) = decoder.decode(head) else {
                    Issue.record("half a record was taken")
                    continue
                }
                #expect(rejection.reason == .cutInTransit && rejection.detail.contains("s6-log"))
            }
        }
        #expect(site.losses.isEmpty)
    }

    @Test(
        .enabled(if: has("/usr/sbin/logrotate"), "SKIPPED: logrotate is missing; .ci/setup installs it"),
        arguments: ["create", "compress", "delaycompress", "copytruncate", "olddir", "dateext"]
    )
    func `no record is lost to logrotate, running, blocked or stopped (25a, 25b, 25c, 25d)`(how: String)
        throws
    {
        let site = try Site()
        try FileManager.default.createDirectory(atPath: site.path("old"), withIntermediateDirectories: false)
        let options: String =
            switch how {
            case "compress": "create\ncompress"
            case "delaycompress": "create\ncompress\ndelaycompress"
            case "olddir": "create\nolddir \(site.path("old"))\ncompress"
            case "dateext": "create\ndateext\ndateformat -%Y%m%d-%s"
            default: how
            }
        let configuration = "\(site.path()) {\nsu\nrotate 20\nmissingok\n\(options)\n}\n".replacing(
            "su\n",
            with: ""
        )
        try Data(configuration.utf8).write(to: URL(filePath: site.path("logrotate.conf")))
        #expect(chmod(site.path("logrotate.conf"), 0o600) == 0 && chmod(site.directory.path, 0o700) == 0)
        func rotate() throws {
            // logrotate names files by the second where it is told to.
            if how == "dateext" { sleep(1) }
            let process = Process()
            process.executableURL = URL(filePath: "/usr/sbin/logrotate")
            process.arguments = ["-f", "-s", site.path("state"), site.path("logrotate.conf")]
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
        }
        var next = 0
        func write() throws {
            try site.append(numbered(next..<next + 30))
            next += 30
            site.tick()
        }
        try write()
        try site.drain()
        // Running, then while nothing is read, then while riskd is stopped: two rotations each between two looks.
        for phase in 0..<3 {
            for _ in 0..<2 {
                try write()
                try rotate()
                if phase == 1 { site.follower.look(now: site.now) }
            }
            try write()
            if phase == 2 { site.restart() }
            try site.settle()
        }
        #expect(site.texts.sorted() == texts(0..<next).sorted())
        #expect(site.losses.isEmpty && site.letters.isEmpty)
    }
}
