import Crypto

/// `text`, or when it has more than `limit` bytes its beginning with a digest of all of it, so that names that differ
/// still differ.
///
/// - Parameters:
///   - text: a name that the outside world chose.
///   - limit: UTF-8 bytes, at least 32.
/// - Returns: at most `limit` bytes.
func bounded(_ text: String, to limit: Int = 256) -> String {
    guard text.utf8.count > limit else { return text }
    return clipped(text, to: limit - 17) + "~" + sha256Hex(Array(text.utf8)).prefix(16)
}

/// The longest beginning of `text` that has at most `limit` UTF-8 bytes and cuts no scalar.
func clipped(_ text: String, to limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var result = String.UnicodeScalarView()
    var count = 0
    for scalar in text.unicodeScalars {
        count += String(scalar).utf8.count
        guard count <= limit else { break }
        result.append(scalar)
    }
    return String(result)
}
