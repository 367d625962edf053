internal import CCurl
internal import Glibc

/// One transfer of libcurl's, with what every one of riskd's has in common.
///
/// Used by one thread at a time.
final class EasyHandle {
    let raw: UnsafeMutableRawPointer
    let gate: ConnectionGate
    private let url: EndpointURL
    private let message: UnsafeMutablePointer<CChar>
    private var lists: [UnsafeMutablePointer<curl_slist>] = []

    init(
        url: EndpointURL,
        security: TransportSecurity,
        addressGuard: AddressGuard,
        addresses: [IPAddress]?
    ) throws(WebError) {
        // Once for the process; the initialiser of a static runs once.
        guard Self.isReady, let raw = curl_easy_init() else {
            throw .broken(host: url.host, reason: "no memory")
        }
        self.raw = raw
        self.url = url
        gate = ConnectionGate(addressGuard)
        message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try check(curl_set_pointer(raw, CURLOPT_ERRORBUFFER, message))
        try check(curl_set_text(raw, CURLOPT_URL, url.text))
        try check(curl_set_number(raw, CURLOPT_NOSIGNAL, 1))
        // Nothing of the surroundings: no proxy of the environment, no .netrc, no redirects, no other protocols.
        try check(curl_set_text(raw, CURLOPT_PROXY, ""))
        try check(curl_set_number(raw, CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue)))
        try check(curl_set_number(raw, CURLOPT_FOLLOWLOCATION, 0))
        try check(curl_set_text(raw, CURLOPT_PROTOCOLS_STR, url.scheme))
        try check(curl_set_open_callback(raw, ConnectionGate.callback))
        try check(curl_set_pointer(raw, CURLOPT_OPENSOCKETDATA, gate.pointer))
        try secure(security)
        if let addresses { try pin(addresses) }
    }

    deinit {
        // Before what it points to.
        curl_easy_cleanup(raw)
        for list in lists { curl_slist_free_all(list) }
        message.deallocate()
    }

    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private func secure(_ security: TransportSecurity) throws(WebError) {
        try check(curl_set_number(raw, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2))
        try check(curl_set_number(raw, CURLOPT_SSL_VERIFYPEER, 1))
        try check(curl_set_number(raw, CURLOPT_SSL_VERIFYHOST, 2))
        for (option, path) in [
            (CURLOPT_CAINFO, security.authorities), (CURLOPT_SSLCERT, security.certificate),
            (CURLOPT_SSLKEY, security.key),
        ] {
            guard let path else { continue }
            guard access(path, R_OK) == 0 else {
                throw .credentials(reason: "\(path): \(String(cString: strerror(errno)))")
            }
            try check(curl_set_text(raw, option, path))
        }
    }

    /// Answers the name of the host with `addresses`.
    private func pin(_ addresses: [IPAddress]) throws(WebError) {
        guard url.literal == nil, !addresses.isEmpty else { return }
        let list = addresses.map(\.description).joined(separator: ",")
        // Takes the place of what an earlier transfer said of the same name.
        try set(CURLOPT_RESOLVE, ["\(url.host):\(url.port):\(list)"])
    }

    /// Connects to a Unix socket, whatever the URL's host is.
    func connect(toSocket path: String) throws(WebError) {
        gate.allowsLocal = true
        try check(curl_set_text(raw, CURLOPT_UNIX_SOCKET_PATH, path))
    }

    func set(_ option: CURLoption, _ lines: [String]) throws(WebError) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                throw .broken(host: url.host, reason: "no memory")
            }
            list = longer
        }
        guard let list else { return }
        lists.append(list)
        try check(curl_set_list(raw, option, list))
    }

    func check(_ code: CURLcode) throws(WebError) {
        guard code != CURLE_OK else { return }
        throw error(code)
    }

    /// What a failed call means.
    func error(_ code: CURLcode) -> WebError {
        let text = String(cString: message)
        let reason = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        let host = "\(url.host):\(url.port)"
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: return .unresolved(host: url.host)
        case CURLE_COULDNT_CONNECT:
            if let refused = gate.refused, !gate.hasAttempted {
                let address = refused.address.description
                return .blocked(host: url.host, address: address, range: refused.range.description)
            }
            return .unreachable(host: host, reason: reason)
        case CURLE_OPERATION_TIMEDOUT: return .timedOut(host: host, reason: reason)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_INVALIDCERTSTATUS:
            return .untrusted(host: host, reason: reason)
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE: return .credentials(reason: reason)
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: return .invalidURL(reason: reason)
        default: return .broken(host: host, reason: reason)
        }
    }
}
