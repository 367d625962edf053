/// Why libcrypto refused.
package enum CryptoError: Error, Hashable, CustomStringConvertible {
    /// The bytes are not a key of the kind that was asked for; they are never shown.
    case invalidKey(expected: String)
    /// The system's random number generator failed.
    case noRandomness
    /// libcrypto failed for another reason: no memory, or an algorithm that this build lacks.
    case failed(operation: String)

    package var description: String {
        switch self {
        case .invalidKey(let expected): "the key is not \(expected)"
        case .noRandomness: "the system's random number generator failed"
        case .failed(let operation): "libcrypto failed: \(operation)"
        }
    }
}
