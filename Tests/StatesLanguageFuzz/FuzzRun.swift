import Clocks
import JSON
import StatesLanguage

/// Something that must not be, found by ``FuzzRun``.
public struct FuzzFinding: Error, CustomStringConvertible {
    public let description: String
}

/// One case after the other, drawn from a seed and a number: any of them can be drawn again alone.
///
/// What is accepted is run on random inputs with random answers; the history must keep its rules, and the recorded inputs
/// must give it again. What crashes or hangs is up to the caller to notice.
public struct FuzzRun: Sendable {
    /// Events and data of an execution, lower than AWS's so that a case takes milliseconds.
    static var limits: Execution.Limits {
        var limits = Execution.Limits()
        limits.maximumEventCount = 800
        limits.maximumDataByteCount = 20_000
        limits.maximumVariableByteCount = 60_000
        return limits
    }

    public let seed: UInt64
    /// Definitions that cases are made of by changing them.
    let corpus: [JSONValue]

    public init(seed: UInt64, corpus: [JSONValue] = []) {
        self.seed = seed
        self.corpus = corpus
    }

    /// The definition of a case: bytes that may be anything.
    public func definition(_ number: Int) -> [UInt8] { drawnDefinition(drawing(number)) }

    private func drawing(_ number: Int) -> Drawing { Drawing(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(number)) }

    private func drawnDefinition(_ drawing: Drawing) -> [UInt8] {
        var value = corpus.isEmpty || drawing.isOne(in: 2) ? drawing.definition() : drawing.one(of: corpus)
        switch drawing.below(6) {
        case 0, 2, 3: break
        case 1: return drawing.mutated(value.bytes(drawing.isOne(in: 2) ? .pretty : .compact))
        default: for _ in 0...drawing.below(3) { value = drawing.mutated(value) }
        }
        return value.bytes()
    }

    /// Tries a case.
    ///
    /// - Returns: Whether its definition was accepted.
    /// - Throws: ``FuzzFinding``.
    @discardableResult
    public func check(_ number: Int) throws -> Bool {
        let drawing = drawing(number)
        let bytes = drawnDefinition(drawing)
        return try check(bytes, drawing)
    }

    /// Tries a definition that was found before.
    @discardableResult
    public func check(definition bytes: [UInt8]) throws -> Bool { try check(bytes, drawing(0)) }

    private func check(_ bytes: [UInt8], _ drawing: Drawing) throws -> Bool {
        let machine: StateMachine
        do {
            machine = try StateMachine.parse(bytes, file: "fuzz")
        } catch {
            guard let first = error.findings.first else { throw FuzzFinding(description: "refused without a reason") }
            let lines = bytes.count { $0 == 0x0A } + 1
            for finding in error.findings
            where !(1...lines).contains(finding.line) || finding.column < 1 || finding.message.isEmpty {
                throw FuzzFinding(description: "a finding without a place: \(finding), the first is \(first)")
            }
            return false
        }
        for _ in 0..<2 { try FuzzExecution(machine: machine, drawing: drawing).check() }
        return true
    }

    /// Tries a path on a value: it is refused, or its text gives the same path and the same result each time.
    public func checkPath(_ number: Int) throws {
        let drawing = drawing(number)
        let text = drawing.isOne(in: 3) ? drawing.mutated(drawing.path()) : drawing.path()
        guard let path = try? JSONPath(text) else { return }
        guard let again = try? JSONPath(path.text), again == path else {
            throw FuzzFinding(description: "the path '\(text)' is read as '\(path.text)', which is another")
        }
        let input = drawing.input()
        func value() -> Result<JSONValue?, JSONPathError> {
            do throws(JSONPathError) { return .success(try path.value(in: input)) } catch { return .failure(error) }
        }
        guard value() == value() else {
            throw FuzzFinding(description: "the path '\(text)' finds one thing, then another")
        }
        if !path.isDefinite, case .success(let found?) = value(), found.arrayValue == nil {
            throw FuzzFinding(description: "the path '\(text)' leads anywhere and gives no list")
        }
    }
}
