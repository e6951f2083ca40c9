package import JSON

/// A path into an event as `InputPath` and `InputPathsMap` have it: `$`, members (`.name`, `['name']`) and elements
/// (`[0]`).
package struct EventPath: Sendable, Hashable {
    private enum Step: Sendable, Hashable {
        case member(String)
        case element(Int)
    }

    package let spelling: String
    private let steps: [Step]

    /// Nil for any other text; wildcards, filters and slices are none of EventBridge's.
    package init?(_ spelling: String) {
        self.spelling = spelling
        var steps: [Step] = []
        var rest = spelling[...]
        guard rest.popFirst() == "$" else { return nil }
        while let mark = rest.popFirst() {
            switch mark {
            case ".":
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty, name != "*" else { return nil }
                steps.append(.member(String(name)))
                rest = rest[name.endIndex...]
            case "[":
                guard let close = rest.firstIndex(of: "]") else { return nil }
                let inner = rest[..<close]
                rest = rest[rest.index(after: close)...]
                if let quote = inner.first, quote == "'" || quote == "\"" {
                    guard inner.count >= 3, inner.last == quote else { return nil }
                    steps.append(.member(String(inner.dropFirst().dropLast())))
                } else {
                    guard inner.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let index = Int(inner) else {
                        return nil
                    }
                    steps.append(.element(index))
                }
            default: return nil
            }
        }
        self.steps = steps
    }

    /// What the event has there, or nil.
    package func value(in event: JSONValue) -> JSONValue? {
        var value = event
        for step in steps {
            let next: JSONValue?
            switch step {
            case .member(let name): next = value[name]
            case .element(let index): next = value[index]
            }
            guard let next else { return nil }
            value = next
        }
        return value
    }
}
