import Testing

@testable import Domain

@Suite struct IdentifierTests {
    @Test(
        arguments: [
            ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829), ("abc", 479_470_107),
        ] as [(String, Int32)]
    )
    func `murmur2 gives what Kafka's own tests expect`(key: String, hash: Int32) {
        #expect(Int32(bitPattern: murmur2(Array(key.utf8))) == hash)
    }

    @Test func `names that differ in their bytes are different names`() {
        #expect(UserID("caf\u{e9}") != UserID("cafe\u{301}"))
        #expect(Set([UserID("caf\u{e9}"), UserID("cafe\u{301}")]).count == 2)
    }

    @Test func `every user falls into one of 64 partitions`() {
        let partitions = Set((0..<10_000).map { UserID("user-\($0)").virtualPartition })
        #expect(partitions == Set(0..<64))
    }

    @Test(arguments: [
        "user:fashion/user-006", "user:a%2Fb%25/x/y:z", "model:a%2Fb", "campaign:a%2Fb/17", "global",
    ])
    func `an entity is what its text says`(text: String) throws {
        #expect(try #require(Entity(text)).description == text)
    }

    @Test func `entities sort by kind, model and name`() {
        let (a, b) = (ModelID("a"), ModelID("b"))
        let sorted: [Entity] = [
            .user(UserID("x"), model: a), .user(UserID("y"), model: a), .user(UserID("x"), model: b),
            .campaign(9, model: a), .campaign(10, model: a), .campaign(1, model: b), .model(a), .model(b),
            .global,
        ]
        #expect(sorted.shuffled().sorted() == sorted)
        #expect(sorted.map(\.name) == ["x", "y", "x", "9", "10", "1", "", "", ""])
    }

    @Test(arguments: [
        "", "user:fashion", "user:/x", "user:m/", "model:", "planet:x", "campaign:m/0", "campaign:m/+1",
        "campaign:m/x", "global ",
    ])
    func `other texts are no entities`(text: String) {
        #expect(Entity(text) == nil)
    }
}
