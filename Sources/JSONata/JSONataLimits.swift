/// What parsing and evaluating one expression may use. Beyond it both throw: never a hang, never a trap.
///
/// All are counts and not times, so that an expression fails on every machine or on none.
package struct JSONataLimits: Sendable, Hashable {
    /// Levels that brackets, operators and calls nest in an expression's text. (U1007)
    ///
    /// Parsing and the release of a parsed expression recurse as deep; see `JSONataLimitsTests` for the measurement on
    /// a stack of 512 KiB.
    package var expressionDepth = 500
    /// Calls and operators in progress at a time. Calls in tail position do not count. (U1001)
    package var evaluationDepth = 10_000
    /// Nodes of the expression evaluated, and as much again for what functions do inside. (U1001)
    package var steps = 50_000_000
    /// Elements of any one array made. Ranges stop at 10,000,000 besides. (U1005)
    package var arrayElements = 10_000_000
    /// Bytes of UTF-8 of any one string made. (U1004)
    package var stringBytes = 16 << 20
    /// Levels of arrays and objects made around input values. (U1006)
    package var valueDepth = 256
    /// Bytes of all strings, arrays and objects made together, live or not. (U1003)
    package var totalBytes = 512 << 20

    package init() {}

    package static let `default` = JSONataLimits()

    /// Elements of the longest range that the reference implementation makes. (D2014)
    static let rangeElements = 10_000_000.0
}
