internal import CCurl

/// A request on its way.
///
/// `@unchecked Sendable`: made by the task that asks, then touched by the client's thread only.
final class Transfer: @unchecked Sendable {
    private let handle: EasyHandle
    private let continuation: CheckedContinuation<Result<WebResponse, WebError>, Never>
    private let bodyLimit: Int
    private let receiver: (@Sendable ([UInt8]) -> Void)?
    private var body: [UInt8] = []
    private var isTruncated = false
    private var retryAfter: String?

    init(
        _ request: WebRequest,
        addresses: [IPAddress]?,
        continuation: CheckedContinuation<Result<WebResponse, WebError>, Never>
    ) throws(WebError) {
        self.continuation = continuation
        bodyLimit = request.bodyLimit
        receiver = request.receiver
        handle = try EasyHandle(
            url: request.url,
            security: request.security,
            addressGuard: request.addressGuard,
            addresses: addresses
        )
        let raw = handle.raw
        if let socket = request.socket { try handle.connect(toSocket: socket) }
        try handle.check(curl_set_number(raw, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1))
        if request.method == .post || !request.body.isEmpty { try send(request.body) }
        // Without a body CURLOPT_POST is not set, and this alone says what is asked.
        if request.method != .post, request.method != .get || !request.body.isEmpty {
            try handle.check(curl_set_text(raw, CURLOPT_CUSTOMREQUEST, request.method.rawValue))
        }
        // An empty Expect: a body is never held back for a "100 Continue" that many servers do not send.
        let headers = request.headers.map { "\($0.name): \(headerValue($0.value))" } + ["Expect:"]
        try handle.set(CURLOPT_HTTPHEADER, headers)
        try handle.check(curl_set_number(raw, CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.milliseconds))
        if let timeout = request.timeout {
            try handle.check(curl_set_number(raw, CURLOPT_TIMEOUT_MS, timeout.milliseconds))
        }
        if let silence = request.silence {
            try handle.check(curl_set_number(raw, CURLOPT_LOW_SPEED_LIMIT, 1))
            try handle.check(
                curl_set_number(raw, CURLOPT_LOW_SPEED_TIME, max(1, silence.milliseconds / 1000))
            )
        }
        let pointer = Unmanaged.passUnretained(self).toOpaque()
        try handle.check(curl_set_pointer(raw, CURLOPT_PRIVATE, pointer))
        try handle.check(curl_set_data_callback(raw, CURLOPT_WRITEFUNCTION, receiveBody))
        try handle.check(curl_set_pointer(raw, CURLOPT_WRITEDATA, pointer))
        try handle.check(curl_set_data_callback(raw, CURLOPT_HEADERFUNCTION, receiveHeader))
        try handle.check(curl_set_pointer(raw, CURLOPT_HEADERDATA, pointer))
    }

    private func send(_ body: [UInt8]) throws(WebError) {
        try handle.check(curl_set_number(raw, CURLOPT_POST, 1))
        try handle.check(curl_set_size(raw, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        let copied = body.withUnsafeBytes { body in
            curl_set_pointer(
                raw,
                CURLOPT_COPYPOSTFIELDS,
                UnsafeMutableRawPointer(mutating: body.baseAddress)
            )
        }
        try handle.check(copied)
    }

    private var status: Int {
        var status = 0
        _ = curl_get_number(raw, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    /// libcurl's handle, which a multi handle drives.
    var raw: UnsafeMutableRawPointer { handle.raw }

    /// Answers the task that asked.
    func finish(_ code: CURLcode) {
        let status = status
        // Ending a body that is too long is our own doing: the status is the answer.
        guard code == CURLE_OK || isTruncated && code == CURLE_WRITE_ERROR, status > 0 else {
            return fail(
                code == CURLE_OK ? .broken(host: "the server", reason: "no status") : handle.error(code)
            )
        }
        let response = WebResponse(
            status: status,
            retryAfter: retryAfter,
            body: body,
            isTruncated: isTruncated
        )
        continuation.resume(returning: .success(response))
    }

    func fail(_ error: WebError) { continuation.resume(returning: .failure(error)) }

    fileprivate func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        if let receiver, status == 200 {
            receiver(Array(bytes))
            return bytes.count
        }
        let room = bodyLimit - body.count
        body.append(contentsOf: bytes.prefix(room))
        guard bytes.count > room else { return bytes.count }
        isTruncated = true
        // Anything else than the count ends the transfer.
        return 0
    }

    fileprivate func receivedHeader(_ bytes: UnsafeRawBufferPointer) {
        let name = "retry-after:"
        let line = String(decoding: bytes, as: UTF8.self)
        guard line.count < 200, line.prefix(name.count).lowercased() == name else { return }
        retryAfter = line.dropFirst(name.count).filter { $0 != "\r\n" && $0 != "\n" }.trimmed
    }
}

private func transfer(_ context: UnsafeMutableRawPointer) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
}

private let receiveBody: curl_data_callback = { data, size, count, context in
    transfer(context).received(UnsafeRawBufferPointer(start: data, count: size * count))
}

private let receiveHeader: curl_data_callback = { data, size, count, context in
    transfer(context).receivedHeader(UnsafeRawBufferPointer(start: data, count: size * count))
    return size * count
}

/// `value` without what could end a header or mean something else elsewhere.
private func headerValue(_ value: String) -> String {
    String(decoding: value.utf8.filter { $0 >= 0x20 && $0 < 0x7F }, as: UTF8.self)
}

extension String {
    fileprivate var trimmed: String {
        let start = drop { $0 == " " || $0 == "\t" }
        return String(start.prefix(start.count - start.reversed().prefix { $0 == " " || $0 == "\t" }.count))
    }
}

extension Duration {
    /// Whole milliseconds, at least 1: libcurl takes 0 for "no limit".
    var milliseconds: Int {
        max(1, Int(clamping: components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000))
    }
}
