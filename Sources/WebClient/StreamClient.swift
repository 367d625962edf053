internal import CCurl
internal import Glibc
internal import Runtime

/// Sends bytes over a TCP or TLS connection that it makes when needed and keeps, on a thread of its own.
///
/// libcurl connects, so that the same guard and the same certificate checks apply as for requests.
package actor StreamClient {
    private let executor = DispatchQueueExecutor(label: "riskd.stream")
    private let url: EndpointURL
    private let security: TransportSecurity
    private let addressGuard: AddressGuard
    private var handle: EasyHandle?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// A client without a connection.
    ///
    /// - Parameters:
    ///   - url: `https` for TLS, `http` for plain TCP; the path means nothing.
    ///   - security: certificates.
    ///   - addressGuard: decides which addresses may be connected to.
    package init(url: EndpointURL, security: TransportSecurity, addressGuard: AddressGuard) {
        self.url = url
        self.security = security
        self.addressGuard = addressGuard
    }

    /// Sends bytes and waits until the receiver's machine has them.
    ///
    /// Nothing says what the program there does with them: that needs a protocol that answers.
    ///
    /// - Parameters:
    ///   - bytes: what to send.
    ///   - timeout: how long it may take once connected.
    /// - Throws: `WebError`; the connection is dropped then, and the next call makes a new one.
    package func send(_ bytes: [UInt8], timeout: Duration = .seconds(10)) throws(WebError) {
        if let handle, isClosed(handle) { self.handle = nil }
        let handle: EasyHandle
        if let kept = self.handle { handle = kept } else { handle = try connect() }
        self.handle = nil
        let deadline = ContinuousClock.now + timeout
        try write(bytes, to: handle, before: deadline)
        try awaitAcknowledgement(handle, before: deadline)
        guard !isClosed(handle) else { throw broken("the receiver closed the connection") }
        self.handle = handle
    }

    private func connect() throws(WebError) -> EasyHandle {
        let handle = try EasyHandle(
            url: url,
            security: security,
            addressGuard: addressGuard,
            addresses: nil
        )
        try handle.check(curl_set_number(handle.raw, CURLOPT_CONNECT_ONLY, 1))
        // No HTTP is spoken: an offer of it would confuse some receivers.
        try handle.check(curl_set_number(handle.raw, CURLOPT_SSL_ENABLE_ALPN, 0))
        try handle.check(curl_set_number(handle.raw, CURLOPT_CONNECTTIMEOUT_MS, 5000))
        try handle.check(curl_easy_perform(handle.raw))
        return handle
    }

    private func descriptor(_ handle: EasyHandle) throws(WebError) -> Int32 {
        var descriptor: curl_socket_t = curl_no_socket
        guard curl_get_socket(handle.raw, &descriptor) == CURLE_OK, descriptor != curl_no_socket else {
            throw broken("there is no connection")
        }
        return descriptor
    }

    private func write(
        _ bytes: [UInt8],
        to handle: EasyHandle,
        before deadline: ContinuousClock.Instant
    ) throws(WebError) {
        var done = 0
        while done < bytes.count {
            var count = 0
            let code = bytes.withUnsafeBytes { bytes in
                curl_easy_send(handle.raw, bytes.baseAddress.map { $0 + done }, bytes.count - done, &count)
            }
            done += count
            guard code != CURLE_AGAIN else {
                var request = pollfd(fd: try descriptor(handle), events: Int16(POLLOUT), revents: 0)
                guard ContinuousClock.now < deadline else { throw timedOut }
                poll(&request, 1, 100)
                continue
            }
            try handle.check(code)
        }
    }

    /// Waits until the kernel has nothing unacknowledged.
    private func awaitAcknowledgement(
        _ handle: EasyHandle,
        before deadline: ContinuousClock.Instant
    ) throws(WebError) {
        let descriptor = try descriptor(handle)
        var unsent: Int32 = 0
        // SIOCOUTQ has the number of TIOCOUTQ.
        while ioctl(descriptor, UInt(TIOCOUTQ), &unsent) == 0, unsent > 0 {
            guard ContinuousClock.now < deadline else { throw timedOut }
            usleep(1000)
        }
    }

    private func isClosed(_ handle: EasyHandle) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 256)
        while true {
            var count = 0
            let code = curl_easy_recv(handle.raw, &buffer, buffer.count, &count)
            if code == CURLE_AGAIN { return false }
            // What a receiver says, which syslog has no use for, is read away.
            if code != CURLE_OK || count == 0 { return true }
        }
    }

    private func broken(_ reason: String) -> WebError {
        .broken(host: "\(url.host):\(url.port)", reason: reason)
    }

    private var timedOut: WebError {
        .timedOut(host: "\(url.host):\(url.port)", reason: "not everything was acknowledged")
    }
}
