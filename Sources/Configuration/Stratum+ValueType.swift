extension Configuration.Stratum {
    /// What tells it from others.
    package var name: String {
        switch self {
        case .matching(let name, _, _): name
        case .eachVersion: Field.modelVersion.rawValue
        }
    }
}

extension ValueType where Value == Configuration.Stratum {
    /// `NAME=FIELD:PATTERN`, or `model_version`.
    static let stratum = ValueType<Configuration.Stratum>.scalar(
        "NAME=FIELD:PATTERN or model_version",
        note:
            "NAME=FIELD:PATTERN, where FIELD is user, source or model_version and * stands for anything; or model_version",
        text: { stratum in
            switch stratum {
            case .eachVersion: stratum.name
            case .matching(let name, let field, let pattern): quoted("\(name)=\(field.rawValue):\(pattern)")
            }
        }
    ) { given, _ in
        if given == Configuration.Stratum.Field.modelVersion.rawValue { return .success(.eachVersion) }
        guard let text = checkedText(given), let equals = text.firstIndex(of: "=") else { return nil }
        let name = String(text[..<equals])
        let rest = text[text.index(after: equals)...].split(
            separator: ":",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        let isPlain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x5F
        }
        guard isPlain, (1...64).contains(name.utf8.count), rest.count == 2, !rest[1].isEmpty,
            let field = Configuration.Stratum.Field(rawValue: String(rest[0]))
        else { return nil }
        return .success(.matching(name: name, field, pattern: String(rest[1])))
    }
}
