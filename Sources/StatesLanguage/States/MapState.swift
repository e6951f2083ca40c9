import JSON

/// A Map state: runs its processor once for each item; the result is the array of the outputs.
package struct MapState: Sendable {
    package let processor: StateGroup
    let language: QueryLanguage
    /// Nil for an inline Map, whose iterations are part of the execution.
    package let distribution: Distribution?
    /// JSONPath.
    package let itemsPath: PathExpression?
    /// JSONata: an array, or an expression that gives one.
    package let items: JSONataTemplate?
    package let itemSelector: StateTemplate?
    package let maximumConcurrency: NumberSource?
    package let toleratedFailurePercentage: NumberSource?
    package let toleratedFailureCount: NumberSource?
    package let resultSelector: PayloadTemplate?
    package let resultPath: PathChoice

    /// What a distributed Map has besides: each item, or batch of items, is an execution of its own.
    package struct Distribution: Sendable {
        package enum ExecutionType: String, Sendable { case standard = "STANDARD", express = "EXPRESS" }
        package let executionType: ExecutionType
        package let label: String?
        package let reader: ItemReader?
        package let batcher: ItemBatcher?
        package let writer: ResultWriter?
    }

    /// Iterations that run at once when the definition sets no limit (Step Functions: 40).
    static let concurrencyLimit = 40
    /// Distributed Maps in one another: a child execution is run on its parent's stack.
    static let maximumDistributedDepth = 6
    /// Child executions that run at once; Step Functions has 10,000, which no laptop needs.
    static let distributedConcurrencyLimit = 1_000

    /// Reads what stands before the processor.
    static func begin(_ fields: FieldReader) -> InnerGroups {
        let isJSONPath = fields.language == .jsonPath
        var itemsPath: PathExpression?
        var givenItems: JSONataTemplate?
        if isJSONPath {
            itemsPath = fields.expression("ItemsPath")
        } else if let value = fields.value("Items") {
            let template = fields.jsonataTemplate(value, ["Items"])
            if case .constant(let constant) = template, constant.arrayValue == nil, constant.objectValue == nil {
                fields.report("Items", "must be an array or an expression that gives one")
            }
            givenItems = template
        }
        if fields.has("ItemSelector"), fields.has("Parameters") {
            fields.reportHere("a Map has either ItemSelector or Parameters, not both")
        }
        let selector = fields.template("ItemSelector") ?? (isJSONPath ? fields.template("Parameters") : nil)
        let concurrency = fields.numberSource("MaxConcurrency", in: 0...Double.greatestFiniteMagnitude)
        let percentage = fields.numberSource("ToleratedFailurePercentage", in: 0...100, isWhole: false)
        let count = fields.numberSource("ToleratedFailureCount", in: 0...Double.greatestFiniteMagnitude)
        let resultSelector = isJSONPath ? fields.payloadTemplate("ResultSelector") : nil
        let resultPath = isJSONPath ? fields.optionalPath("ResultPath", isReference: true) : .whole
        if fields.has("ItemProcessor"), fields.has("Iterator") {
            fields.reportHere("a Map has either ItemProcessor or Iterator, not both")
        }
        let name = fields.object["ItemProcessor"] != nil ? "ItemProcessor" : "Iterator"
        guard fields.has(name) else {
            fields.require("ItemProcessor")
            return InnerGroups(nil)
        }
        guard let inner = fields.inner(fields.value(name), [name], groupName: "a Map's processor") else {
            return InnerGroups(nil)
        }
        let (isDistributed, executionType) = mode(inner)
        return InnerGroups(count: 1) { _ in
            inner
        } kind: { groups in
            let distribution = distribution(fields, executionType)
            if !isDistributed {
                for field in ["ItemReader", "ItemBatcher", "ResultWriter", "Label"] where fields.object[field] != nil {
                    fields.report(field, "belongs to a Map whose processor has the mode DISTRIBUTED")
                }
            }
            guard let group = groups.first ?? nil else { return nil }
            return .map(
                MapState(
                    processor: group, language: fields.language, distribution: isDistributed ? distribution : nil,
                    itemsPath: itemsPath, items: givenItems,
                    itemSelector: selector, maximumConcurrency: concurrency, toleratedFailurePercentage: percentage,
                    toleratedFailureCount: count, resultSelector: resultSelector, resultPath: resultPath))
        }
    }

    private static func mode(_ fields: FieldReader) -> (isDistributed: Bool, Distribution.ExecutionType) {
        guard let value = fields.value("ProcessorConfig") else { return (false, .standard) }
        guard let config = fields.inner(value, ["ProcessorConfig"]) else { return (false, .standard) }
        let mode = config.string("Mode")
        if let mode, mode != "INLINE", mode != "DISTRIBUTED" { config.report("Mode", "must be INLINE or DISTRIBUTED") }
        let type = config.string("ExecutionType")
        if let type, Distribution.ExecutionType(rawValue: type) == nil {
            config.report("ExecutionType", "must be STANDARD or EXPRESS")
        }
        config.finish("ProcessorConfig")
        return (mode == "DISTRIBUTED", type.flatMap { Distribution.ExecutionType(rawValue: $0) } ?? .standard)
    }

    private static func distribution(_ fields: FieldReader, _ type: Distribution.ExecutionType) -> Distribution {
        let label = fields.string("Label")
        if let label, label.count > 40 || label.contains(where: { " ?*<>{}[]:;,\\|^~$#%&`\"".contains($0) }) {
            fields.report("Label", "has at most 40 characters, without blanks, brackets and punctuation")
        }
        return Distribution(
            executionType: type, label: label, reader: ItemReader.read(fields), batcher: ItemBatcher.read(fields),
            writer: ResultWriter.read(fields))
    }
}
