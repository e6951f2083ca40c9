import FileSystem
import TestSupport
import Testing

/// The map of modules, held against what the files import. Build order alone can hide an undeclared import.
@Suite("The rows of the map")
struct RowsTests {
    /// Bottom to top; a module imports only from rows below its own.
    static let rows: [[String]] = [
        ["CCrypto", "CCurl", "CLinux", "CMicroHTTPD", "CPCRE2", "CSnappy", "CSQLite", "CYAML", "CZlib", "CZstd"],
        [
            "JSON", "Clocks", "FileSystem", "CSV", "Compression", "Parquet", "Digest", "RegularExpressions", "SQLite",
            "HTTPClient", "HTTPServer", "YAML",
        ],
        ["AWSClient", "JSONata", "Packaging", "SimulationLink"],
        ["Events", "Storage", "MusicKPIs"],
        ["StatesLanguage", "Template", "Delivery", "MusicPipeline"],
        ["LambdaRuntime", "EventRouter"],
        ["Simulation"],
        ["turntable"],
    ]

    /// What Swift itself brings. Never Foundation: handlers start cold.
    static let toolchain: Set = ["Glibc", "Synchronization"]
    /// Row 4 decides and does nothing else: it may not even reach the C library.
    static let pure: Set = ["JSON", "CSV", "Parquet", "MusicKPIs", "StatesLanguage", "Template", "Delivery"]

    static func row(of module: String) -> Int? { rows.firstIndex { $0.contains(module) } }

    @Test("every folder of Sources has its row, and every module of the rows its folder")
    func complete() throws {
        let folders = try FileSystem.list("\(Repository.root)/Sources")
        #expect(Set(folders) == Set(Self.rows.joined()))
    }

    @Test("a module imports only from rows below its own")
    func downwards() throws {
        for module in Self.rows.joined() {
            let row = try #require(Self.row(of: module))
            for line in try ImportLine.all(in: "Sources/\(module)", root: Repository.root) {
                if Self.toolchain.contains(line.module) {
                    #expect(!(Self.pure.contains(module) && line.module == "Glibc"), "\(line): \(module) is pure")
                } else {
                    #expect((Self.row(of: line.module) ?? .max) < row, "\(line), which is not below row \(row)")
                }
            }
        }
    }

    @Test("a function imports LambdaRuntime, rows 1 to 4, and no other function")
    func functions() throws {
        let allowed = Set(Self.rows[1...4].joined()).union(["LambdaRuntime"]).union(Self.toolchain)
        for function in try FileSystem.list("\(Repository.root)/functions") {
            for line in try ImportLine.all(in: "functions/\(function)", root: Repository.root) {
                #expect(allowed.contains(line.module), "\(line)")
            }
        }
    }

    @Test(
        "import lines are read in all their forms",
        arguments: [
            ("import JSON", "JSON"), ("public import struct Clocks.Timestamp", "Clocks"),
            ("@testable import etl", "etl"),
            ("@preconcurrency package import CSV", "CSV"), ("// import X", nil), ("important", nil), ("let a = 1", nil),
        ] as [(String, String?)])
    func forms(line: String, module: String?) { #expect(ImportLine.imported(by: line[...]) == module) }

    @Test("the manifest names no package dependency")
    func noPackages() throws {
        let manifest = String(decoding: try FileSystem.readFile("\(Repository.root)/Package.swift"), as: UTF8.self)
        #expect(!manifest.contains(".package("))
    }
}
