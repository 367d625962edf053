import Foundation
import PostgresClient
import Testing

@Suite
struct FaultCourseTests {
    @Test(
        "each SQLSTATE has its course",
        arguments: [
            ("08000", .reconnect), ("08003", .reconnect), ("08006", .reconnect), ("08P01", .reconnect),
            ("22P05", .end), ("23505", .end), ("25001", .end), ("25006", .reconnect), ("25P02", .end),
            ("25P03", .reconnect),
            ("25P04", .reconnect), ("28P01", .end), ("3D000", .end), ("40001", .wait), ("40P01", .wait),
            ("40002", .end), ("40003", .reconnect), ("42501", .end), ("42P01", .end), ("53000", .wait),
            ("53100", .wait),
            ("53200", .wait), ("53300", .wait), ("53400", .wait), ("54000", .end), ("55000", .end),
            ("55006", .wait), ("55P03", .wait), ("57000", .end), ("57014", .wait), ("57P01", .reconnect),
            ("57P02", .reconnect), ("57P03", .reconnect), ("57P04", .end), ("57P05", .reconnect),
            ("58000", .wait), ("58030", .wait), ("58P01", .wait), ("72000", .wait), ("P0001", .end),
            ("XX000", .end),
            ("XX001", .end), ("XX002", .end),
        ] as [(String, FaultCourse)]
    )
    func course(sqlState: String, course: FaultCourse) {
        #expect(FaultCourse.of(sqlState: sqlState) == course)
    }

    @Test("the table in docs/databases.md is the one in the program")
    func documented() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/databases.md"), encoding: .utf8)
        for (states, course, meaning) in FaultCourse.table {
            let names = states.map { "`\($0)`" }.joined(separator: ", ")
            let row = "| \(names) | \(meaning) | \(course.rawValue) |"
            #expect(page.contains(row), "docs/databases.md lacks: \(row)")
        }
    }
}
