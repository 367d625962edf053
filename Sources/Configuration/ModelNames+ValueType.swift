import Domain

extension ValueType where Value == ModelNames.Rule {
    /// `NAME=PATTERN`.
    static let modelName = ValueType.scalar(
        "NAME=PATTERN",
        note: "NAME=PATTERN, where * stands for anything",
        text: { quoted("\($0.name)=\($0.pattern)") }
    ) { given, _ in
        guard let text = checkedText(given), let equals = text.firstIndex(of: "=") else { return nil }
        let (name, pattern) = (String(text[..<equals]), String(text[text.index(after: equals)...]))
        guard (1...256).contains(name.utf8.count), !pattern.isEmpty else { return nil }
        return .success(ModelNames.Rule(name: name, pattern: pattern))
    }
}
