import Domain
import Testing

@testable import Scoring

/// Pictures are whole numbers, a hundredth apart; the window of history holds the last records.
private struct Stream {
    struct Item {
        let query: CampaignLinker.Query
        let picture: Int
        let finding: SimilarityFinding
        /// The first record that similarity still remembers after this one.
        let first: Int64
    }

    static let rule = CampaignRule(distance: 0.025, gap: .seconds(60))
    private(set) var items: [Item] = []
    private var sent: [(picture: Int, time: Timestamp)] = []

    mutating func send(
        _ picture: Int,
        at seconds: Int,
        probability: Double = 0.5,
        label: String = "a",
        window: Int = .max
    ) {
        let sequence = sent.count + 1
        let start = max(0, sent.count - window)
        let earlier = sent.indices[start...]
        let near = earlier.filter { sent[$0].picture != picture }
            .min { (abs(sent[$0].picture - picture), $0) < (abs(sent[$1].picture - picture), $1) }
        let distance = near.map { Double(abs(sent[$0].picture - picture)) / 100 }.flatMap {
            $0 <= 0.1 ? $0 : nil
        }
        let finding = SimilarityFinding(
            minimumDistance: distance,
            lowerBound: distance ?? 0.1,
            nearest: distance == nil
                ? nil
                : near.map {
                    Neighbour(sequence: Int64($0 + 1), record: RecordID("\($0)"), user: UserID("u"))
                },
            distanceAlarm: 0,
            predictionAlarm: 0,
            exactRepeats: earlier.count { sent[$0].picture == picture },
            repeated: earlier.last { sent[$0].picture == picture }.map { Int64($0 + 1) },
            searched: earlier.count
        )
        let query = CampaignLinker.Query(
            sequence: Int64(sequence),
            time: Timestamp(milliseconds: Int64(seconds) * 1000),
            prediction: Prediction(
                label: label,
                probability: probability,
                probabilities: label == "c" ? nil : [1 - probability, probability]
            )
        )
        sent.append((picture, query.time))
        let oldest = window == .max ? 1 : Int64(max(1, sent.count - window + 1))
        items.append(Item(query: query, picture: picture, finding: finding, first: oldest))
    }

    /// The links by the rules as they are written, from all records and all links before.
    func slowLinks() -> [ChainLink?] {
        var links: [ChainLink?] = []
        var nearests: [(index: Int, nearest: Int?)] = []
        func hasOtherAnswer(_ item: Item, than copy: Item) -> Bool {
            let (old, new) = (copy.query.prediction, item.query.prediction)
            let before = old.probability(of: old.label, at: old.labelIndex)
            return abs(before - new.probability(of: old.label, at: old.labelIndex)) > 1e-6
        }
        for item in items {
            let now = items[...links.count].map(\.query.time).max() ?? item.query.time
            func root(_ index: Int) -> Int { links[index]?.original.map { Int($0) - 1 } ?? index }
            func members(_ id: Int64) -> [Int] { links.indices.filter { links[$0]?.step?.campaign == id } }
            var nearest = item.finding.minimumDistance.flatMap { $0 < 0.025 ? item.finding.nearest : nil }
                .map { Int($0.sequence) - 1 }
            if item.finding.exactRepeats > 0 {
                let copy = items[..<links.count].lastIndex { $0.picture == item.picture } ?? 0
                guard hasOtherAnswer(item, than: items[copy]) else {
                    links.append(.repetition(of: Int64(root(copy) + 1)))
                    continue
                }
                nearest = copy
            }
            nearests.append((links.count, nearest))
            guard let near = nearest else {
                links.append(nil)
                continue
            }
            let start = root(near)
            let joined = links[start]?.step?.campaign
            let id = joined ?? Int64(start + 1)
            // A campaign begins with what the model says of the picture when it is joined first.
            let begun =
                members(id).first.flatMap { member in nearests.first { $0.index == member }?.nearest } ?? near
            let last = (members(id) + [begun]).map { items[$0].query.time }.max() ?? now
            guard now.milliseconds - last.milliseconds <= 60_000 else {
                links.append(nil)
                continue
            }
            let first = items[begun].query.prediction
            let place = first.labelIndex
            let probability = item.query.prediction.probability(of: first.label, at: place)
            let before = members(id).map {
                items[$0].query.prediction.probability(of: first.label, at: place)
            }
            let peak = (before + [first.probability(of: first.label, at: place)]).max() ?? 0
            links.append(
                .step(CampaignStep(campaign: id, probability: probability, fall: max(0, peak - probability)))
            )
        }
        return links
    }
}

@Suite struct CampaignLinkerTests {
    private let seed = UInt64.random(in: 0 ... .max)

    private func links(_ stream: Stream) -> [ChainLink?] {
        var linker = CampaignLinker(rule: Stream.rule)
        return stream.items.map { linker.link($0.query, $0.finding) }
    }

    private func step(_ campaign: Int64, _ probability: Double, _ fall: Double) -> ChainLink {
        .step(CampaignStep(campaign: campaign, probability: probability, fall: fall))
    }

    @Test func `a chain is named by its first image, and knows how far its class has fallen`() {
        var stream = Stream()
        stream.send(10, at: 0, probability: 0.75)
        stream.send(11, at: 1, probability: 0.875)
        stream.send(13, at: 2, probability: 0.5)
        stream.send(50, at: 3)
        stream.send(14, at: 4, probability: 0.25)
        #expect(
            links(stream) == [nil, step(1, 0.875, 0), step(1, 0.5, 0.375), nil, step(1, 0.25, 0.625)]
        )
    }

    @Test func `an exact repeat joins nothing, and stands for its image once that is forgotten`() {
        var stream = Stream()
        stream.send(10, at: 0)
        stream.send(10, at: 1)
        stream.send(30, at: 2)
        stream.send(10, at: 3)
        // The window holds the last three: the first two are gone.
        stream.send(11, at: 4, window: 3)
        stream.send(12, at: 5, window: 3)
        #expect(
            links(stream) == [
                nil, .repetition(of: 1), nil, .repetition(of: 1), step(1, 0.5, 0), step(1, 0.5, 0),
            ]
        )
    }

    @Test func `the distance and the gap bound a chain, and what is over stays over`() {
        var stream = Stream()
        stream.send(5, at: 0)
        stream.send(13, at: 1)
        stream.send(12, at: 61)
        stream.send(14, at: 121)
        stream.send(15, at: 182)
        stream.send(16, at: 183)
        stream.send(11, at: 184)
        #expect(
            links(stream) == [
                nil, nil, step(2, 0.5, 0), step(2, 0.5, 0), nil, step(5, 0.5, 0), nil,
            ]
        )
    }

    @Test func `without probabilities another class leaves at most the rest to the first one`() {
        var stream = Stream()
        stream.send(10, at: 0, probability: 0.75, label: "c")
        stream.send(11, at: 1, probability: 0.875, label: "c")
        let other = Prediction(label: "b", probability: 0.625)
        #expect(links(stream).last == step(1, 0.875, 0))
        #expect(other.probability(of: "c", at: nil) == 0.375)
        #expect(other.probability(of: "b", at: 9) == 0.625)
    }

    @Test func `links are those of the rules, however often it is cleared or restarted`() {
        var generator = SeededGenerator(seed: seed)
        var seen: Set<String> = []
        for _ in 0..<300 {
            var stream = Stream()
            let window = generator.chance(0.3) ? Int.max : generator.integer(1...12)
            let pace = generator.integer(1...40)
            var time = 100
            for _ in 0..<50 {
                time += generator.integer(0...pace)
                let late = generator.chance(0.1) ? generator.integer(0...80) : 0
                stream.send(
                    generator.integer(0...25),
                    at: time - late,
                    probability: Double(generator.integer(0...8)) / 8,
                    label: generator.chance(0.2) ? "c" : "a",
                    window: window
                )
            }
            let expected = stream.slowLinks()
            var linker = CampaignLinker(rule: Stream.rule)
            var found: [ChainLink?] = []
            var stored: [Int64: Campaign] = [:]
            for item in stream.items {
                found.append(linker.link(item.query, item.finding))
                for campaign in linker.takeChanged() { stored[campaign.id] = campaign }
                if generator.chance(0.3) { linker.forget(before: item.first) }
                if generator.chance(0.1) { linker = restarted(stream, found, stored, from: item.first) }
            }
            #expect(found == expected, "seed \(seed)")
            for link in found {
                seen.insert(link.map { $0.step == nil ? "repeat" : "step" } ?? "none")
            }
            for campaign in stored.values {
                #expect(campaign.members == Int64(found.count { $0?.step?.campaign == campaign.id }))
            }
        }
        #expect(seen == ["repeat", "step", "none"])
    }

    /// What a restart makes of the stored records and campaigns.
    private func restarted(
        _ stream: Stream,
        _ links: [ChainLink?],
        _ stored: [Int64: Campaign],
        from first: Int64
    ) -> CampaignLinker {
        var linker = CampaignLinker(rule: Stream.rule)
        for (item, link) in zip(stream.items, links) where item.query.sequence >= first {
            let root = link?.original ?? item.query.sequence
            let campaign = links[Int(root) - 1]?.step?.campaign ?? stored[root]?.id
            linker.restore(item.query, first: root, campaign: campaign)
        }
        if let newest = stream.items.prefix(links.count).map(\.query.time).max() {
            linker.restore(newest: newest, stored.values.sorted { $0.id < $1.id })
        }
        return linker
    }
}
