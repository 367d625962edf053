/// A text in lines of at most so many cells, broken between words; a longer word has a line of its own.
///
/// - Parameters:
///   - text: printable text.
///   - width: how many cells a line may take.
/// - Returns: lines; none of an empty text.
package func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
        if let last = lines.last, displayWidth(last) + 1 + displayWidth(String(word)) <= width {
            lines[lines.count - 1] = "\(last) \(word)"
        } else {
            lines.append(String(word))
        }
    }
    return lines
}
