import Console
import Runtime

extension Command {
    /// `riskctl doctor`: what works and what does not, on the way to riskd and in it.
    static let doctor = Command(
        "doctor",
        "Check the way to riskd and how it does, each point with a verdict",
        flags: [OutputFormat.flag]
    ) { invocation in
        let session = try Session(invocation)
        let points = await Doctor(session).points()
        if session.format == .table {
            write(points, to: invocation.terminal)
        } else {
            var report = Report([.init("verdict"), .init("point"), .init("detail")])
            for point in points {
                report.append([.string(point.verdict.rawValue), .string(point.name), .string(point.detail)])
            }
            session.write(report)
        }
        return points.contains { $0.verdict == .failed } ? .error : .ok
    }
}

/// A line a point, and more where the detail is long.
private func write(_ points: [Doctor.Point], to terminal: Terminal) {
    let width = points.map { displayWidth($0.name) }.max() ?? 0
    let indent = width + 11
    for point in points {
        let style: Terminal.Style =
            switch point.verdict {
            case .ok: .green
            case .warning: .yellow
            case .failed: .red
            }
        let word = point.verdict.rawValue
        let verdict = terminal.styled(word, style) + String(repeating: " ", count: 9 - word.count)
        let name = printable(point.name) + String(repeating: " ", count: width - displayWidth(point.name) + 2)
        let room = max(20, (terminal.columns ?? 10_000) - indent)
        let detail = wrapped(printable(point.detail), width: room)
        terminal.write(
            verdict + name + detail.joined(separator: "\n" + String(repeating: " ", count: indent)) + "\n"
        )
    }
}

/// Looks at one thing after the other.
private struct Doctor {
    enum Verdict: String {
        case ok, warning, failed
    }

    struct Point {
        let name: String
        let verdict: Verdict
        let detail: String
    }

    private let session: Session

    init(_ session: Session) { self.session = session }

    func points() async -> [Point] {
        let place = session.client.connection.place
        let me: JSONValue
        do throws(ClientError) {
            me = try await session.client.get(["me"])
        } catch {
            if error.status == nil {
                return [Point(name: "connection", verdict: .failed, detail: "\(error)")]
            }
            return [
                Point(name: "connection", verdict: .ok, detail: place),
                Point(name: "token", verdict: .failed, detail: "\(error)"),
            ]
        }
        let roles = me["roles"].elements.compactMap(\.string).joined(separator: ", ")
        let expires = me["expires_at"].string.map { ", until \(shortTime($0))" } ?? ""
        var points = [
            Point(name: "connection", verdict: .ok, detail: place),
            Point(name: "token", verdict: .ok, detail: "\(me["name"].string ?? ""): \(roles)\(expires)"),
        ]
        do throws(ClientError) {
            points += health(try await session.client.get(["overview"]))
            points += try await session.client.get(["detectors"])["items"].elements.map(detector)
            points += try await session.client.get(["endpoints"])["items"].elements.map(endpoint)
        } catch {
            points.append(Point(name: "riskd", verdict: .failed, detail: "\(error)"))
        }
        return points
    }

    private func health(_ overview: JSONValue) -> [Point] {
        let page = OverviewSheet(overview)
        let models = overview.at("calibration.models").elements.map { model in
            Point(
                name: "calibration of \(model["model"].string ?? "")",
                verdict: model["health"].string == "valid"
                    ? .ok : model["health"].string == "suspect" ? .warning : .failed,
                detail: "\(model["health"].string ?? ""): \(model["explanation"].string ?? "")"
            )
        }
        let accounts = overview.at("coverage.accounts").elements.map { account in
            Point(
                name: "account \(account["user"].string ?? "")",
                verdict: .warning,
                detail:
                    "\(account["unusable"].text) lines cannot be used, \(account["used"].text) can (the last: \(account["reason"].string ?? "")): riskd sees little of what it does"
            )
        }
        let isFlood = overview.at("alerts.load.flood").bool == true
        return [
            Point(
                name: "database",
                verdict: overview.at("freshness.database").string == "ok" ? .ok : .failed,
                detail: overview.at("freshness.database").string ?? ""
            ),
            Point(
                name: "data",
                verdict: page.alarm == nil ? .ok : .failed,
                detail: page.alarm ?? page.freshness
            ),
            Point(
                name: "coverage",
                verdict: page.blindness != nil ? .failed : accounts.isEmpty ? .ok : .warning,
                detail: page.blindness ?? page.coverage
            ),
        ] + accounts + models + [
            Point(name: "alerts", verdict: isFlood ? .warning : .ok, detail: page.alerts)
        ]
    }

    private func detector(_ detector: JSONValue) -> Point {
        let verdict = detector["verdict"].string ?? ""
        return Point(
            name:
                "\(detector["detector"].string ?? "") of \(detector["model"].string ?? "") (\(detector["track"].string ?? ""))",
            verdict: verdict == "healthy" || verdict == "idle"
                ? .ok : verdict == "degraded" ? .warning : .failed,
            detail: "\(verdict): \(detector["explanation"].string ?? "")"
        )
    }

    private func endpoint(_ endpoint: JSONValue) -> Point {
        let failing = endpoint["failing_since"].string
        let isEnabled = endpoint["enabled"].bool == true
        let detail =
            isEnabled
            ? failing.map { "failing since \(shortTime($0))" }
                ?? "\(endpoint["delivered"].text) delivered, \(endpoint["pending"].text) pending"
            : "disabled: \(endpoint["disabled_reason"].string ?? "")"
        return Point(
            name: "endpoint \(endpoint["name"].string ?? "")",
            verdict: !isEnabled ? .failed : failing == nil ? .ok : .warning,
            detail: detail
        )
    }
}
