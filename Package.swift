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
func function(_ name: String, _ dependencies: [String]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies.map { .byName(name: $0) }, path: "functions/\(name)",
        swiftSettings: strict)
}
func tests(_ name: String, _ dependencies: [String]) -> Target {
    .testTarget(
        name: name, dependencies: (dependencies + ["TestSupport"]).map { .byName(name: $0) }, path: "Tests/\(name)",
        swiftSettings: testSettings)
}

let handlerModules = ["JSON", "Clocks", "Events", "Storage", "MusicKPIs", "MusicPipeline", "LambdaRuntime"]

let package = Package(
    name: "turntable",
    targets: [
        // C libraries. An `:archive.a` in a module's `link` is linked statically, so a function needs no host library.
        system("CMicroHTTPD", apt: "libmicrohttpd-dev"),
        system("CYAML", apt: "libyaml-dev"),
        .systemLibrary(name: "CLinux", path: "Sources/CLinux"),

        // Row 1: one concern each.
        module("JSON"),
        module("Clocks"),
        module("FileSystem", ["CLinux"]),
        module("HTTPClient", ["CLinux"]),
        module("HTTPServer", ["CMicroHTTPD", "CLinux"], link: ["microhttpd"]),
        module("YAML", ["CYAML"], link: [":libyaml.a"]),

        // Row 2: contracts and stores.
        module("Events", ["JSON", "Clocks"]),
        // Row 3: decisions.
        // Row 4: the two sides of the wire.
        // Row 5: what is run.
        .target(
            name: "TestSupport", dependencies: ["JSON", "Clocks", "FileSystem"], path: "Tests/TestSupport",
            swiftSettings: testSettings),
        tests("JSONTests", ["JSON"]),
        tests("ClocksTests", ["Clocks"]),
        tests("FileSystemTests", ["FileSystem"]),
        tests("HTTPClientTests", ["HTTPClient"]),
        tests("HTTPServerTests", ["HTTPServer"]),
        tests("EventsTests", ["Events", "JSON", "Clocks", "FileSystem"]),
    ]
)
