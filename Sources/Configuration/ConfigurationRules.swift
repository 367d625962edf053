import Domain

/// What must hold between keys.
struct ConfigurationRules {
    private let configuration: Configuration
    private var decoder: ConfigurationDecoder

    /// The problems of `configuration`, which `decoder` has read.
    static func problems(
        of configuration: Configuration,
        readBy decoder: ConfigurationDecoder
    ) -> [ConfigurationError.Problem] {
        var rules = ConfigurationRules(configuration: configuration, decoder: decoder)
        rules.decoder.problems = []
        rules.checkSimilarity(configuration.similarity, "similarity")
        rules.checkCampaigns()
        rules.checkScoring(configuration.scoring)
        rules.checkCalibration(configuration.calibration)
        for (name, model) in configuration.models.sorted(by: { $0.key < $1.key }) {
            rules.checkSimilarity(model.similarity, "models.\(name).similarity", inherited: "similarity")
            rules.checkOpinions(model, "models.\(name)")
        }
        rules.checkEndpoints(configuration.alerting.endpoints)
        rules.checkAPI(configuration.api)
        rules.checkRetention(configuration.retention)
        return rules.decoder.problems
    }

    /// Reports at `path`, or where that was not given, at one of `others`, unless one of them could not be read.
    private mutating func report(_ path: String, _ others: [String], _ message: String) {
        let paths = [path] + others
        guard decoder.unreadable.isDisjoint(with: paths) else { return }
        guard let origin = paths.compactMap({ decoder.origins[$0] }).first else { return }
        decoder.report(origin, path, message)
    }

    private mutating func checkSimilarity(
        _ similarity: Configuration.Similarity,
        _ path: String,
        inherited: String? = nil
    ) {
        let keys = ["threshold", "cap", "metric"].map { "\(path).\($0)" }
        // What a model inherits is reported once, where it was given.
        guard inherited == nil || keys.contains(where: { decoder.origins[$0] != nil }) else { return }
        let (threshold, cap) = (similarity.threshold, similarity.cap)
        if threshold > cap {
            report(keys[0], [keys[1]], "must be at most cap (\(numeral(cap))), got \(numeral(threshold))")
        }
        if similarity.metric != .ssim, cap > 1 {
            let largest =
                switch similarity.metric {
                case .fsim: "1 - FSIM"
                case .features: "relative distance of features"
                default: "mean squared error / 255²"
                }
            let message = "must be at most 1, the largest \(largest), got \(numeral(cap))"
            report(keys[1], [keys[2]], message)
        }
        if similarity.metric != .ssim, decoder.origins[keys[2]] != nil, decoder.origins[keys[0]] == nil {
            let metric = similarity.metric.rawValue
            report(
                keys[2],
                [],
                "needs a threshold and a cap of its own: the defaults are meant for ssim, not \(metric)"
            )
        }
    }

    private mutating func checkAPI(_ api: Configuration.API) {
        if (api.certificate == nil) != (api.key == nil) {
            report("api.certificate", ["api.key"], "needs api.certificate and api.key together")
        }
        if api.isEnabled, !api.listen.isLoopback, api.certificate == nil {
            report(
                "api.listen",
                [],
                "is beyond this machine (\(api.listen)): set api.certificate and api.key for TLS, or listen at 127.0.0.1 "
                    + "behind a proxy"
            )
        }
        if let url = api.publicURL {
            let scheme = ["https://", "http://"].first { url.hasPrefix($0) }
            let host = scheme.map { url.dropFirst($0.count) } ?? ""
            if host.isEmpty || host.contains("/") {
                report("api.public_url", [], "must be an origin such as https://riskd.example.org")
            }
        }
    }

    private mutating func checkEndpoints(_ endpoints: [Configuration.AlertEndpoint]) {
        var seen: Set<String> = []
        for (index, endpoint) in endpoints.enumerated() {
            let path = "alerting.endpoints[\(index)]"
            if !endpoint.name.isEmpty, !seen.insert(endpoint.name).inserted {
                report("\(path).name", [], "'\(endpoint.name)' is the name of two endpoints")
            }
            let isLines = endpoint.format.isLines
            switch endpoint.target {
            case .syslog where !isLines:
                let message = "a syslog address needs the format syslog or cef"
                report("\(path).url", ["\(path).format"], message)
            case .url, .secretURL:
                if isLines {
                    let message = "the format \(endpoint.format.rawValue) needs an address such as "
                    report("\(path).url", ["\(path).format"], message + "syslog+tls://siem.example.org:6514")
                }
            case .syslog: break
            }
            if case .url(let text) = endpoint.target, text.hasPrefix("http:"), !endpoint.allowsPlainHTTP {
                report("\(path).url", [], "is not encrypted: use https, or set allow_http")
            }
            let format = endpoint.format
            let isSigned = format.isSigned && endpoint.signing != .none
            let need = isSigned ? "messages are signed" : format.requiredSecret.map { "needs \($0)" }
            if endpoint.secrets.isEmpty, let need {
                let message = "\(format.rawValue) \(need)"
                report("\(path).secrets", ["\(path).name"], "name the file of a secret: \(message)")
            }
            if endpoint.secrets.count > 2 { report("\(path).secrets", [], "takes at most two secrets") }
            if (endpoint.clientCertificate == nil) != (endpoint.clientKey == nil) {
                let keys = ["\(path).client_certificate", "\(path).client_key"]
                report(keys[0], [keys[1]], "needs client_certificate and client_key together")
            }
            if endpoint.format.needsTemplate, endpoint.template == nil {
                report("\(path).format", [], "needs the key template beside it")
            }
        }
    }

    private mutating func checkRetention(_ retention: Configuration.Retention) {
        let times = [
            ("scores", retention.scores), ("observations", retention.observations),
            ("dead_letters", retention.deadLetters), ("summaries", retention.summaries),
            ("alerts", retention.alerts),
        ]
        for (name, time) in times where time > .zero && time < Configuration.Retention.least {
            let least = Configuration.Retention.least.text
            report("retention.\(name)", [], "must be 0s, for good, or at least \(least), got \(time.text)")
        }
    }

    private mutating func checkCampaigns() {
        guard let distance = configuration.campaigns.distance else { return }
        var caps = ["similarity.cap": configuration.similarity.cap]
        for (name, model) in configuration.models {
            caps["models.\(name).similarity.cap"] = model.similarity.cap
        }
        guard let (path, cap) = caps.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }), distance > cap
        else {
            return
        }
        let message = "must be at most \(path) (\(numeral(cap))), got \(numeral(distance))"
        report("campaigns.distance", [path], message)
    }

    private mutating func checkScoring(_ scoring: Configuration.Scoring) {
        checkAscending(scoring.halfLives, "scoring.half_lives")
        // Decay tables are made for whole ticks, up to 2^17 of them.
        let ticks = scoring.tick...scoring.tick * 131_072
        if let halfLife = scoring.halfLives.first(where: { !ticks.contains($0) }) {
            let message = "must be 1 to 131072 ticks of \(scoring.tick.text) each, got \(halfLife.text)"
            report("scoring.half_lives", ["scoring.tick"], message)
        }
        checkAscending(scoring.enter, "scoring.enter")
        checkAscending(scoring.exit, "scoring.exit")
        for (index, level) in Level.allCases.dropFirst().enumerated()
        where scoring.exit[index] >= scoring.enter[index] {
            let message = "\(level): exit \(numeral(scoring.exit[index])) must be below enter "
            report("scoring.exit", ["scoring.enter"], message + numeral(scoring.enter[index]))
        }
    }

    private mutating func checkCalibration(_ calibration: Configuration.Calibration) {
        let fractions = calibration.fractions
        if fractions.isEmpty { report("calibration.fractions", [], "needs at least one fraction") }
        if fractions.count > 16 { report("calibration.fractions", [], "takes at most 16 fractions") }
        if zip(fractions, fractions.dropFirst()).contains(where: { $0 <= $1 }) {
            report("calibration.fractions", [], "must descend")
        }
        if (1..<100).contains(calibration.ownAfter) {
            report("calibration.own_after", [], "must be 0, or 100 at least, got \(calibration.ownAfter)")
        }
        let names = calibration.strata.map(\.name)
        if Set(names).count != names.count { report("calibration.strata", [], "names a stratum twice") }
    }

    private mutating func checkAscending<Value: Comparable>(_ values: [Value], _ path: String) {
        if zip(values, values.dropFirst()).contains(where: { $0 >= $1 }) { report(path, [], "must ascend") }
    }

    private mutating func checkOpinions(_ model: Configuration.Model, _ path: String) {
        var seen: Set<String> = []
        for (index, opinion) in model.opinions.enumerated() {
            let place = "\(path).opinions[\(index)]"
            if !seen.insert(opinion.name).inserted {
                report("\(place).name", [], "'\(opinion.name)' is the name of two opinions")
            }
            if opinion.input == .backbone, opinion.backbone == nil {
                report("\(place).input", [], "needs the key backbone beside it")
            }
            if opinion.input != .backbone, opinion.backbone != nil {
                report("\(place).backbone", ["\(place).input"], "is only used where input is backbone")
            }
        }
        if Set(model.classes).count != model.classes.count {
            report("\(path).classes", [], "names a class twice")
        }
        if !model.opinions.isEmpty, model.classes.count == 1 {
            report("\(path).classes", [], "needs at least two classes")
        }
    }
}
