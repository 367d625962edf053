package import Configuration
import Console

extension ConfigurationError: ProblemList {
    package var lines: [String] { problems.map(\.description) }
}
