import Domain
import Testing

struct NameReplacementTests {
    private let name = NameReplacement(UserID("ada.l"), by: UserID("erased-1"))

    @Test(arguments: [
        ("ada.l", "erased-1"), ("\"ada.l\" asked", "\"erased-1\" asked"),
        ("it was ada.l.", "it was erased-1."),
        ("user:fashion/ada.l, ada.l", "user:fashion/erased-1, erased-1"), ("„ada.l“", "„erased-1“"),
        ("ada.l@", "erased-1@"), ("ada.l's", "erased-1's"),
        // Others' names.
        ("ada.l2", "ada.l2"), ("ada.l-2", "ada.l-2"), ("ada.l@example.org", "ada.l@example.org"),
        ("ada.l.smith", "ada.l.smith"), ("x.ada.l", "x.ada.l"), ("xada.l", "xada.l"), ("ada", "ada"),
        ("", ""),
    ])
    func `a name is replaced where it stands as a word`(text: String, expected: String) {
        #expect(name.text(text) == expected)
    }

    @Test func `alerts and messages go on under the pseudonym, and others' stay as they are`() {
        let fashion = ModelID("fashion")
        func alert(_ user: String) -> AlertSnapshot {
            var alert = AlertSnapshot(
                id: AlertID(ULID(time: Timestamp(milliseconds: 1), digest: [UInt8](repeating: 1, count: 10))),
                subject: .entity(.user(UserID(user), model: fashion)),
                level: .high,
                startsAt: Timestamp(milliseconds: 1)
            )
            alert.contributions = [
                Contribution(name: "user:fashion/\(user)", milliPoints: 3),
                Contribution(name: "ada.l", milliPoints: 2),
            ]
            return alert
        }
        var expected = alert("erased-1")
        // A detector may be called so.
        #expect(expected.contributions[1].name == "ada.l")
        #expect(alert("ada.l").replacing(name) == expected)
        expected = alert("eve")
        #expect(expected.replacing(name) == expected)
        let message = Message(
            id: MessageID(ULID(time: Timestamp(milliseconds: 1), digest: [UInt8](repeating: 2, count: 10))),
            type: .alertFiring,
            timestamp: Timestamp(milliseconds: 1),
            dedupKey: alert("ada.l").dedupKey,
            groupKey: #"{}:{entity="ada.l", model="ada.l"}"#,
            groupLabels: [AlertLabel("entity", "ada.l"), AlertLabel("model", "ada.l")],
            alerts: [alert("ada.l"), alert("eve")]
        ).replacing(name)
        #expect(message.dedupKey == "riskd/user/erased-1/model/fashion/high")
        #expect(message.groupKey == #"{}:{entity="erased-1", model="ada.l"}"#)
        #expect(message.groupLabels == [AlertLabel("entity", "erased-1"), AlertLabel("model", "ada.l")])
        #expect(message.alerts == [alert("erased-1"), alert("eve")])
    }
}
