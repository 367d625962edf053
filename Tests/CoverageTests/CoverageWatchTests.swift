import Coverage
import Domain
import Testing

@Suite struct CoverageWatchTests {
    private let model = ModelID("fashion")
    private let encoder = DetectorID("opinion.encoder")

    private func dead(_ reason: String = "missing_field", user: String? = "u", lead: Duration? = nil)
        -> CoverageLine
    {
        CoverageLine(
            path: "/log/a",
            model: nil,
            user: user.map { UserID($0) },
            fate: .deadLetter(reason: reason, lead: lead)
        )
    }

    private func record(
        _ path: String = "/log/a",
        user: String = "u",
        model: String = "fashion",
        _ change: (inout CoverageLine.Scored) -> Void = { _ in }
    ) -> CoverageLine {
        var scored = CoverageLine.Scored()
        scored.opinions = [.init(encoder, isFormed: true)]
        change(&scored)
        return CoverageLine(path: path, model: ModelID(model), user: UserID(user), fate: .scored(scored))
    }

    private func add(_ count: Int, _ line: CoverageLine, to watch: inout CoverageWatch) -> [CoverageChange] {
        (0..<count).flatMap { _ in watch.add(line) }
    }

    @Test("a source whose lines cannot be used is blind, with figures, cause and what to do; and sees again")
    func deadLetters() throws {
        var watch = CoverageWatch()
        #expect(add(300, record(), to: &watch) == [])
        let raised = add(300, dead(), to: &watch)
        #expect(raised.count == 1)
        let change = try #require(raised.first)
        #expect(change.blindness == .lines(.source("/log/a")) && change.isBlind && change.line == 340)
        #expect(
            change.text
                == "of the last 200 lines of /log/a, 20 % could not be used (missing_field): riskd dump dead_letter shows them"
        )
        #expect(watch.reasons.count == 1 && watch.reasons[0].contains("100 % could not be used"))
        let over = add(300, record(), to: &watch)
        #expect(over.map(\.isBlind) == [false] && watch.reasons == [])
        #expect(over[0].text == "/log/a: the share of dead_letters is small again")
    }

    @Test(
        "an opinion that is not formed, and inputs that are compared with nothing, are the model's detectors', each told once"
    )
    func detectors() {
        var watch = CoverageWatch()
        #expect(add(100, record(), to: &watch) == [])
        let blind = record {
            $0.opinions = [.init(encoder, isFormed: false)]
            $0.uncompared = CoverageLine.Scored.noInput
        }
        let raised = add(1200, blind, to: &watch)
        #expect(
            raised.map(\.blindness) == [
                .detector(.comparison, .model(model)), .detector(encoder, .model(model)),
            ]
        )
        let over = add(400, record(), to: &watch)
        #expect(over.map(\.isBlind) == [false, false])
    }

    @Test("a model that never logged an input lacks none, unless what compares it is calibrated")
    func noInput() {
        var watch = CoverageWatch()
        let line = record { $0.uncompared = CoverageLine.Scored.noInput }
        #expect(add(3000, line, to: &watch) == [])
        let expected = record {
            $0.uncompared = CoverageLine.Scored.noInput
            $0.isInputExpected = true
        }
        #expect(add(100, expected, to: &watch).map(\.blindness) == [.detector(.comparison, .model(model))])
    }

    @Test("a copy of a file is no matter; a source that says the same again and again is")
    func repeats() {
        var watch = CoverageWatch()
        let again = CoverageLine(path: "/log/a.1", model: model, user: UserID("u"), fate: .repeated)
        #expect(add(5000, again, to: &watch) == [])
        #expect(watch.add(record("/log/b")) == [])
        let same = CoverageLine(path: "/log/b", model: model, user: UserID("u"), fate: .repeated)
        let raised = add(300, same, to: &watch)
        #expect(raised.map(\.blindness) == [.lines(.source("/log/b"))])
        #expect(raised[0].text.contains("repeat records that were met before"))
    }

    @Test(
        "the model's row does not tell what the source's tells already, and does where it is spread over many"
    )
    func toldOnce() {
        var watch = CoverageWatch()
        let late = record { $0.isLate = true }
        #expect(add(100, late, to: &watch).map(\.blindness) == [.lines(.source("/log/a"))])
        // The source's lines come in time again, but for a model that is a hundredth of them: now that model is told of.
        let good = record(model: "n")
        var more = add(300, good, to: &watch)
        #expect(more.map(\.isBlind) == [false])
        for _ in 0..<300 {
            more += watch.add(late)
            more += add(99, good, to: &watch)
        }
        #expect(more.map(\.isBlind) == [false, true])
        #expect(more.last?.blindness == .lines(.model(model)))
        // All records of one model are late, in ten files of which they are a twentieth.
        var spread = CoverageWatch()
        var changes: [CoverageChange] = []
        for number in 0..<40_000 {
            let isOdd = number / 10 % 20 == 0
            changes += spread.add(
                record("/log/\(number % 10)", model: isOdd ? "m" : "n") { $0.isLate = isOdd }
            )
        }
        #expect(changes.map(\.blindness) == [.lines(.model(ModelID("m")))])
    }

    @Test(
        "records that are refused because a clock is wrong are told with the median of how far they were ahead"
    )
    func clock() throws {
        var watch = CoverageWatch()
        var changes: [CoverageChange] = []
        for number in 0..<40 {
            let lead = Duration.seconds(900 + number % 3) + (number == 5 ? .seconds(100_000) : .zero)
            changes += watch.add(dead("time_in_future", lead: lead))
        }
        let text = try #require(changes.first).text
        #expect(
            text
                == "of the last 20 lines of /log/a, 100 % could not be used (time_in_future; 15 min 1 s ahead of this host's clock): set this host's clock, or the writer's, right, then riskd replay what was refused"
        )
    }

    @Test(
        "sources and models beyond the most are counted together, and the one that is silent for long gives way"
    )
    func bounds() {
        var settings = CoverageSettings()
        (settings.mostSources, settings.mostModels, settings.forgetAfter) = (3, 2, 100)
        var watch = CoverageWatch(settings)
        for number in 0..<50 { _ = watch.add(record("/log/\(number)", model: "m\(number)")) }
        #expect(
            watch.rows.keys.sorted() == [
                .model(ModelID("m0")), .model(ModelID("m1")), .otherModels, .otherSources, .source("/log/0"),
                .source("/log/1"), .source("/log/2"),
            ]
        )
        #expect(watch.rows[.otherSources]?.lines == 47)
        let silent = add(60, dead(), to: &watch)
        #expect(silent.map(\.blindness) == [.lines(.otherSources)])
        for _ in 0..<100 { _ = watch.add(record("/log/1", model: "m1")) }
        #expect(watch.add(record("/log/new")) == [])
        #expect(watch.rows[.source("/log/0")] == nil && watch.rows[.source("/log/new")]?.lines == 1)
    }

    @Test("an account most of whose lines cannot be used is listed, whoever else sends what")
    func accounts() {
        var watch = CoverageWatch()
        for round in 0..<4000 {
            _ = watch.add(record(user: "user-\(round % 50)"))
            // One account in a hundred lines, and a broken line of a new name in every fifty.
            if round % 25 == 0 { _ = watch.add(dead(user: "blind")) }
            if round % 50 == 0 { _ = watch.add(dead(user: "stray-\(round)")) }
        }
        let listed = watch.accounts.suspicious(limit: 5, least: 10, share: 500_000)
        #expect(listed.map(\.user.name) == ["blind"])
        #expect(listed.first?.certain == 160 && listed.first?.reason == "missing_field")
        // Where most of everybody's lines cannot be used, nobody stands out.
        for round in 0..<20_000 { _ = watch.add(dead(user: "user-\(round % 50)")) }
        #expect(watch.accounts.suspicious(limit: 5, least: 10, share: 500_000) == [])
    }

    @Test(
        "the sketch of accounts is bounded, and whoever has more than a 256th of the unusable lines is in it"
    )
    func sketch() {
        var watch = CoverageWatch()
        var generator = Steady(state: 3)
        var truth: [String: Int64] = [:]
        for _ in 0..<30_000 {
            let name =
                generator.next() % 4 == 0
                ? "heavy-\(generator.next() % 5)" : "light-\(generator.next() % 9000)"
            truth[name, default: 0] += 1
            _ = watch.add(dead(user: name))
        }
        let accounts = watch.accounts.accounts
        #expect(accounts.count == AccountSketch.capacity)
        for number in 0..<5 { #expect(accounts[UserID("heavy-\(number)")] != nil) }
        for account in accounts.values {
            let count = truth[account.user.name] ?? 0
            #expect(account.certain <= count && count <= account.unusable)
        }
    }

    @Test("a watch that is stored after every line and taken up again notices the same as one that goes on")
    func restart() throws {
        var generator = Steady(state: 9)
        var settings = CoverageSettings()
        (settings.mostSources, settings.mostModels, settings.forgetAfter) = (4, 2, 300)
        var (whole, stored) = (CoverageWatch(settings), CoverageState())
        var broken = CoverageWatch(settings)
        var (first, second): ([CoverageChange], [CoverageChange]) = ([], [])
        for number in 0..<6000 {
            let path = "/log/\(generator.next() % 6)"
            let isBad = (number / 700) % 2 == 1 && generator.next() % 3 > 0
            let line =
                isBad && generator.next() % 2 == 0
                ? dead(user: "u\(generator.next() % 400)", lead: .seconds(number))
                : record(path, user: "v\(generator.next() % 9)", model: "m\(generator.next() % 3)") {
                    $0.isLate = isBad
                    $0.degraded = isBad ? DegradedField("input", "bad_base64") : nil
                    $0.opinions = [.init(encoder, isFormed: !isBad)]
                }
            first += whole.add(line)
            second += broken.add(line)
            guard number % 7 == 0 else { continue }
            let changes = broken.takeChanges()
            stored.rows.removeAll { row in
                changes.goneRows.contains(row.key) || changes.rows.contains { $0.key == row.key }
            }
            stored.rows += try changes.rows.map { try #require(CoverageRow($0.key, packed: $0.packed)) }
            stored.accounts.removeAll { account in
                changes.goneAccounts.contains(account.user)
                    || changes.accounts.contains { $0.user == account.user }
            }
            stored.accounts += changes.accounts
            stored.totals = try #require(CoverageState.Totals(packed: changes.totals.packed))
            broken = CoverageWatch(settings, stored)
        }
        #expect(first == second)
        #expect(first.count > 20)
        #expect(whole.rows == broken.rows && whole.accounts.accounts == broken.accounts.accounts)
        #expect(whole.accounts.lines == broken.accounts.lines && whole.lines == broken.lines)
    }

    @Test("bytes that are no row are refused, wherever they are cut or changed in length")
    func damage() throws {
        var watch = CoverageWatch()
        _ = add(500, dead(lead: .seconds(5)), to: &watch)
        let bytes = try #require(watch.rows[.source("/log/a")]).packed
        #expect(CoverageRow(.source("/log/a"), packed: bytes) == watch.rows[.source("/log/a")])
        for count in bytes.indices {
            #expect(CoverageRow(.source("/log/a"), packed: Array(bytes.prefix(count))) == nil)
        }
        #expect(CoverageRow(.source("/log/a"), packed: bytes + [0]) == nil)
        #expect(CoverageRow(.source("/log/a"), packed: [9] + bytes.dropFirst()) == nil)
    }

    @Test(
        "a line that cannot be used counts for the model that it names, where that is known, and makes none known"
    )
    func namedModel() {
        var watch = CoverageWatch()
        for number in 0..<200 {
            _ = watch.add(
                CoverageLine(
                    path: "/log/a",
                    model: ModelID("m\(number)"),
                    user: nil,
                    fate: .deadLetter(reason: "missing_field", lead: nil)
                )
            )
        }
        #expect(watch.rows.keys.sorted() == [.source("/log/a")])
        _ = watch.add(record())
        _ = watch.add(
            CoverageLine(
                path: "/log/a",
                model: model,
                user: nil,
                fate: .deadLetter(reason: "missing_field", lead: nil)
            )
        )
        #expect(watch.rows[.model(model)]?.gauges[.deadLetters]?.bad == 1)
    }

    @Test("an opinion that is no longer configured is no longer missed")
    func removedOpinion() {
        var watch = CoverageWatch()
        let blind = record { $0.opinions = [.init(encoder, isFormed: false)] }
        #expect(add(40, blind, to: &watch).map(\.isBlind) == [true])
        #expect(watch.expect { _ in [encoder] } == [])
        #expect(watch.expect { _ in [] }.map(\.isBlind) == [false])
        #expect(watch.reasons == [])
    }

    @Test("what was told of a recorded file is over at its end")
    func end() {
        var watch = CoverageWatch()
        #expect(add(40, dead(), to: &watch).map(\.isBlind) == [true])
        #expect(
            watch.end("/log/a").map(\.text) == [
                "the file was read to its end; of the last 40 lines of /log/a, 100 % could not be used (missing_field): riskd dump dead_letter shows them"
            ]
        )
        #expect(watch.rows.isEmpty && watch.end("/log/a") == [])
    }
}
