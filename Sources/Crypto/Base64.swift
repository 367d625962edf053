import CCrypto

/// `bytes` in base64 (RFC 4648 section 4) with padding.
package func base64(_ bytes: [UInt8]) -> String {
    // libcrypto writes a terminating zero as well.
    var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    let count = EVP_EncodeBlock(&text, bytes, Int32(clamping: bytes.count))
    return String(decoding: text.prefix(Int(count)), as: UTF8.self)
}

/// The bytes that base64 `text` stands for; nil unless it is strictly RFC 4648 section 4.
///
/// Padding must be there, nothing else may be, and unused bits must be zero: one text for one key.
///
/// - Parameter text: such as `AAECAw==`.
/// - Returns: the bytes, or nil.
package func bytes(base64 text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard !digits.isEmpty else { return [] }
    guard digits.count % 4 == 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: digits.count / 4 * 3)
    guard EVP_DecodeBlock(&bytes, digits, Int32(clamping: digits.count)) == Int32(clamping: bytes.count)
    else {
        return nil
    }
    // libcrypto counts padding as zeros and is lenient about blanks and unused bits.
    bytes.removeLast(min(2, digits.reversed().prefix { $0 == UInt8(ascii: "=") }.count))
    return base64(bytes) == text ? bytes : nil
}
