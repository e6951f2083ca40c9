// swift-tools-version: 6.2
import PackageDescription

// The rows of the map, top to bottom: a module imports only from rows below its own. `LayoutTests` reads the `import`
// lines of every file and holds them against this table.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
]
let testSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// A system library; Debian's package and the archive are named once, here.
func system(_ name: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/\(name)", providers: [.apt([apt])])
}
func module(_ name: String, _ dependencies: [String] = [], link libraries: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies.map { .byName(name: $0) }, path: "Sources/\(name)",
        swiftSettings: strict, linkerSettings: libraries.map { .linkedLibrary($0) })
}
/// A function is linked as it is to run on Lambda, so that what runs here are the same bytes: with a run path for libraries
/// that are packaged with it (`turntable package --bundle`) and, in a release build, exporting no symbols (else none of them
/// is unused) and without any (`-s`; TURNTABLE_SYMBOLS in the environment keeps them).
let linkedForLambda: [LinkerSetting] = [
    .unsafeFlags(["-Xlinker", "-rpath=$ORIGIN/lib"]),
    .unsafeFlags(
        ["-Xlinker", "--no-export-dynamic"]
            + (Context.environment["TURNTABLE_SYMBOLS"] == nil ? ["-Xlinker", "-s"] : []),
        .when(configuration: .release)),
]
func function(_ name: String, _ dependencies: [String]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies.map { .byName(name: $0) }, path: "functions/\(name)",
        swiftSettings: strict, linkerSettings: linkedForLambda)
}
func tests(_ name: String, _ dependencies: [String], without excluded: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: (dependencies + ["TestSupport"]).map { .byName(name: $0) }, path: "Tests/\(name)",
        exclude: excluded, swiftSettings: testSettings)
}

let handlerModules = ["JSON", "Clocks", "Events", "Storage", "MusicKPIs", "MusicPipeline", "LambdaRuntime"]

let package = Package(
    name: "turntable",
    targets: [
        // C libraries. An `:archive.a` in a module's `link` is linked statically, so a function needs no host library.
        system("CCrypto", apt: "libssl-dev"),
        // Loaded when first needed, never linked, and declared by ourselves.
        .systemLibrary(name: "CCurl", path: "Sources/CCurl"),
        system("CMicroHTTPD", apt: "libmicrohttpd-dev"),
        system("CPCRE2", apt: "libpcre2-dev"),
        system("CSnappy", apt: "libsnappy-dev"),
        system("CSQLite", apt: "libsqlite3-dev"),
        system("CYAML", apt: "libyaml-dev"),
        system("CZlib", apt: "zlib1g-dev"),
        system("CZstd", apt: "libzstd-dev"),
        .systemLibrary(name: "CLinux", path: "Sources/CLinux"),

        // Row 1: one concern each.
        module("JSON"),
        module("Clocks"),
        module("FileSystem", ["CLinux"]),
        module("CSV"),
        module(
            "Parquet", ["CSnappy", "CZlib", "CZstd"], link: [":libsnappy.a", "stdc++", ":libz.a", ":libzstd.a"]),
        module("Compression", ["CZlib", "CZstd"], link: [":libz.a", ":libzstd.a"]),
        module("Digest", ["CCrypto", "CZlib"], link: [":libcrypto.a", ":libz.a"]),
        module("RegularExpressions", ["CPCRE2"], link: [":libpcre2-8.a"]),
        module("SQLite", ["CSQLite"], link: [":libsqlite3.a"]),
        module("HTTPClient", ["CLinux", "CCurl"]),
        module("HTTPServer", ["CMicroHTTPD", "CLinux"], link: ["microhttpd"]),
        module("YAML", ["CYAML"], link: [":libyaml.a"]),

        // Row 2: formats and protocols that build on others.
        module("AWSClient", ["JSON", "Clocks", "FileSystem", "Digest", "HTTPClient"]),
        module("JSONata", ["JSON", "Clocks", "Digest", "RegularExpressions"]),
        module("Packaging", ["JSON", "FileSystem", "Digest", "CZlib"], link: [":libz.a"]),
        module("SimulationLink", ["JSON", "Clocks"]),

        // Row 3: contracts and stores.
        module("Events", ["JSON", "Clocks"]),
        module(
            "Storage",
            ["JSON", "Clocks", "FileSystem", "Digest", "SQLite", "HTTPClient", "AWSClient", "SimulationLink"]),
        module("MusicKPIs", ["JSON", "Digest"]),

        // Row 4: decisions.
        module("StatesLanguage", ["JSON", "Clocks", "Digest", "RegularExpressions", "JSONata"]),
        module("Template", ["JSON", "YAML"]),
        module("Delivery", ["JSON", "Clocks", "Events", "Digest"]),
        module(
            "MusicPipeline",
            [
                "JSON", "Clocks", "CLinux", "CSV", "Compression", "FileSystem", "Parquet", "Digest", "Events",
                "Storage",
                "MusicKPIs",
            ]),

        // Row 5: the two sides of the wire.
        module("LambdaRuntime", ["JSON", "Clocks", "HTTPClient", "FileSystem", "SimulationLink"]),
        module(
            "EventRouter",
            [
                "JSON", "Clocks", "FileSystem", "CLinux", "SQLite", "HTTPServer", "Digest", "Events", "Storage",
                "StatesLanguage", "Template", "Delivery",
            ]),

        // Row 6: worlds in which all of it is tried.
        module(
            "Simulation",
            [
                "JSON", "Clocks", "CLinux", "FileSystem", "SQLite", "Digest", "Parquet", "SimulationLink", "Events",
                "Storage", "Template", "EventRouter",
            ]),

        // Row 7: what is run.
        function("validate-file", handlerModules),
        function("etl", handlerModules),
        function("write-kpis", handlerModules),
        function("archive", handlerModules),
        function("split-file", handlerModules),
        .executableTarget(
            name: "turntable",
            dependencies: [
                "JSON", "Clocks", "CLinux", "FileSystem", "CSV", "SQLite", "HTTPServer", "HTTPClient", "Digest", "YAML",
                "Events",
                "Storage", "MusicKPIs", "JSONata", "StatesLanguage", "Template", "Delivery", "MusicPipeline",
                "Packaging", "AWSClient", "EventRouter", "Simulation",
            ],
            path: "Sources/turntable", swiftSettings: strict),

        .executableTarget(
            name: "benchmarks",
            dependencies: [
                "HTTPServer", "HTTPClient", "EventRouter", "StatesLanguage", "JSON", "Clocks", "FileSystem", "Storage",
                "MusicKPIs", "MusicPipeline", "TestSupport",
            ],
            path: "Benchmarks",
            swiftSettings: testSettings),
        // Functions with a mistake in them, which simulations must find.
        .executableTarget(
            name: "mutants", dependencies: handlerModules.map { .byName(name: $0) }, path: "Tests/Mutants",
            swiftSettings: testSettings),
        .target(
            name: "TestSupport", dependencies: ["JSON", "Clocks", "FileSystem", "HTTPClient"],
            path: "Tests/TestSupport",
            swiftSettings: testSettings),
        .target(
            name: "StatesLanguageFuzz", dependencies: ["StatesLanguage", "JSON", "Clocks"],
            path: "Tests/StatesLanguageFuzz", swiftSettings: testSettings),
        .executableTarget(
            name: "soak",
            dependencies: [
                "StatesLanguageFuzz", "EventRouter", "JSON", "Clocks", "FileSystem", "Parquet", "TestSupport",
            ],
            path: "Tests/Soak", swiftSettings: testSettings),
        tests("JSONTests", ["JSON"]),
        tests("ClocksTests", ["Clocks"]),
        tests("FileSystemTests", ["FileSystem"]),
        tests("CSVTests", ["CSV"]),
        tests("ParquetTests", ["Parquet", "JSON"]),
        tests("DigestTests", ["Digest"]),
        tests("RegularExpressionsTests", ["RegularExpressions"]),
        tests("SQLiteTests", ["SQLite", "FileSystem"]),
        tests("HTTPClientTests", ["HTTPClient", "FileSystem"]),
        tests("AWSClientTests", ["AWSClient", "HTTPClient", "JSON", "Clocks", "Digest", "FileSystem"]),
        tests("HTTPServerTests", ["HTTPServer"]),
        tests("YAMLTests", ["YAML"]),
        tests("EventsTests", ["Events", "JSON", "Clocks", "FileSystem"]),
        tests(
            "StorageTests", ["Storage", "AWSClient", "HTTPClient", "JSON", "Clocks", "FileSystem", "Digest", "SQLite"]),
        tests("MusicKPIsTests", ["MusicKPIs", "JSON"]),
        tests("PackagingTests", ["Packaging", "Digest", "JSON", "FileSystem"]),
        tests("CompressionTests", ["Compression", "FileSystem"]),
        tests(
            "MusicPipelineTests",
            ["MusicPipeline", "MusicKPIs", "Storage", "Digest", "Clocks", "JSON", "CSV", "Parquet"]),
        tests("JSONataTests", ["JSONata", "JSON", "Clocks", "FileSystem"]),
        tests(
            "StatesLanguageTests", ["StatesLanguage", "StatesLanguageFuzz", "JSON", "Clocks", "FileSystem"],
            without: ["Found"]),
        tests("TemplateTests", ["Template", "JSON", "YAML", "FileSystem"]),
        tests("DeliveryTests", ["Delivery", "Events", "JSON", "Clocks"]),
        tests("LambdaRuntimeTests", ["LambdaRuntime", "HTTPClient", "JSON", "Clocks", "FileSystem"]),
        tests(
            "EventRouterTests",
            [
                "EventRouter", "HTTPServer", "HTTPClient", "StatesLanguage", "Template", "Delivery", "Events",
                "Storage", "JSON", "Clocks", "FileSystem", "Digest",
            ]),
        tests(
            "FunctionTests",
            ["validate-file", "etl", "write-kpis", "archive", "split-file"] + handlerModules + [
                "CSV", "Parquet", "FileSystem", "AWSClient",
            ]),
        tests(
            "EndToEndTests",
            ["JSON", "Clocks", "FileSystem", "HTTPClient", "SQLite", "Storage", "Events", "Packaging", "Digest"]),
        tests("SimulationTests", ["Simulation", "EventRouter", "Template", "YAML", "FileSystem", "Clocks", "JSON"]),
        tests("LayoutTests", []),
    ]
)
