/// The terminal cells that a text takes: two for East Asian wide and emoji, none for combining marks.
///
/// - Parameter text: printable text of one line.
/// - Returns: the number of cells.
package func displayWidth(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { width, scalar in
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .control, .format: return width
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
            0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return width + 2
        default: return width + 1
        }
    }
}

/// A text cut to so many terminal cells, with an ellipsis where something is missing.
///
/// - Parameters:
///   - text: printable text of one line.
///   - width: how many cells it may take, at least 1.
/// - Returns: `text` itself where it fits.
package func fitted(_ text: String, to width: Int) -> String {
    guard displayWidth(text) > width else { return text }
    var result = ""
    var taken = 0
    for character in text {
        let cells = displayWidth(String(character))
        guard taken + cells < width else { break }
        result.append(character)
        taken += cells
    }
    return result + "…"
}
