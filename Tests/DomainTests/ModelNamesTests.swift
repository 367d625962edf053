import Domain
import Testing

struct ModelNamesTests {
    @Test(
        arguments: [
            ("fashion-7d9f8b6c5-x2x4z", "fashion"), ("fashion", "fashion"), ("fashionable", "fashionable"),
            ("ward/7/pathology:rev12", "pathology"), ("other", "other"), ("", ""), ("a=b", "eq"),
        ]
    )
    func `a logged name is called by the first rule that fits, and otherwise what it is`(
        logged: String,
        name: String
    ) {
        let names = ModelNames([
            .init(name: "fashion", pattern: "fashion-*"), .init(name: "pathology", pattern: "*/pathology:*"),
            .init(name: "never", pattern: "fashion-7*"), .init(name: "eq", pattern: "a=b"),
        ])
        #expect(names.name(of: logged) == name)
    }
}
