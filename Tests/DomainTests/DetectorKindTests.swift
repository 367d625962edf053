import Testing

@testable import Domain

/// What there is to know of each kind of detector stands in one place.
struct DetectorKindTests {
    @Test func `every kind is found by its detectors' names, and nothing else is`() {
        let names = [
            "similarity.user.descent": "descent", "similarity.model.descent": "descent",
            "similarity.user.jitter": "jitter", "similarity.campaign.fall": "fall",
            "opinion.encoder": "opinion",
            "opinion.jitter": "opinion", "opinion.a.b": "opinion",
        ]
        for (detector, kind) in names { #expect(DetectorKind(of: DetectorID(detector))?.name == kind) }
        for other in [
            "", "impact", "limits", "similarity.user", "similarity.user.spin",
            "user:m/similarity.user.descent",
        ] {
            #expect(DetectorKind(of: DetectorID(other)) == nil, "\(other)")
        }
        #expect(Set(DetectorKind.all.map(\.name)).count == DetectorKind.all.count)
    }

    @Test func `a detector feeds the tracks of its scope, an opinion those of users and models`() {
        func fed(_ name: String) -> [SimilarityScope] {
            SimilarityScope.allCases.filter { DetectorID(name).feeds($0) }
        }
        #expect(fed("similarity.user.jitter") == [.user] && fed("similarity.campaign.fall") == [.campaign])
        #expect(fed("opinion.similarity.user.x") == [.user, .model])
        #expect(
            DetectorID(opinion: "a.b").opinion == "a.b" && DetectorID("similarity.user.jitter").opinion == nil
        )
    }

    @Test(arguments: [
        (
            ["similarity.user.descent", "similarity.user.jitter", "similarity.model.descent", "opinion.a"],
            [1.75, 0.25, 1, 1]
        ),
        (["similarity.user.descent", "opinion.a", "opinion.b"], [1, 1, 1]),
        (["similarity.user.jitter"], [1]), (["similarity.campaign.fall"], [1]),
    ])
    func `detectors of one scope share by weight what even shares would give them`(
        names: [String],
        shares: [Double]
    ) {
        let all = names.map { DetectorID($0) }
        #expect(all.map { DetectorKind.share(of: $0, among: all) } == shares)
    }

    @Test func `evidence comes back as it was, and makes the score that is bet on`() throws {
        for kind in DetectorKind.all {
            guard let evidence = kind.evidence else {
                #expect(kind.columns.isEmpty)
                continue
            }
            #expect(kind.columns.count == evidence.fields.count && !evidence.fields.isEmpty)
            let values = (1...evidence.fields.count).map {
                evidence.fields[$0 - 1].isWhole ? Double($0) : 0.25
            }
            var findings = Findings(user: Self.finding, model: Self.finding, opinions: [])
            #expect(evidence.values(findings) == nil && evidence.scored(findings) == nil)
            evidence.restore(values, &findings)
            #expect(evidence.values(findings) == values)
            let scores = SimilarityScope.allCases.flatMap { kind.scores(findings, $0) }.map(\.score)
            #expect(!scores.isEmpty && scores.allSatisfy { $0 == evidence.score(values) })
        }
    }

    @Test func `a new kind needs no place of its own in findings`() {
        let evidence = DetectorEvidence.kept(
            by: "turns",
            [.init(name: "count", meaning: "turns of one image", isWhole: true)],
            score: { $0[0] * 2 }
        )
        let kind = DetectorKind(
            "turns",
            meaning: "one image, turned again and again",
            scopes: [.user],
            setup: { _ in ["similarity "] },
            evidence: evidence
        ) { findings, scope in
            guard scope == .user, let score = evidence.scored(findings) else { return [] }
            return [(DetectorID("similarity.user.turns"), score)]
        }
        #expect(kind.columns == ["turns_count"])
        var findings = Findings(user: nil, model: nil, opinions: [])
        #expect(kind.scores(findings, .user).isEmpty)
        evidence.restore([7], &findings)
        #expect(findings.evidence == ["turns": [7]] && evidence.values(findings) == [7])
        #expect(kind.scores(findings, .user).map(\.score) == [14] && kind.scores(findings, .model).isEmpty)
    }

    @Test func `scores feed the tracks that their kinds name`() {
        var findings = Findings(
            user: Self.finding,
            model: Self.finding,
            opinions: [
                OpinionFinding(
                    name: "a",
                    classIndex: 0,
                    probabilityOfLogged: 0.5,
                    disagrees: false,
                    modelDigest: ""
                )
            ]
        )
        findings.user?.jitter = JitterFinding(matches: 3, moved: 2, independence: 0.5)
        #expect(
            findings.scores(for: .user).map(\.detector.name) == [
                "opinion.a", "similarity.user.descent", "similarity.user.jitter",
            ]
        )
        #expect(
            findings.scores(for: .model).map(\.detector.name) == ["opinion.a", "similarity.model.descent"]
        )
        for scope in [SimilarityScope.user, .model] {
            for (detector, _) in findings.scores(for: scope) {
                #expect(detector.feeds(scope) && DetectorKind(of: detector)?.scopes.contains(scope) == true)
            }
        }
    }

    private static let finding = SimilarityFinding(
        minimumDistance: nil,
        lowerBound: 0.3,
        nearest: nil,
        distanceAlarm: 0,
        predictionAlarm: 0,
        descent: 0.125,
        exactRepeats: 0,
        searched: 1
    )
}
