import Runtime

/// `text` as it may stand in a message: control characters escaped, at most 80 characters.
func escaped(_ text: String) -> String {
    let scalars = text.unicodeScalars
    return printable(String(scalars.prefix(80))) + (scalars.count > 80 ? "…" : "")
}

/// Whether `text` could drive a terminal or break a line.
func hasControl(_ text: String) -> Bool { printable(text) != text }
