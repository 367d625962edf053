extension String {
    /// Whether the UTF-8 bytes are the same; `==` asks for canonical equivalence, which is the same of ASCII only.
    package func hasSameBytes(as other: String) -> Bool {
        if utf8Span.isKnownASCII, other.utf8Span.isKnownASCII { return self == other }
        return utf8.elementsEqual(other.utf8)
    }
}
