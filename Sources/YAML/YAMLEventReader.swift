import CYAML

/// One event of a YAML stream with what the composer needs of it.
struct YAMLEvent {
    enum Kind {
        case streamStart, streamEnd, documentStart, documentEnd
        case alias(String)
        case scalar(YAMLScalar)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }

    let kind: Kind
    let anchor: String?
    let tag: String?
    let position: YAMLPosition
}

/// libyaml's event parser over bytes in memory.
@safe struct YAMLEventReader: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>
    private let file: String
    private let isInitialized: Bool

    init(_ bytes: [UInt8], file: String) {
        self.file = file
        // SAFETY: both blocks belong to this value alone, are freed in deinit, and the parser, which keeps a pointer
        // to the input, is deleted before the input is freed.
        unsafe parser = .allocate(capacity: 1)
        unsafe input = .allocate(capacity: bytes.count + 1)
        _ = unsafe input.initialize(from: bytes + [0])
        isInitialized = unsafe yaml_parser_initialize(parser) == 1
        if isInitialized { unsafe yaml_parser_set_input_string(parser, input.baseAddress, bytes.count) }
    }

    deinit {
        // SAFETY: see init; this is the only owner.
        if isInitialized { unsafe yaml_parser_delete(parser) }
        unsafe parser.deallocate()
        unsafe input.deallocate()
    }

    mutating func next() throws(YAMLError) -> YAMLEvent {
        guard isInitialized else { throw failure(.outOfMemory, line: 0, column: 0, "no memory for the YAML parser") }
        var event = unsafe yaml_event_t()
        // SAFETY: the parser was initialised; the event is filled by the call and deleted on every path after it.
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw parserFailure() }
        defer { unsafe yaml_event_delete(&event) }
        let position = unsafe YAMLPosition(
            line: Int(clamping: event.start_mark.line) + 1, column: Int(clamping: event.start_mark.column) + 1)
        // SAFETY: which member of the union is valid follows from the event's type.
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: return make(.streamStart, at: position)
        case YAML_STREAM_END_EVENT: return make(.streamEnd, at: position)
        case YAML_DOCUMENT_START_EVENT: return make(.documentStart, at: position)
        case YAML_DOCUMENT_END_EVENT: return make(.documentEnd, at: position)
        case YAML_SEQUENCE_END_EVENT: return make(.sequenceEnd, at: position)
        case YAML_MAPPING_END_EVENT: return make(.mappingEnd, at: position)
        case YAML_ALIAS_EVENT:
            return unsafe make(.alias(text(event.data.alias.anchor) ?? ""), at: position)
        case YAML_SCALAR_EVENT:
            let data = unsafe event.data.scalar
            let content = unsafe String(
                decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
            return unsafe YAMLEvent(
                kind: .scalar(YAMLScalar(text: content, style: YAMLScalar.Style(data.style))),
                anchor: text(data.anchor), tag: text(data.tag), position: position)
        case YAML_SEQUENCE_START_EVENT:
            let data = unsafe event.data.sequence_start
            return unsafe YAMLEvent(
                kind: .sequenceStart, anchor: text(data.anchor), tag: text(data.tag), position: position)
        case YAML_MAPPING_START_EVENT:
            let data = unsafe event.data.mapping_start
            return unsafe YAMLEvent(
                kind: .mappingStart, anchor: text(data.anchor), tag: text(data.tag), position: position)
        default:
            // After the end of the stream libyaml gives events without a type.
            return make(.streamEnd, at: position)
        }
    }

    private func make(_ kind: YAMLEvent.Kind, at position: YAMLPosition) -> YAMLEvent {
        YAMLEvent(kind: kind, anchor: nil, tag: nil, position: position)
    }

    private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        // SAFETY: libyaml ends its strings with a zero byte, and the event that owns this one still lives.
        guard let pointer = unsafe pointer else { return nil }
        return unsafe String(cString: pointer)
    }

    /// libyaml's own words, with what it was reading at the time.
    private func parserFailure() -> YAMLError {
        // SAFETY: problem and context are static strings of libyaml.
        let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "unreadable text"
        let context = unsafe parser.pointee.context.map { unsafe String(cString: $0) }
        let detail = context.map { "\(problem) (\($0))" } ?? problem
        switch unsafe parser.pointee.error {
        case YAML_MEMORY_ERROR:
            return failure(.outOfMemory, line: 0, column: 0, "no memory left for the YAML parser")
        case YAML_READER_ERROR:
            // The reader knows only the offset of the byte; the mark is where the scanner was.
            let offset = unsafe parser.pointee.problem_offset
            let mark = unsafe parser.pointee.mark
            return failure(
                .encoding, line: Int(clamping: mark.line), column: Int(clamping: mark.column),
                "\(problem) (byte \(offset))")
        default:
            let mark = unsafe parser.pointee.problem_mark
            return failure(
                .syntax, line: Int(clamping: mark.line), column: Int(clamping: mark.column), detail)
        }
    }

    private func failure(_ code: YAMLError.Code, line: Int, column: Int, _ detail: String) -> YAMLError {
        YAMLError(code: code, file: file, position: YAMLPosition(line: line + 1, column: column + 1), detail: detail)
    }
}

extension YAMLScalar.Style {
    fileprivate init(_ style: yaml_scalar_style_t) {
        self =
            switch style {
            case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
            case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
            case YAML_LITERAL_SCALAR_STYLE: .literal
            case YAML_FOLDED_SCALAR_STYLE: .folded
            default: .plain
            }
    }
}
