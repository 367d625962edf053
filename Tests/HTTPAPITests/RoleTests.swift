import Domain
import HTTPServer
import Testing

@testable import HTTPAPI

/// Every route, asked for by every role and by nobody.
struct RoleTests {
    /// Who may call what, written down once more, from docs/api.md#who-may-what: a mistake in the table shows here.
    private static let readers: Set<Role> = [.viewer, .operator, .responder, .admin, .auditor]
    private static let allowed: [Operation: Set<Role>] = {
        var table: [Operation: Set<Role>] = [:]
        for operation in Operation.allCases { table[operation] = readers }
        for operation in [Operation.getImage, .getDifference] {
            table[operation] = [.operator, .responder, .auditor]
        }
        for operation in [Operation.actOnAlert, .addSilence, .endSilence] {
            table[operation] = [.operator, .responder]
        }
        table[.previewSilence] = [.operator, .responder, .auditor]
        for operation in [
            Operation.testEndpoint, .resendMessages, .setEndpointState, .createToken, .revokeToken,
            .createLoginLink,
            .eraseUser, .getErasure,
        ] { table[operation] = [.admin] }
        for operation in [
            Operation.auditActions, .auditReads, .recomputeSample, .listAuditDatasets, .queryAudit,
            .exportAudit, .getAuditManifest,
            .getAuditSample,
            .listHiddenAlerts, .getFalseAlarms,
        ] { table[operation] = [.auditor] }
        table[.listTokens] = [.admin, .auditor]
        table[.getMetrics] = [.scrape, .admin]
        for operation in [Operation.getMe, .signOut] { table[operation] = Set(Role.allCases) }
        for operation in [Operation.signIn, .getDescription, .getLiveness] {
            table[operation] = Set(Role.allCases)
        }
        return table
    }()
    private static let open: Set<Operation> = [.signIn, .getDescription, .getLiveness]

    @Test(arguments: Route.all)
    func `a route admits exactly the roles that may call it`(route: Route) async throws {
        let stage = Stage()
        let body = route.hasBody ? "{}" : nil
        for role in Role.allCases {
            let response = await stage.ask(route.method, route.example, as: role, body: body)
            let may = try #require(Self.allowed[route.operation]).contains(role)
            #expect(response.status == (may ? 200 : 403), "\(route.operation) by \(role)")
            if may, route.operation != .streamEvents {
                #expect(response.text.contains("\"operation\":\"\(route.operation.rawValue)\""))
            }
            #expect(route.admits(role) == may)
        }
        let stranger = await stage.ask(route.method, route.example, body: body)
        #expect(stranger.status == (Self.open.contains(route.operation) ? 200 : 401))
        #expect(route.admits(nil) == Self.open.contains(route.operation))
    }

    @Test func `every operation has one route`() {
        #expect(
            Route.all.map(\.operation).sorted { $0.rawValue < $1.rawValue }
                == Operation.allCases.sorted { $0.rawValue < $1.rawValue }
        )
    }

    @Test func `an administrator's token sees no images, whatever it is combined with`() {
        #expect(!Role.areCompatible([.admin, .operator]))
        #expect(!Role.areCompatible([.responder, .admin]))
        #expect(!Role.areCompatible([.auditor, .admin]))
        #expect(Role.areCompatible([.admin, .viewer]))
        #expect(Role.areCompatible([.operator, .auditor]))
    }
}
