import Clocks
import FileSystem
import JSON
import TestSupport

@testable import JSONata

/// A case of the reference implementation's own suite (../shared/conformance/jsonata): an expression, its input, and
/// what comes of it.
struct ConformanceCase: CustomStringConvertible, Sendable {
    let name: String
    let expression: String
    let input: JSONValue?
    let json: JSONValue

    var description: String { name }
    var code: String? { json["code"]?.stringValue ?? json["error"]?["code"]?.stringValue }
    var bindings: [String: JSONValue] {
        Dictionary((json["bindings"]?.objectValue ?? [:]).map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    }

    static let folder = "conformance/jsonata"

    static let all: [ConformanceCase] = {
        guard let root = Repository.shared(folder), let groups = try? FileSystem.list("\(root)/groups") else {
            Repository.sharedIsMissing(folder)
            return []
        }
        return groups.sorted().flatMap { group in
            (try? FileSystem.list("\(root)/groups/\(group)"))?.sorted().filter { $0.hasSuffix(".json") }
                .flatMap { read("\(root)/groups/\(group)", $0, root: root) } ?? []
        }
    }()

    private static func json(_ path: String) -> JSONValue? {
        guard let bytes = try? FileSystem.readFile(path) else { return nil }
        if let json = try? JSONValue(parsing: bytes) { return json }
        // A lone surrogate, which no JSON of ours may hold, is left to the expression to escape.
        let text = String(decoding: bytes, as: UTF8.self).replacing("\\uD8", with: "\\\\uD8")
        return try? JSONValue(parsing: text)
    }

    private static func read(_ folder: String, _ file: String, root: String) -> [ConformanceCase] {
        let group = folder.split(separator: "/").last ?? ""
        guard let content = json("\(folder)/\(file)") else {
            return [ConformanceCase(name: "\(group)/\(file)", expression: "", input: nil, json: .null)]
        }
        let cases = content.arrayValue ?? [content]
        return cases.enumerated().compactMap { index, json in
            var expression = json["expr"]?.stringValue ?? ""
            if let path = json["expr-file"]?.stringValue {
                guard let bytes = try? FileSystem.readFile("\(folder)/\(path)") else {
                    print("NOT RUN: \(group)/\(file)#\(index), whose expression \(path) is not there")
                    return nil
                }
                expression = String(decoding: bytes, as: UTF8.self)
            }
            var input = json["data"]
            if let dataset = json["dataset"]?.stringValue {
                input = self.json("\(root)/datasets/\(dataset).json")
            }
            let name = cases.count > 1 ? "\(group)/\(file)#\(index)" : "\(group)/\(file)"
            return ConformanceCase(name: name, expression: expression, input: input, json: json)
        }
    }

    /// What the case comes to here: nil if all is as it should be, else what is wrong.
    func failure() -> String? {
        var limits = JSONataLimits()
        if let depth = json["depth"]?.intValue { limits.evaluationDepth = depth }
        // What the reference implementation does in a millisecond.
        if let milliseconds = json["timelimit"]?.intValue { limits.steps = milliseconds * 2_000 }
        let context = JSONataContext(now: testTime, entropy: SeededEntropy(seed: 1), limits: limits)
        do throws(JSONataError) {
            let result = try JSONataExpression(parsing: expression).evaluate(
                input, bindings: bindings, context: context)
            if let code { return "\(expression): \(result?.text() ?? "undefined") instead of \(code)" }
            if let expected = json["result"] {
                guard let result, result.isClose(to: expected, ignoringOrder: json["unordered"] == true) else {
                    return "\(expression): \(result?.text() ?? "undefined") instead of \(expected.text())"
                }
            } else if let result {
                return "\(expression): \(result.text()) instead of undefined"
            }
        } catch {
            guard let code else { return "\(expression): \(error) at \(error.position ?? -1)" }
            if error.code != code { return "\(expression): \(error) instead of \(code)" }
            if let token = json["token"]?.stringValue, error.token != token {
                return "\(expression): token \(error.token ?? "none") instead of \(token)"
            }
            if let position = json["error"]?["position"]?.intValue, error.position != position {
                return "\(expression): position \(error.position ?? -1) instead of \(position)"
            }
        }
        return nil
    }
}

extension JSONValue {
    /// Whether both are equal, numbers but for a relative difference of 1e-12.
    func isClose(to other: JSONValue, ignoringOrder: Bool = false) -> Bool {
        switch (self, other) {
        case (.number(let one), .number(let other)):
            return one.double == other.double
                || abs(one.double - other.double) <= 1e-12 * max(abs(one.double), abs(other.double))
        case (.array(let one), .array(var other)):
            guard one.count == other.count else { return false }
            if !ignoringOrder { return zip(one, other).allSatisfy { $0.isClose(to: $1) } }
            return one.allSatisfy { element in
                guard let index = other.firstIndex(where: { element.isClose(to: $0) }) else { return false }
                other.remove(at: index)
                return true
            }
        case (.object(let one), .object(let other)):
            return one.count == other.count
                && one.allSatisfy { member in other[member.key].map { member.value.isClose(to: $0) } ?? false }
        default: return self == other
        }
    }
}
