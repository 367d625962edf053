package import Configuration
package import Domain
import Foundation
import Glibc
import HTTPAPI
import HTTPServer
import Notifying
package import Pipeline
package import Runtime
import Storage

/// The API of a daemon: its listener, its connections to the database, and its stream of events.
package struct APIHost: Sendable {
    /// The port that it listens on.
    package var port: UInt16 { server.port }
    /// The Unix socket that it listens at; nil: none.
    package let socket: String?

    private let server: HTTPServer
    private let localServer: HTTPServer?
    private let service: APIService
    private let events: EventSource
    private let pools: [StorePool]

    /// Starts to listen; ``run()`` answers.
    ///
    /// - Parameters:
    ///   - configuration: checked settings.
    ///   - connectionString: of the database; never printed.
    ///   - metrics: what scrapers are shown.
    ///   - service: what the daemon knows of itself.
    ///   - blindness: what it is blind for just now, a sentence each.
    ///   - now: the time by which things expire.
    ///   - log: gets what goes wrong.
    /// - Throws: `HTTPServerError`, or `StartupError` where certificate or key cannot be read or there is no such group.
    package init(
        _ configuration: Configuration,
        _ connectionString: String,
        metrics: Metrics,
        service: ServiceBoard,
        blindness: @escaping @Sendable () -> [String],
        now: @escaping @Sendable () -> Timestamp,
        log: Log
    ) throws {
        let api = configuration.api
        let patience = api.questionTimeout
        let readers = StorePool(connectionString, for: .questions(atMost: patience), width: api.connections)
        let writers = StorePool(connectionString, for: .requests(atMost: patience), width: 2)
        let exporters = StorePool(connectionString, for: .questions(atMost: .seconds(600)), width: 2)
        let standings = Standings(readers) {
            service.state.sources?.isCaughtUp == true ? now() : nil
        }
        let hub = EventHub(mostReaders: api.eventClients)
        let requests = RequestHandlers(
            configuration: configuration,
            settings: AlertSettings(configuration),
            readers: readers,
            writers: writers,
            exporters: exporters,
            standings: standings,
            detectors: DetectorReport(readers, standings, service, configuration.coverage),
            metrics: metrics,
            service: service,
            hub: hub,
            blindness: blindness,
            now: now
        )
        let events = EventSource(requests, hub, log: log)
        var settings = APIService.Settings()
        settings.requestsPerMinute = api.requestsPerMinute
        settings.signInsPerMinute = max(1, api.requestsPerMinute / 60)
        settings.isEncrypted = api.isEncrypted
        if let url = api.publicURL { settings.origins = [url] }
        settings.hosts = HostNames(api)
        let proxies = TrustedProxies(
            api.trustedProxies.compactMap { NetworkRange($0) },
            header: TrustedProxies.Header(rawValue: api.proxyHeader.rawValue) ?? .xForwardedFor
        )
        settings.proxies = proxies
        let group = try api.socketGroup.map { name in
            guard let number = SystemAccounts.number(ofGroup: name) else {
                throw StartupError("api.socket_group: there is no group \(name)")
            }
            return (number: number, name: name, role: api.socketGroupRole)
        }
        settings.local = LocalAccess(
            ownUser: geteuid(),
            group: group,
            name: { SystemAccounts.name(ofUser: $0) }
        )
        let service = APIService(
            settings,
            APIService.Foundation(
                handlers: requests.handlers,
                authority: requests.authority,
                hub: hub,
                backlog: { await events.backlog(after: $0, through: $1) },
                failure: apiFailure,
                now: now
            ),
            log: log
        )
        var limits = HTTPServer.Limits()
        limits.connections = api.eventClients + 256
        // Every stream of events, and as many requests of those who follow none.
        limits.kept = api.eventClients + 64
        limits.isShared = { proxies.contain($0) }
        limits.timeout = .seconds(30)
        server = try HTTPServer(
            address: api.listen.host,
            port: api.listen.port,
            identity: try Self.identity(api),
            limits: limits,
            log: log
        ) { service.take($0, $1) }
        localServer = try Self.listen(at: configuration, group: group?.number, limits, log) {
            service.take($0, $1)
        }
        socket = localServer == nil ? nil : configuration.socketPath
        self.service = service
        self.events = events
        pools = [readers, writers, exporters]
    }

    /// Listens at the Unix socket, where there shall be one.
    ///
    /// What keeps it from listening at a place that nobody chose costs only the socket, and is told.
    private static func listen(
        at configuration: Configuration,
        group: UInt32?,
        _ limits: HTTPServer.Limits,
        _ log: Log,
        _ handler: @escaping HTTPServer.Handler
    ) throws(HTTPServerError) -> HTTPServer? {
        guard let path = configuration.socketPath else { return nil }
        do throws(HTTPServerError) {
            return try HTTPServer(socket: path, group: group, limits: limits, log: log, answering: handler)
        } catch {
            guard configuration.api.socket == nil else { throw error }
            log.write(
                .warning,
                "the API is served without a Unix socket: riskctl needs a token",
                ["reason": "\(error)", "remedy": "api.socket names another place, or '' for none"]
            )
            return nil
        }
    }

    private static func identity(_ api: Configuration.API) throws -> HTTPServer.Identity? {
        guard let certificate = api.certificate, let key = api.key else { return nil }
        func text(_ path: String, _ key: String) throws -> String {
            do {
                return try String(contentsOfFile: path, encoding: .utf8)
            } catch {
                throw StartupError("\(key): \(path) cannot be read")
            }
        }
        return HTTPServer.Identity(
            certificate: try text(certificate, "api.certificate"),
            key: try text(key, "api.key")
        )
    }

    /// Where it is reached, for a log.
    ///
    /// - Parameter api: what it was made with.
    /// - Returns: the address, the port, whether by TLS, and the socket or `none`.
    package func places(_ api: Configuration.API) -> KeyValuePairs<String, String> {
        [
            "address": api.listen.host, "port": "\(port)", "tls": "\(api.certificate != nil)",
            "socket": socket ?? "none",
        ]
    }

    /// Answers until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await service.run() }
            group.addTask { await events.run() }
        }
        server.stop()
        localServer?.stop()
        for pool in pools { await pool.close() }
    }

    /// Breaks the connections to the database, for good: nothing waits for a server that hangs when riskd is to end.
    func interrupt() async { for pool in pools { await pool.interrupt() } }
}

extension HostNames {
    /// Nil where a certificate shows browsers whom they speak with.
    fileprivate init?(_ api: Configuration.API) {
        if api.certificate != nil, api.hosts.isEmpty { return nil }
        var names = api.hosts
        if let url = api.publicURL, let host = url.split(separator: "/").last {
            names.append(
                host.hasPrefix("[")
                    ? String(host.prefix { $0 != "]" }) + "]" : String(host.prefix { $0 != ":" })
            )
        }
        self.init(listening: api.listen.host, names: names)
    }
}
