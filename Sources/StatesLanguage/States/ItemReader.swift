import JSON

/// Where a distributed Map reads its items from.
package struct ItemReader: Sendable {
    package enum InputType: String, Sendable {
        case csv = "CSV", json = "JSON", jsonLines = "JSONL", manifest = "MANIFEST"
    }
    package enum Header: Sendable, Hashable { case firstRow, given([String]) }

    package let integration: ServiceIntegration
    package let arguments: StateTemplate?
    package let inputType: InputType
    package let header: Header
    package let delimiter: UInt8
    package let maximumItems: NumberSource?
    /// JSON: where in the object the items stand.
    package let itemsPointer: String?

    static func read(_ fields: FieldReader) -> ItemReader? {
        guard fields.has("ItemReader"), let reader = fields.inner(fields.value("ItemReader"), ["ItemReader"]) else {
            return nil
        }
        defer { reader.finish("an ItemReader") }
        let arguments = reader.template(fields.language == .jsonPath ? "Parameters" : "Arguments")
        guard let resource = reader.string("Resource", isRequired: true) else { return nil }
        let parts = resource.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 7, let integration = ServiceIntegration(Array(parts[5...])),
            ["s3:getObject", "s3:listObjectsV2"].contains(integration.name)
        else {
            reader.report("Resource", "must be arn:aws:states:::s3:getObject or arn:aws:states:::s3:listObjectsV2")
            return nil
        }
        var inputType = InputType.json
        var header = Header.firstRow
        var delimiter = UInt8(ascii: ",")
        var maximum: NumberSource?
        var pointer: String?
        if reader.has("ReaderConfig"), let config = reader.inner(reader.value("ReaderConfig"), ["ReaderConfig"]) {
            if let text = config.string("InputType") {
                if let type = InputType(rawValue: text) {
                    inputType = type
                } else {
                    config.report("InputType", "'\(text)' is not supported: CSV, JSON, JSONL and MANIFEST are")
                }
            }
            header = readHeader(config)
            if let text = config.string("CSVDelimiter") {
                let delimiters = ["COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"]
                if let found = delimiters[text]?.utf8.first {
                    delimiter = found
                } else {
                    config.report("CSVDelimiter", "must be one of \(delimiters.keys.sorted().joined(separator: ", "))")
                }
            }
            _ = config.string("ManifestType")
            _ = config.string("Transformation")
            pointer = config.string("ItemsPointer")
            maximum = config.numberSource("MaxItems", in: 0...100_000_000)
            config.finish("a ReaderConfig")
        } else if integration.action == "getObject" {
            reader.reportHere("s3:getObject needs a ReaderConfig with an InputType")
        }
        return ItemReader(
            integration: integration, arguments: arguments, inputType: inputType, header: header, delimiter: delimiter,
            maximumItems: maximum, itemsPointer: pointer)
    }

    private static func readHeader(_ config: FieldReader) -> Header {
        let location = config.string("CSVHeaderLocation")
        let headers = config.value("CSVHeaders")
        switch location {
        case nil, "FIRST_ROW"?: return .firstRow
        case "GIVEN"?:
            let names = headers?.arrayValue?.compactMap(\.stringValue) ?? []
            if names.isEmpty || names.count != headers?.arrayValue?.count {
                config.report("CSVHeaders", "must be a list of names when CSVHeaderLocation is GIVEN")
            }
            return .given(names)
        default:
            config.report("CSVHeaderLocation", "must be FIRST_ROW or GIVEN")
            return .firstRow
        }
    }
}

/// How items of a distributed Map are put together.
package struct ItemBatcher: Sendable {
    package let maximumItems: NumberSource?
    package let maximumBytes: NumberSource?
    package let batchInput: StateTemplate?

    static func read(_ fields: FieldReader) -> ItemBatcher? {
        guard fields.has("ItemBatcher"), let batcher = fields.inner(fields.value("ItemBatcher"), ["ItemBatcher"]) else {
            return nil
        }
        let items = batcher.numberSource("MaxItemsPerBatch", in: 1...100_000_000)
        let bytes = batcher.numberSource("MaxInputBytesPerBatch", in: 1...262_144)
        if items == nil, bytes == nil {
            batcher.reportHere("an ItemBatcher has MaxItemsPerBatch, MaxInputBytesPerBatch or both")
        }
        let input = batcher.template("BatchInput")
        batcher.finish("an ItemBatcher")
        return ItemBatcher(maximumItems: items, maximumBytes: bytes, batchInput: input)
    }
}

/// Where a distributed Map writes what its child executions gave.
package struct ResultWriter: Sendable {
    package let arguments: StateTemplate?

    static func read(_ fields: FieldReader) -> ResultWriter? {
        guard fields.has("ResultWriter"), let writer = fields.inner(fields.value("ResultWriter"), ["ResultWriter"])
        else { return nil }
        let arguments = writer.template(fields.language == .jsonPath ? "Parameters" : "Arguments")
        let resource = writer.string("Resource")
        if let resource, !resource.hasSuffix(":states:::s3:putObject") {
            writer.report("Resource", "must be arn:aws:states:::s3:putObject")
        }
        _ = writer.value("WriterConfig")
        writer.finish("a ResultWriter")
        return resource == nil ? nil : ResultWriter(arguments: arguments)
    }
}
