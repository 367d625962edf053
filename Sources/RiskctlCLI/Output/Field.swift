import Console
import Runtime

/// A column of a list, and where in an item its value is.
struct Field: Sendable {
    let column: Report.Column
    let value: @Sendable (JSONValue) -> JSONValue

    /// Any value as it is.
    ///
    /// - Parameters:
    ///   - name: the column.
    ///   - path: keys with dots between them; nil: the column's name.
    ///   - isNumeric: whether it is aligned to the right.
    ///   - isOptional: whether a narrow table may go without it.
    /// - Returns: the field.
    static func value(
        _ name: String,
        _ path: String? = nil,
        isNumeric: Bool = false,
        isOptional: Bool = false
    ) -> Field {
        let path = path ?? name
        return Field(column: .init(name, isNumeric: isNumeric, isOptional: isOptional)) { $0.at(path) }
    }

    /// A number, aligned to the right.
    static func number(_ name: String, _ path: String? = nil, isOptional: Bool = false) -> Field {
        value(name, path, isNumeric: true, isOptional: isOptional)
    }

    /// A time, to the second in tables.
    static func time(_ name: String, _ path: String? = nil, isOptional: Bool = false) -> Field {
        let path = path ?? name
        let column = Report.Column(
            name,
            isOptional: isOptional,
            isFixed: true,
            shows: { shortTime($0.string ?? $0.text) }
        )
        return Field(column: column) { $0.at(path) }
    }

    /// An id that is of use as a whole only.
    static func id(_ name: String, _ path: String? = nil) -> Field {
        let path = path ?? name
        return Field(column: .init(name, isFixed: true)) { $0.at(path) }
    }

    /// A score, with three decimals in tables.
    static func score(_ name: String = "score", _ path: String? = nil) -> Field {
        let path = path ?? name
        let column = Report.Column(name, isNumeric: true, shows: { $0.double.map(pointsText) ?? "-" })
        return Field(column: column) { $0.at(path) }
    }

    /// A probability or distance, with so many decimals in tables.
    static func fraction(_ name: String, _ path: String? = nil, isOptional: Bool = false) -> Field {
        let path = path ?? name
        let column = Report.Column(
            name,
            isNumeric: true,
            isOptional: isOptional,
            shows: { $0.double.map(fractionText) ?? "-" }
        )
        return Field(column: column) { $0.at(path) }
    }

    /// A level, in tables with its bar and colour.
    static func level(_ name: String = "level", _ path: String? = nil, isOptional: Bool = false) -> Field {
        let path = path ?? name
        let column = Report.Column(
            name,
            isOptional: isOptional,
            isFixed: true,
            shows: { $0.string.map(LevelText.text) ?? "-" },
            style: { $0.string.flatMap(LevelText.style) }
        )
        return Field(column: column) { $0.at(path) }
    }

    /// Several values, with a comma and a blank between them.
    static func list(_ name: String, _ path: String? = nil, isOptional: Bool = false) -> Field {
        let path = path ?? name
        return Field(column: .init(name, isOptional: isOptional)) { item in
            .string(item.at(path).elements.compactMap(\.asText).joined(separator: ", "))
        }
    }

    /// What is made of an item.
    static func made(
        _ name: String,
        isNumeric: Bool = false,
        isOptional: Bool = false,
        _ value: @escaping @Sendable (JSONValue) -> JSONValue
    ) -> Field {
        Field(column: .init(name, isNumeric: isNumeric, isOptional: isOptional), value: value)
    }
}

extension JSONValue {
    /// The value behind keys with dots between them.
    func at(_ path: String) -> JSONValue {
        path.split(separator: ".").reduce(self) { $0[String($1)] }
    }

    /// A string as it is, other values as JSON; nil of null.
    var asText: String? {
        switch self {
        case .null: nil
        case .string(let text): text
        default: text
        }
    }
}

/// A score as people read it: `87.881`.
func pointsText(_ points: Double) -> String {
    let milli = Int((points * 1000).rounded())
    let rest = String(abs(milli) % 1000)
    return "\(milli < 0 ? "-" : "")\(abs(milli) / 1000)." + String(repeating: "0", count: 3 - rest.count)
        + rest
}

/// A number with four decimals, in more digits where it would be nothing.
func fractionText(_ value: Double) -> String {
    guard abs(value) < 1e9, value == 0 || abs(value) >= 0.0001 else { return "\(value)" }
    let units = Int((abs(value) * 10_000).rounded())
    let rest = String(units % 10_000)
    return "\(value < 0 ? "-" : "")\(units / 10_000)." + String(repeating: "0", count: 4 - rest.count) + rest
}
