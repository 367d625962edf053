// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is built with these; nobody opts out.
let house: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]
/// For rooms that touch no C: a pointer does not compile there.
let noPointers = house + [.strictMemorySafety()]

/// For rooms whose loops the tests run over real traces: optimised in debug builds too.
let optimised = house + [.unsafeFlags(["-O"], .when(configuration: .debug))]

let strictC: [CSetting] = [.treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra")]
let strictCXX: [CXXSetting] = [.treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra")]
/// Kernels and parsers are optimised in debug builds too: the tests run real traces through them.
let fastC = strictC + [.unsafeFlags(["-O3", "-ffp-contract=off"])]
let fastCXX = strictCXX + [.unsafeFlags(["-O2"])]

/// `make fuzz` sets RISKD_FUZZ: then there is one program more, which libFuzzer drives, in the place of the tests that run
/// what it has found.
let isFuzzed = Context.environment["RISKD_FUZZ"] != nil
let fuzzed: [Target.Dependency] = [
    "Configuration", "Domain", "HTTPAPI", "HTTPServer", "Ingest", "Runtime",
]
let fuzzing: [Target] =
    isFuzzed
    ? [
        .executableTarget(
            name: "riskd-fuzz",
            dependencies: fuzzed,
            path: "Tests/FuzzTests",
            exclude: ["RegressionTests.swift"],
            // libFuzzer brings `main`.
            swiftSettings: house + [.unsafeFlags(["-parse-as-library"])]
        )
    ]
    : [
        .testTarget(
            name: "FuzzTests",
            dependencies: fuzzed,
            exclude: ["Entry.swift"],
            swiftSettings: house
        )
    ]

let package = Package(
    name: "riskd",
    products: [
        .executable(name: "riskd", targets: ["riskd"]),
        .executable(name: "riskctl", targets: ["riskctl"]),
        .executable(name: "riskd-bench", targets: ["riskd-bench"]),
    ],
    targets: [
        // Layer 0: C only, each with one Swift importer.
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(
            name: "CMicroHTTPD",
            pkgConfig: "libmicrohttpd",
            providers: [.apt(["libmicrohttpd-dev"])]
        ),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]
        ),
        .systemLibrary(name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(
            name: "CCompression",
            cSettings: strictC,
            linkerSettings: [.linkedLibrary("z"), .linkedLibrary("lzma")]
        ),
        .target(name: "CSimdjson", cxxSettings: fastCXX, linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "COnnxRuntime", cSettings: strictC, linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "CSimilarity", cSettings: fastC, linkerSettings: [.linkedLibrary("m")]),
        .target(name: "CSpawn", cSettings: strictC),
        .target(name: "CAssets", exclude: ["dashboard"], cSettings: strictC),
        .target(
            name: "CDashboard",
            path: "Sources/CAssets/dashboard",
            sources: ["Dashboard.c"],
            cSettings: strictC
        ),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),

        // Layer 1: vocabulary and plumbing.
        .target(name: "Domain", swiftSettings: noPointers),
        .target(name: "Runtime", swiftSettings: house),

        // Layer 2: one library each, and the console.
        .target(name: "Console", dependencies: ["Domain", "Runtime"], swiftSettings: house),
        .target(name: "Crypto", dependencies: ["CCrypto"], swiftSettings: house),
        .target(name: "PostgresClient", dependencies: ["CLibPQ", "Runtime"], swiftSettings: house),
        .target(name: "EmbeddedPostgres", dependencies: ["CSpawn", "Runtime"], swiftSettings: house),
        .target(name: "HTTPServer", dependencies: ["CMicroHTTPD", "Runtime"], swiftSettings: house),
        .target(name: "Imaging", dependencies: ["CPNG"], swiftSettings: house),
        .target(name: "OnnxSession", dependencies: ["COnnxRuntime", "Runtime"], swiftSettings: house),
        .target(name: "ServiceHost", dependencies: ["CSystemd", "Runtime"], swiftSettings: house),
        .target(name: "WebClient", dependencies: ["CCurl", "Runtime"], swiftSettings: house),

        // Layer 3: the domain, pure; time is an argument.
        .target(name: "Similarity", dependencies: ["CSimilarity", "Domain"], swiftSettings: optimised),
        .target(name: "Coverage", dependencies: ["Domain"], swiftSettings: noPointers),
        .target(name: "SecondOpinion", dependencies: ["Domain"], swiftSettings: noPointers),
        .target(
            name: "Scoring",
            dependencies: ["Domain"],
            swiftSettings: noPointers + [.unsafeFlags(["-O"], .when(configuration: .debug))]
        ),
        .target(name: "Training", dependencies: ["CBLAS"], swiftSettings: optimised),

        // Layer 4: edges, which meet only in RiskdDaemon.
        .target(
            name: "Alerting",
            dependencies: ["Crypto", "Domain", "Runtime", "WebClient"],
            swiftSettings: house
        ),
        .target(name: "Configuration", dependencies: ["CYAML", "Domain", "Runtime"], swiftSettings: house),
        .target(
            name: "HTTPAPI",
            dependencies: ["CDashboard", "Crypto", "Domain", "HTTPServer", "Runtime"],
            swiftSettings: house
        ),
        .target(
            name: "Ingest",
            dependencies: ["CCompression", "CSimdjson", "Crypto", "Domain", "Runtime"],
            swiftSettings: house
        ),
        .target(
            name: "Storage",
            dependencies: ["CAssets", "Domain", "PostgresClient", "Runtime"],
            exclude: ["Migrations"],
            swiftSettings: house
        ),

        // Layer 5: the program.
        .target(
            name: "Pipeline",
            dependencies: [
                "Alerting", "Configuration", "Coverage", "Crypto", "Domain", "Ingest", "OnnxSession",
                "Runtime",
                "Scoring", "SecondOpinion", "Similarity", "Storage", "ServiceHost",
            ],
            swiftSettings: house
        ),
        .target(
            name: "Recomputing",
            dependencies: [
                "Alerting", "Configuration", "Coverage", "Crypto", "Domain", "Ingest", "Pipeline", "Runtime",
                "Scoring",
                "SecondOpinion", "Similarity", "Storage",
            ],
            swiftSettings: house
        ),
        .target(
            name: "Notifying",
            dependencies: [
                "Alerting", "Configuration", "Domain", "Pipeline", "Runtime", "Scoring", "Storage",
                "WebClient",
            ],
            swiftSettings: house
        ),
        .target(
            name: "Auditing",
            dependencies: [
                "Alerting", "Configuration", "Crypto", "Domain", "Notifying", "Pipeline", "Recomputing",
                "Runtime",
                "Scoring", "Storage", "ServiceHost",
            ],
            swiftSettings: house
        ),
        .target(
            name: "APIHandlers",
            dependencies: [
                "Alerting", "Auditing", "Configuration", "Coverage", "Crypto", "Domain", "HTTPAPI",
                "HTTPServer",
                "Imaging", "Notifying", "Pipeline", "Recomputing", "Runtime", "Scoring", "Similarity",
                "Storage",
            ],
            swiftSettings: house
        ),
        .target(
            name: "RiskdDaemon",
            dependencies: [
                "APIHandlers", "Alerting", "Auditing", "Configuration", "Coverage", "Domain",
                "EmbeddedPostgres", "HTTPAPI", "HTTPServer", "Ingest", "Notifying", "Pipeline", "Recomputing",
                "Runtime", "Scoring", "Storage", "ServiceHost",
            ],
            swiftSettings: house
        ),
        .target(
            name: "Recordings",
            dependencies: ["Domain", "Ingest", "Pipeline", "Runtime"],
            swiftSettings: house
        ),
        .target(
            name: "RiskdTraining",
            dependencies: [
                "Crypto", "Domain", "Ingest", "OnnxSession", "Runtime", "SecondOpinion", "Training",
            ],
            swiftSettings: house
        ),
        .target(
            name: "RiskdCLI",
            dependencies: [
                "APIHandlers", "Alerting", "Auditing", "Configuration", "Console", "Crypto", "Domain",
                "Notifying", "Pipeline", "Recomputing", "Recordings", "RiskdDaemon",
                "RiskdTraining",
                "Runtime", "Scoring", "Storage", "Training",
            ],
            swiftSettings: house
        ),
        .target(
            name: "RiskctlCLI",
            dependencies: ["Console", "Crypto", "Domain", "Runtime", "WebClient"],
            swiftSettings: house
        ),
        .executableTarget(name: "riskctl", dependencies: ["RiskctlCLI"], swiftSettings: house),
        .executableTarget(name: "riskd", dependencies: ["RiskdCLI"], swiftSettings: house),
        .executableTarget(
            name: "riskd-bench",
            dependencies: [
                "Configuration", "Console", "Domain", "EmbeddedPostgres", "HTTPServer", "Ingest",
                "PostgresClient",
                "Auditing", "Notifying", "Pipeline", "Recomputing", "Recordings", "RiskdCLI", "RiskdDaemon",
                "Runtime",
                "Scoring",
                "Similarity", "Storage", "Training",
            ],
            path: "Sources/RiskdBench",
            swiftSettings: house
        ),

        // Tests.
        .target(
            name: "RiskdTesting",
            dependencies: [
                "Console", "Domain", "EmbeddedPostgres", "HTTPServer", "PostgresClient", "Runtime",
            ],
            path: "Tests/RiskdTesting",
            swiftSettings: house
        ),
        .testTarget(name: "DomainTests", dependencies: ["Domain"], swiftSettings: house),
        .testTarget(name: "RiskdBenchTests", dependencies: ["riskd-bench"], swiftSettings: house),
        .testTarget(name: "DocumentTests", dependencies: ["Configuration", "Domain"], swiftSettings: house),
        .testTarget(name: "RuntimeTests", dependencies: ["Runtime"], swiftSettings: house),
        .testTarget(
            name: "ConsoleTests",
            dependencies: ["Console", "Domain", "RiskdTesting", "Runtime"],
            swiftSettings: house
        ),
        .testTarget(name: "CryptoTests", dependencies: ["Crypto"], swiftSettings: house),
        .testTarget(
            name: "PostgresClientTests",
            dependencies: ["EmbeddedPostgres", "PostgresClient", "RiskdTesting", "Runtime"],
            swiftSettings: house
        ),
        .testTarget(
            name: "StorageTests",
            dependencies: ["Domain", "PostgresClient", "RiskdTesting", "Runtime", "Storage"],
            swiftSettings: house
        ),
        .testTarget(
            name: "AlertingTests",
            dependencies: [
                "Alerting", "Crypto", "Domain", "HTTPServer", "RiskdTesting", "Runtime", "WebClient",
            ],
            exclude: ["Golden"],
            swiftSettings: house
        ),
        .testTarget(
            name: "WebClientTests",
            dependencies: ["HTTPServer", "RiskdTesting", "Runtime", "WebClient"],
            swiftSettings: house
        ),
        .testTarget(
            name: "HTTPServerTests",
            dependencies: ["HTTPServer", "RiskdTesting", "Runtime"],
            swiftSettings: house
        ),
        .testTarget(
            name: "HTTPAPITests",
            dependencies: ["Domain", "HTTPAPI", "HTTPServer", "Runtime"],
            swiftSettings: house
        ),
        .testTarget(name: "CoverageTests", dependencies: ["Coverage", "Domain"], swiftSettings: house),
        .testTarget(name: "ImagingTests", dependencies: ["Imaging"], swiftSettings: house),
        .testTarget(
            name: "SimilarityTests",
            dependencies: ["Domain", "Similarity"],
            exclude: ["Vectors"],
            swiftSettings: house
        ),
        .testTarget(
            name: "SecondOpinionTests",
            dependencies: ["Domain", "OnnxSession", "SecondOpinion", "RiskdTesting"],
            swiftSettings: house
        ),
        .testTarget(
            name: "ScoringTests",
            dependencies: ["Domain", "Scoring"],
            exclude: ["Vectors"],
            swiftSettings: house
        ),
        .testTarget(
            name: "TrainingTests",
            dependencies: ["OnnxSession", "Training"],
            swiftSettings: house
        ),
        .testTarget(
            name: "RiskdTrainingTests",
            dependencies: ["Domain", "RiskdTraining", "Runtime", "Training"],
            swiftSettings: house
        ),
        .testTarget(
            name: "ConfigurationTests",
            dependencies: ["Configuration", "Domain"],
            swiftSettings: house
        ),
        .testTarget(
            name: "IngestTests",
            dependencies: ["Domain", "Ingest", "RiskdTesting", "Runtime"],
            swiftSettings: house
        ),
        .testTarget(
            name: "RiskdCLITests",
            dependencies: [
                "Configuration", "Console", "Domain", "Notifying", "Pipeline", "Recomputing", "Recordings",
                "RiskdCLI",
                "RiskdDaemon", "RiskdTesting", "Runtime",
                "Scoring",
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "RiskctlCLITests",
            dependencies: [
                "Console", "Domain", "HTTPServer", "RiskctlCLI", "RiskdTesting", "Runtime", "WebClient",
                "riskctl",
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "AuditingTests",
            dependencies: ["Auditing", "Configuration", "Domain", "RiskdTesting", "Storage"],
            swiftSettings: house
        ),
        .testTarget(
            name: "PipelineTests",
            dependencies: [
                "Alerting", "Configuration", "Coverage", "Domain", "Ingest", "Pipeline", "PostgresClient",
                "RiskdTesting", "Runtime", "Scoring", "Similarity", "Storage",
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "NotifyingTests",
            dependencies: [
                "Alerting", "Configuration", "Domain", "Notifying", "Pipeline", "PostgresClient",
                "RiskdTesting",
                "Runtime", "Storage",
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "RecordingsTests",
            dependencies: ["Domain", "Pipeline", "Recordings", "RiskdTesting", "Runtime"],
            swiftSettings: house
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Configuration", "Console", "Crypto", "Domain", "HTTPServer", "PostgresClient", "RiskctlCLI",
                "Auditing", "Notifying", "Pipeline", "Recomputing", "Recordings", "RiskdDaemon",
                "RiskdTesting", "Runtime",
                "riskctl", "riskd",
            ],
            swiftSettings: house
        ),
    ] + fuzzing,
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c2x,
    cxxLanguageStandard: .cxx17
)
