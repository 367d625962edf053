internal import CDashboard

/// docs/openapi.yaml, which is part of the program.
package enum APIDescription {
    /// The document.
    package static var bytes: [UInt8] {
        let file = riskd_openapi()
        return Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
    }

    /// The document as an answer.
    package static var answer: APIAnswer { .text(bytes, type: "application/yaml") }
}
