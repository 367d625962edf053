import Configuration
import HTTPAPI
import Pipeline
import Storage

extension RequestHandlers {
    func coverageList(_ call: APICall) async throws -> APIAnswer {
        .json(PageDocument(items: CoverageItemDocument.list(try await coverageReport())))
    }

    func blindAccounts(_ call: APICall) async throws -> APIAnswer {
        .json(PageDocument(items: try await coverageReport().accounts.map(BlindAccountDocument.init)))
    }

    /// How much of what is logged can be seen.
    func coverageReport() async throws -> CoverageReport {
        try await readers.lend { [configuration] in
            try await CoverageReport($0, configuration.coverage)
        }
    }
}
