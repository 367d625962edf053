import Glibc

extension Configuration {
    /// What the process finds around itself, where keys without a fixed default come from.
    package struct Surroundings: Hashable, Sendable {
        /// The absolute path of the current folder.
        package var currentDirectory: String
        /// `$STATE_DIRECTORY`.
        package var stateDirectory: String?
        /// `$RUNTIME_DIRECTORY`.
        package var runtimeDirectory: String?
        /// `$RISKD_ONNXRUNTIME`.
        package var runtime: String?
        /// Processors, at least 1.
        package var processors: Int

        package init(
            currentDirectory: String,
            stateDirectory: String? = nil,
            runtimeDirectory: String? = nil,
            runtime: String? = nil,
            processors: Int = 1
        ) {
            self.currentDirectory = currentDirectory
            self.stateDirectory = stateDirectory
            self.runtimeDirectory = runtimeDirectory
            self.runtime = runtime
            self.processors = processors
        }

        /// Those of this process.
        package static var current: Surroundings {
            let folder = getcwd(nil, 0)
            defer { free(folder) }
            return Surroundings(
                currentDirectory: folder.map { String(cString: $0) } ?? "/",
                stateDirectory: variable("STATE_DIRECTORY"),
                runtimeDirectory: variable("RUNTIME_DIRECTORY"),
                runtime: variable("RISKD_ONNXRUNTIME"),
                processors: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
            )
        }

        private static func variable(_ name: String) -> String? {
            guard let value = getenv(name) else { return nil }
            let text = String(cString: value)
            return text.isEmpty ? nil : text
        }
    }

    /// The configuration without a file.
    package static var `default`: Configuration {
        initial(.current, baseDirectory: Surroundings.current.currentDirectory)
    }

    /// Reads a configuration file and what the command line sets on top of it.
    ///
    /// - Parameters:
    ///   - path: the file; nil for the defaults alone.
    ///   - overrides: `KEY=VALUE` each, as given to `--set`; values are YAML, the last of equals counts.
    ///   - surroundings: where keys without a fixed default come from.
    /// - Returns: the configuration, checked.
    /// - Throws: everything that is wrong.
    package static func load(
        _ path: String?,
        overrides: [String] = [],
        surroundings: Surroundings = .current
    ) throws(ConfigurationError) -> Configuration {
        guard let path else {
            return try parse([], file: "", overrides: overrides, surroundings: surroundings)
        }
        return try parse(try contents(of: path), file: path, overrides: overrides, surroundings: surroundings)
    }

    /// Reads a configuration from memory.
    ///
    /// - Parameters:
    ///   - bytes: the YAML document.
    ///   - file: its path: the name in messages, and where relative paths start from.
    ///   - overrides: as for ``load(_:overrides:surroundings:)``.
    ///   - surroundings: where keys without a fixed default come from.
    /// - Returns: the configuration, checked.
    /// - Throws: everything that is wrong.
    package static func parse(
        _ bytes: [UInt8],
        file: String,
        overrides: [String] = [],
        surroundings: Surroundings = .current
    ) throws(ConfigurationError) -> Configuration {
        var (root, problems) = YAMLReader.read(bytes, file: file)
        for override in overrides { problems += Override.apply(override, to: &root) }
        let folder = Scope(baseDirectory: surroundings.currentDirectory).absolute(folder(of: file))
        var decoder = ConfigurationDecoder(scope: Scope(baseDirectory: folder))
        var configuration = initial(surroundings, baseDirectory: folder)
        decoder.decode(KeyTable.root, root, at: "", into: &configuration)
        problems += decoder.problems
        problems += ConfigurationRules.problems(of: configuration, readBy: decoder)
        guard problems.isEmpty else { throw ConfigurationError(problems: sorted(problems)) }
        return configuration
    }

    private static func initial(_ surroundings: Surroundings, baseDirectory: String) -> Configuration {
        // systemd separates several folders by colons; riskd's unit names one.
        func first(_ folders: String?) -> String? {
            folders.flatMap { $0.split(separator: ":").first.map(String.init) }
        }
        let folder = first(surroundings.stateDirectory)
        var configuration = Configuration(
            stateDirectory: folder
                ?? Scope(baseDirectory: surroundings.currentDirectory).absolute("riskd-state"),
            workers: surroundings.processors
        )
        configuration.api.runtimeDirectory = first(surroundings.runtimeDirectory)
        let name = "libonnxruntime.so"
        let above = Self.folder(of: baseDirectory)
        configuration.opinions.candidates =
            surroundings.runtime.map { [$0] }
            ?? [
                Scope(baseDirectory: baseDirectory).absolute(".deps/onnxruntime/\(name)"),
                Scope(baseDirectory: above).absolute(".deps/onnxruntime/\(name)"),
                "/usr/lib/riskd/\(name)",
            ]
        return configuration
    }

    /// The folder that holds `path`; the current one for a bare name.
    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func contents(of path: String) throws(ConfigurationError) -> [UInt8] {
        func failure() -> ConfigurationError {
            let reason = String(cString: strerror(errno))
            return .init(problems: [.init(origin: .wholeFile(path), path: "", message: reason)])
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        // One byte more than is allowed is enough for the reader to refuse the document.
        while bytes.count <= YAMLReader.maximumSize {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure() }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// In the order of the document, flags last.
    private static func sorted(_ problems: [ConfigurationError.Problem]) -> [ConfigurationError.Problem] {
        func place(_ problem: ConfigurationError.Problem) -> (Int, Int) {
            switch problem.origin {
            case .wholeFile: (0, 0)
            case .file(_, let line, let column): (line, column)
            case .flag: (.max, 0)
            }
        }
        return problems.enumerated().sorted { left, right in
            let (a, b) = (place(left.element), place(right.element))
            return a == b ? left.offset < right.offset : a < b
        }.map(\.element)
    }
}

extension Configuration.Opinions {
    /// The library to load: the configured one, or the first candidate that exists.
    ///
    /// - Returns: an absolute path; nil when nothing is configured and no candidate exists.
    package func installedRuntime() -> String? { runtime ?? candidates.first { access($0, R_OK) == 0 } }
}
