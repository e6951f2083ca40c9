import JSON

extension Execution {
    /// What a mock makes of a Map or Parallel state, once its input is processed: nothing below it runs.
    mutating func take(_ mock: StateTest.Mock, _ id: Int) {
        switch mock {
        case .failure(let error): fail(id, error)
        case .result(let result): resultIsThere(id, result)
        }
    }

    mutating func take(
        _ mock: StateTest.Mock, _ map: MapState, _ id: Int, _ data: StateData, items: [JSONValue],
        _ tolerance: Tolerance
    ) throws(StateError) {
        guard let scope = scopes[id] else { return }
        let reader = map.distribution?.reader
        if reader == nil || inspection?.readerData != nil { inspection?.iterationCount = items.count }
        if reader?.itemsPointer != nil { inspection?.note("afterItemsPointer", .array(items)) }
        if map.itemSelector != nil {
            var inputs: [JSONValue] = []
            for (index, item) in items.enumerated() { inputs.append(try selected(map, index, item, scope, id).1) }
            inspection?.note("afterItemSelector", .array(inputs))
        }
        if let batcher = map.distribution?.batcher {
            let inputs = try batches(items, batcher, map, scope, id)
            inspection?.note("afterItemBatcher", .array(inputs))
        }
        // As recorded: without a tolerance of its own, a Map with mocked results is not held against failures.
        if case .result = mock, let failures = inspection?.failedIterationCount,
            tolerance.count != nil || tolerance.percentage != nil, failures <= items.count,
            tolerance.isExceeded(by: failures, of: items.count)
        {
            throw StateError(
                StateError.thresholdName, cause: "The specified tolerated failure threshold was exceeded")
        }
        take(mock, id)
    }

    /// The items that a test gives for what an ItemReader would read; none in an execution.
    func givenItems(_ map: MapState, _ data: StateData) throws(StateError) -> [JSONValue] {
        guard let text = inspection?.readerData, let reader = map.distribution?.reader else { return [] }
        var source = ItemSource(reader: reader)
        source.maximumCount = try maximumItems(reader, data)
        let items = try source.read(text, [:], isManifestFile: false).items
        return source.maximumCount.map { Array(items.prefix($0)) } ?? items
    }
}
