import Glibc

private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// libFuzzer's own main, for programs that bring theirs, as every one that SwiftPM links does.
///
/// Of pointers and a function alone, which both languages hand over alike.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<Arguments>,
    _ feed: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Which of the inputs this process makes up, as RISKD_FUZZ says.
private let fuzzed: Fuzzed = {
    let name = getenv("RISKD_FUZZ").map { String(cString: $0) } ?? ""
    guard let fuzzed = Fuzzed(rawValue: name) else {
        fatalError("RISKD_FUZZ must be one of \(Fuzzed.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return fuzzed
}()

/// What libFuzzer calls.
@_cdecl("LLVMFuzzerTestOneInput")
func feedOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try fuzzed.feed(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        fatalError("\(error)")
    }
    return 0
}

@main
private enum Entry {
    static func main() {
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(runDriver(&count, &arguments) { feedOne($0, $1) })
    }
}
