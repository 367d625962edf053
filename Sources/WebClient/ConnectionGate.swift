internal import CCurl
internal import Glibc

/// Stands between libcurl and the network: makes the sockets, and makes none to a blocked address.
///
/// libcurl resolves a name once for each connection and asks here, with the very address that it is about to connect
/// to, for a socket. So a name that meant another address when it was checked, or means another one a moment later,
/// gains nothing; and the name stays what TLS verifies. Used on one thread only: the one that runs its transfer.
final class ConnectionGate {
    private let addressGuard: AddressGuard
    /// Whether Unix sockets are made.
    var allowsLocal = false
    /// The first address that was refused, and why.
    private(set) var refused: (address: IPAddress, range: AddressRange)?
    /// Whether a socket was made for any address.
    private(set) var hasAttempted = false

    init(_ addressGuard: AddressGuard) { self.addressGuard = addressGuard }

    /// Not retained: whoever gives it to libcurl keeps the gate until the handle is gone.
    var pointer: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    static let callback: curl_open_callback = { context, purpose, address in
        guard purpose == CURLSOCKTYPE_IPCXN else { return curl_no_socket }
        return Unmanaged<ConnectionGate>.fromOpaque(context).takeUnretainedValue().open(address)
    }

    private func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let type = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        if address.pointee.family == AF_UNIX {
            return allowsLocal ? socket(AF_UNIX, type, address.pointee.protocol) : curl_no_socket
        }
        let length = Int(address.pointee.addrlen)
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return curl_no_socket }
        let raw = UnsafeRawBufferPointer(start: UnsafeRawPointer(address) + offset, count: length)
        guard let target = IPAddress(socketAddress: raw) else { return curl_no_socket }
        if let range = addressGuard.refusal(of: target) {
            refused = refused ?? (target, range)
            return curl_no_socket
        }
        hasAttempted = true
        return socket(address.pointee.family, type, address.pointee.protocol)
    }
}
