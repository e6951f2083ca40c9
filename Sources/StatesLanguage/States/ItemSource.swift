import JSON

/// Makes items of what a distributed Map has read: a list of objects, or an object's text as JSON, lines or CSV.
struct ItemSource {
    struct Read {
        var items: [JSONValue] = []
        /// Objects to be read in turn, as parameters of the reader.
        var files: [JSONValue] = []
    }

    let reader: ItemReader
    var maximumCount: Int?

    init(reader: ItemReader) { self.reader = reader }

    /// - Throws: ``StateError`` `States.ItemReaderFailed`.
    func read(_ text: String, _ parameters: JSONValue, isManifestFile: Bool) throws(StateError) -> Read {
        if reader.integration.action == "listObjectsV2" {
            guard let list = try? JSONValue(parsing: text) else { throw failure("The list of objects is no JSON.") }
            return Read(items: list["Contents"]?.arrayValue ?? list.arrayValue ?? [])
        }
        switch reader.inputType {
        case .json: return Read(items: try json(text))
        case .jsonLines: return Read(items: try lines(text))
        case .csv: return Read(items: try csv(text, reader.header))
        case .manifest:
            if isManifestFile {
                let names = parameters["FileSchema"]?.arrayValue?.compactMap(\.stringValue)
                return Read(items: try csv(text, names.map { .given($0) } ?? reader.header))
            }
            return try manifest(text, parameters)
        }
    }

    private func failure(_ cause: String) -> StateError { StateError(StateError.readerName, cause: cause) }

    private func json(_ text: String) throws(StateError) -> [JSONValue] {
        guard var value = try? JSONValue(parsing: text) else {
            throw failure("Attempting to map over non-iterable node: the object is no JSON.")
        }
        if let pointer = reader.itemsPointer {
            for part in pointer.split(separator: "/") {
                let name = part.replacing("~1", with: "/").replacing("~0", with: "~")
                guard let next = value[String(name)] ?? Int(name).flatMap({ value[$0] as JSONValue? }) else {
                    throw failure("The ItemsPointer '\(pointer)' leads nowhere in the object.")
                }
                value = next
            }
        }
        guard let items = MapState.elements(of: value, isDistributed: true) else {
            throw failure("Attempting to map over non-iterable node.")
        }
        return items
    }

    private func lines(_ text: String) throws(StateError) -> [JSONValue] {
        var items: [JSONValue] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy(\.isWhitespace) { continue }
            guard let item = try? JSONValue(parsing: String(line)) else {
                throw failure("Line \(number + 1) of the object is no JSON.")
            }
            items.append(item)
            if let maximumCount, items.count >= maximumCount { break }
        }
        return items
    }

    private func csv(_ text: String, _ header: ItemReader.Header) throws(StateError) -> [JSONValue] {
        var records = DelimitedText(text, delimiter: reader.delimiter)
        var names: [String]
        switch header {
        case .given(let given): names = given
        case .firstRow: names = records.next() ?? []
        }
        guard Set(names).count == names.count else { throw failure("CSV headers cannot contain duplicates.") }
        var items: [JSONValue] = []
        while let record = records.next() {
            if record.count == 1, record[0].isEmpty { continue }
            var object = JSONObject()
            for (index, name) in names.enumerated() {
                object[name] = .string(index < record.count ? record[index] : "")
            }
            items.append(.object(object))
            if let maximumCount, items.count >= maximumCount { break }
        }
        return items
    }

    /// An S3 inventory: files of CSV whose columns the manifest names.
    private func manifest(_ text: String, _ parameters: JSONValue) throws(StateError) -> Read {
        guard let manifest = try? JSONValue(parsing: text), let files = manifest["files"]?.arrayValue else {
            throw failure("The manifest has no list of files.")
        }
        var bucket = parameters["Bucket"]
        if let arn = manifest["destinationBucket"]?.stringValue, let name = arn.split(separator: ":").last {
            bucket = .string(String(name))
        }
        // The files of an inventory have no line of names.
        let names = manifest["fileSchema"]?.stringValue.map { schema in
            JSONValue.array(
                schema.split(separator: ",").map { .string(String($0.drop { $0 == " " })) })
        }
        return Read(
            files: files.compactMap { file in
                file["key"].map { key in
                    var parameters: JSONObject = ["Bucket": bucket ?? .null, "Key": key]
                    parameters["FileSchema"] = names
                    return .object(parameters)
                }
            })
    }
}

/// Records of delimited text (RFC 4180), one after the other.
struct DelimitedText {
    private let bytes: [UInt8]
    private let delimiter: UInt8
    private var offset = 0

    init(_ text: String, delimiter: UInt8) {
        bytes = Array(text.utf8)
        self.delimiter = delimiter
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    }

    /// The fields of the next record, or nil at the end.
    mutating func next() -> [String]? {
        guard offset < bytes.count else { return nil }
        var fields: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if isQuoted {
                if byte != UInt8(ascii: "\"") {
                    field.append(byte)
                } else if offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") {
                    field.append(byte)
                    offset += 1
                } else {
                    isQuoted = false
                }
            } else if byte == UInt8(ascii: "\""), field.isEmpty {
                isQuoted = true
            } else if byte == delimiter {
                fields.append(String(decoding: field, as: UTF8.self))
                field = []
            } else if byte == 0x0A {
                if field.last == 0x0D { field.removeLast() }
                break
            } else {
                field.append(byte)
            }
        }
        fields.append(String(decoding: field, as: UTF8.self))
        return fields
    }
}
