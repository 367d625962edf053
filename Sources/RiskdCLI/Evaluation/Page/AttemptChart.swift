import Domain

/// The score and level of one attempt over its queries.
struct AttemptChart {
    private let attempt: LevelEvaluation.Attempt
    private let evaluation: Evaluation

    init(_ attempt: LevelEvaluation.Attempt, _ evaluation: Evaluation) {
        self.attempt = attempt
        self.evaluation = evaluation
    }

    private let left = 26.0
    private let top = 10.0
    private let width = 236.0
    private let height = 96.0
    /// The minute after the last query.
    private let after = 34.0

    /// The chart under its caption.
    var figure: String {
        let decoys = attempt.decoys > 0 ? ", \(attempt.decoys) decoys" : ""
        let accounts = attempt.accounts.count > 1 ? ", \(attempt.accounts.count) accounts" : ""
        let queries = attempt.queries == 1 ? "1 query" : "\(attempt.queries) queries"
        return """
            <figure><figcaption><span class="badge level-\(attempt.level)">\(attempt.level)</span> \
            \(Markup.escaped(attempt.name)) <small>\(Markup.escaped(attempt.group)), \(queries)\(decoys)\(accounts)</small></figcaption>
            \(svg)<p class="outcome">\(outcome)</p></figure>
            """
    }

    /// What was reached, in words; of levels that were reached at once the highest.
    private var outcome: String {
        let steps = LevelReport.levels.compactMap { level in attempt.reached[level].map { (level, $0) } }
        let parts = steps.indices.filter { index in
            index + 1 == steps.count || steps[index + 1].1 != steps[index].1
        }.map { index in
            let (level, reach) = steps[index]
            return "\(level) at query \(reach.queries), \(Markup.number(reach.after.inSeconds)) s"
        }
        return parts.isEmpty ? "reached nothing" : parts.joined(separator: "; ")
    }

    private var svg: String {
        let (right, bottom) = (left + width, top + height)
        var text = """
            <svg viewBox="0 0 340 \(Markup.number(bottom + 30))" role="img" aria-label="\(Markup.escaped(attempt.name))">\
            <title>\(Markup.escaped("\(attempt.name): \(outcome)"))</title>\n
            """
        text += line("axis-line", left, bottom, right + after, bottom)
        text += line("grid", right, top, right, bottom)
        for (threshold, level) in zip(evaluation.thresholds, LevelReport.levels) {
            let y = place(threshold)
            text += line("threshold edge-\(level)", left, y, right + after, y)
            text +=
                "<text class=\"small\" x=\"\(Markup.number(right + after + 4))\" y=\"\(Markup.number(y + 3))\">\(level)</text>"
        }
        for score in [0, 50, 100] {
            text +=
                "<text class=\"small side\" x=\"\(Markup.number(left - 4))\" y=\"\(Markup.number(place(Int64(score) * 1000) + 3))\">\(score)</text>"
        }
        text += "\n"
        for (level, reach) in attempt.reached.sorted(by: { $0.key < $1.key }) where level >= .medium {
            let isAfter = reach.after > attempt.times[attempt.queries - 1].distance(since: attempt.begin)
            let x = isAfter ? right + after / 2 : start(of: reach.queries - 1)
            text += line("reach edge-\(level)", x, top, x, bottom + 12)
        }
        text += path("line account", attempt.accounts) + path("line campaign", attempt.campaigns)
        text += strip(at: bottom + 4)
        text +=
            "<text class=\"small\" x=\"\(Markup.number(left))\" y=\"\(Markup.number(bottom + 24))\">1</text>"
        text +=
            "<text class=\"small side\" x=\"\(Markup.number(right - 2))\" y=\"\(Markup.number(bottom + 24))\">\(attempt.queries)</text>"
        text +=
            "<text class=\"small\" x=\"\(Markup.number(right + 4))\" y=\"\(Markup.number(bottom + 24))\">+60 s</text>"
        return text + "</svg>\n"
    }

    /// The highest score of some entities: a step a query, and one for the minute after.
    private func path(_ style: String, _ entities: Set<Entity>) -> String {
        let trails = entities.compactMap { evaluation.scores[$0] }
        guard !trails.isEmpty, let last = attempt.times.last else { return "" }
        var text = ""
        var drawn: Int64?
        func step(to score: Int64, at x: Double) {
            guard score != drawn else { return }
            let y = Markup.number(place(score))
            text += drawn == nil ? "M\(Markup.number(x)) \(y)" : "H\(Markup.number(x))V\(y)"
            drawn = score
        }
        for (index, time) in attempt.times.enumerated() {
            step(to: trails.map { $0.score(at: time) }.max() ?? 0, at: start(of: index))
        }
        step(to: trails.map { $0.highest(from: last, through: attempt.end) }.max() ?? 0, at: left + width)
        return "<path class=\"\(style)\" d=\"\(text)H\(Markup.number(left + width + after))\"/>\n"
    }

    /// The level at each query, and the highest of the minute after.
    private func strip(at y: Double) -> String {
        let histories = attempt.accounts.union(attempt.campaigns).compactMap {
            evaluation.levels.histories[$0]
        }
        var levels = attempt.times.map { time in histories.map { $0.level(at: time) }.max() ?? .info }
        if let last = attempt.times.last {
            levels.append(histories.map { $0.highest(from: last, through: attempt.end) }.max() ?? .info)
        }
        var text = ""
        var first = 0
        for index in levels.indices
        where index + 1 == levels.count || levels[index + 1] != levels[index] {
            let end = index < attempt.queries ? start(of: index + 1) : left + width + after
            text +=
                "<rect class=\"level-\(levels[index])\" x=\"\(Markup.number(start(of: first)))\" y=\"\(Markup.number(y))\" width=\"\(Markup.number(end - start(of: first)))\" height=\"7\"/>"
            first = index + 1
        }
        return text + "\n"
    }

    private func line(_ style: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
        "<path class=\"\(style)\" d=\"M\(Markup.number(x1)) \(Markup.number(y1))L\(Markup.number(x2)) \(Markup.number(y2))\"/>"
    }

    /// Where the stretch of a query begins, counted from 0.
    private func start(of query: Int) -> Double {
        left + width * Double(min(query, attempt.queries)) / Double(attempt.queries)
    }

    private func place(_ milliPoints: Int64) -> Double {
        top + height * (1 - Double(min(100_000, max(0, milliPoints))) / 100_000)
    }
}

extension Timestamp {
    fileprivate func distance(since begin: Timestamp) -> Duration {
        .milliseconds(milliseconds - begin.milliseconds)
    }
}
