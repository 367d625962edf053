import Console
import Domain
import Glibc
import Runtime

extension Flag {
    static let actor = Flag("as", value: "NAME", "In whose name; yours unless given")
}

extension Invocation {
    /// Who acts: `--as`, else the user who runs this.
    func actor() throws(UsageError) -> String {
        if let name = value("as") {
            guard !name.isEmpty, name.utf8.count <= 256, name != Alert.riskd else {
                throw UsageError("'\(name)' cannot be who acts")
            }
            return name
        }
        guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else {
            return "uid \(getuid())"
        }
        return String(cString: name)
    }
}

/// Text, or nothing.
func optional(_ text: String?) -> JSONValue {
    guard let text else { return .null }
    return .string(text)
}
