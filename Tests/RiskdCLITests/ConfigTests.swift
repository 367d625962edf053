import Console
import RiskdCLI
import RiskdTesting
import Runtime
import Testing

@Suite struct ConfigTests {
    @Test func `riskd config prints the reference and checks a file`() async {
        let (text, errors) = (Collected(), Collected())
        let terminal = Terminal(output: { text.append($0) }, error: { errors.append($0) })
        #expect(await Riskd.program.run(["config"], on: terminal) == .ok)
        #expect(text.text.hasPrefix("# The configuration of riskd"))
        #expect(await Riskd.program.run(["config", "/nonexistent"], on: terminal) == .error)
        #expect(errors.text == "/nonexistent: No such file or directory\n")
    }
}
