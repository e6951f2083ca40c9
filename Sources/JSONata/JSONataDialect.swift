/// Which functions an expression may call.
package enum JSONataDialect: Sendable, Hashable {
    /// Those of the reference implementation.
    case standard
    /// Those of AWS Step Functions: without `$eval`, and with `$partition`, `$range`, `$hash`, `$random(seed)`, `$uuid`
    /// and `$parse` (Step Functions developer guide, "Transforming data with JSONata").
    case statesLanguage
}
