import Console
import Domain
import Foundation
import Runtime

/// The same measurement by this build and by another, in turn, so that what else a machine does falls on both alike.
struct Comparison {
    /// Options of every command.
    static let flags = [
        Flag("against", value: "PROGRAM", "Measure with another riskd-bench in turn, and print ratios"),
        Flag("pairs", value: "COUNT", "How often each measures with --against; 3 unless given"),
    ]

    /// One figure of a row, pair by pair.
    struct Figure: Hashable {
        /// The row's words, such as `50x50x3`.
        let row: String
        /// The column's name.
        let name: String
        /// What the other program measured, in the order of pairs.
        let before: [Double]
        /// What this one measured.
        let after: [Double]

        /// After over before of each pair, ascending.
        var ratios: [Double] { zip(after, before).map { $0 / $1 }.sorted() }
    }

    /// A row as a program printed it: words and numbers by column.
    typealias Row = [String: Value]

    /// What stands in a column.
    enum Value: Hashable {
        case word(String)
        case number(Double)
    }

    /// The figures that rows of the same words have in both programs' outputs.
    ///
    /// - Parameter pairs: what the other program and this one printed, in order.
    /// - Returns: figures in the order of rows and of names; none that is 0 anywhere before, or the same everywhere.
    static func figures(_ pairs: [(before: [Row], after: [Row])]) -> [Figure] {
        var order: [String] = []
        var values: [String: [String: (before: [Double], after: [Double])]] = [:]
        for pair in pairs {
            let before = Dictionary(pair.before.map { (words($0), $0) }) { first, _ in first }
            for row in pair.after {
                let name = words(row)
                guard let other = before[name] else { continue }
                if values[name] == nil { order.append(name) }
                for case (let column, .number(let after)) in row {
                    guard case .number(let before) = other[column] else { continue }
                    values[name, default: [:]][column, default: ([], [])].before.append(before)
                    values[name, default: [:]][column, default: ([], [])].after.append(after)
                }
            }
        }
        return order.flatMap { row in
            (values[row] ?? [:]).sorted { $0.key < $1.key }.compactMap { column, figures in
                guard !figures.before.contains(0), Set(figures.before + figures.after).count > 1 else {
                    return nil
                }
                return Figure(row: row, name: column, before: figures.before, after: figures.after)
            }
        }
    }

    private static func words(_ row: Row) -> String {
        row.sorted { $0.key < $1.key }.compactMap { _, value in
            if case .word(let word) = value { word } else { nil }
        }.joined(separator: " ")
    }

    /// Measures with both programs, and prints the ratios.
    ///
    /// - Parameters:
    ///   - arguments: the command line, without the program's name.
    ///   - terminal: where the table goes.
    /// - Returns: how it ended; whatever went wrong has been written.
    static func run(_ arguments: [String], on terminal: Terminal) -> ExitCode {
        var rest: [String] = []
        var values: [String: String] = [:]
        var words = arguments[...]
        while let word = words.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard let flag = ["--against", "--pairs", "--output", "-o"].first(where: { $0 == parts[0] })
            else {
                rest.append(word)
                continue
            }
            values[flag == "-o" ? "--output" : flag] = parts.count > 1 ? parts[1] : words.popFirst()
        }
        guard let other = values["--against"], FileManager.default.isExecutableFile(atPath: other),
            let count = Int(values["--pairs"] ?? "3"), (1...100).contains(count),
            let format = OutputFormat(rawValue: values["--output"] ?? "table")
        else {
            terminal.writeError(
                "expected --against PROGRAM, which can be run, --pairs of 1 to 100, and -o FORMAT"
            )
            return .usage
        }
        var pairs: [(before: [Row], after: [Row])] = []
        for number in 0..<count {
            // Who goes first takes turns, too.
            let programs =
                number % 2 == 0 ? [other, CommandLine.arguments[0]] : [CommandLine.arguments[0], other]
            var outputs: [[Row]] = []
            for program in programs {
                terminal.note("pair \(number + 1) of \(count): \(program)")
                guard let rows = rows(of: program, rest) else {
                    terminal.writeError("\(program) did not measure; what it said stands above")
                    return .error
                }
                outputs.append(rows)
            }
            pairs.append(number % 2 == 0 ? (outputs[0], outputs[1]) : (outputs[1], outputs[0]))
        }
        report(figures(pairs)).write(to: terminal, as: format)
        return .ok
    }

    private static func report(_ figures: [Figure]) -> Report {
        var report = Report([
            .init("row"), .init("figure"), .init("before", isNumeric: true), .init("after", isNumeric: true),
            .init("ratio", isNumeric: true), .init("lowest", isNumeric: true),
            .init("highest", isNumeric: true),
        ])
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        for figure in figures {
            let ratios = figure.ratios
            report.append([
                .string(figure.row), .string(figure.name), .number(rounded(median(figure.before), 3)),
                .number(rounded(median(figure.after), 3)), .number(rounded(median(ratios), 3)),
                .number(rounded(ratios[0], 3)), .number(rounded(ratios[ratios.count - 1], 3)),
            ])
        }
        return report
    }

    private static func rows(of program: String, _ arguments: [String]) -> [Row]? {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments + ["-o", "json"]
        let output = Pipe()
        process.standardOutput = output
        guard (try? process.run()) != nil else { return nil }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return Self.rows(data)
    }

    /// The rows of a table in JSON; nil where it is none.
    static func rows(_ data: Data) -> [Row]? {
        guard let objects = try? JSONSerialization.jsonObject(with: data) as? [[String: Any]] else {
            return nil
        }
        return objects.map { object in
            object.compactMapValues { value in
                if let word = value as? String { return .word(word) }
                return (value as? NSNumber).map { .number($0.doubleValue) }
            }
        }
    }
}
