import JSON

/// An inline Map state: runs its processor once for each item; the result is the array of the outputs.
package struct MapState: Sendable {
    package enum Concurrency: Sendable, Hashable {
        /// 0 for no limit but the engine's own.
        case fixed(Int)
        case path(JSONPath)
    }

    package let processor: StateGroup
    package let itemsPath: JSONPath?
    package let itemSelector: PayloadTemplate?
    package let maximumConcurrency: Concurrency
    package let resultSelector: PayloadTemplate?
    package let resultPath: PathChoice

    /// Iterations that run at once when the definition sets no limit (Step Functions: 40).
    static let concurrencyLimit = 40

    static func read(_ fields: FieldReader) -> MapState? {
        let distributed = [
            "ItemReader", "ItemBatcher", "ResultWriter", "ToleratedFailurePercentage", "ToleratedFailurePercentagePath",
            "ToleratedFailureCount", "ToleratedFailureCountPath", "Label",
        ]
        fields.refuse(distributed, because: "the distributed Map comes later")
        fields.refuse(["Items"], because: "it belongs to JSONata, which comes later")
        let itemsPath = fields.path("ItemsPath")
        if fields.has("ItemSelector"), fields.has("Parameters") {
            fields.reportHere("a Map has either ItemSelector or Parameters, not both")
        }
        let selector = fields.template("ItemSelector") ?? fields.template("Parameters")
        let limit = fields.integer("MaxConcurrency", in: 0...Int.max)
        let limitPath = fields.path("MaxConcurrencyPath")
        if limit != nil, limitPath != nil {
            fields.reportHere("a state has either MaxConcurrency or MaxConcurrencyPath, not both")
        }
        let resultSelector = fields.template("ResultSelector")
        let resultPath = fields.optionalPath("ResultPath", isReference: true)
        if fields.has("ItemProcessor"), fields.has("Iterator") {
            fields.reportHere("a Map has either ItemProcessor or Iterator, not both")
        }
        let name = fields.object["ItemProcessor"] != nil ? "ItemProcessor" : "Iterator"
        guard fields.has(name) else {
            fields.reportHere("the field ItemProcessor is missing")
            return nil
        }
        guard let inner = FieldReader(fields.value(name), at: fields.path + [name], reader: fields.reader) else {
            return nil
        }
        if let config = inner.value("ProcessorConfig"), let mode = config["Mode"]?.stringValue, mode != "INLINE" {
            inner.report("ProcessorConfig", "has Mode \(mode), and the distributed Map is not supported")
        }
        let group = StateGroup.read(inner)
        inner.finish("a Map's processor")
        guard let group else { return nil }
        return MapState(
            processor: group, itemsPath: itemsPath, itemSelector: selector,
            maximumConcurrency: limitPath.map { .path($0) } ?? .fixed(limit ?? 0), resultSelector: resultSelector,
            resultPath: resultPath)
    }
}
