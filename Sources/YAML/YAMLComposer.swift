/// Builds the tree of nodes from events, with aliases resolved and all limits kept.
struct YAMLComposer: ~Copyable {
    private struct Anchored {
        let node: YAMLNode
        /// Nodes in it with aliases resolved, itself among them.
        let nodeCount: Int
        /// Levels of collections in it, itself among them; 0 for a scalar.
        let height: Int
    }

    private var events: YAMLEventReader
    private let file: String
    private let limits: YAMLDocument.Limits
    private var anchors: [String: Anchored] = [:]
    /// Anchors whose node is still being read.
    private var openAnchors: Set<String> = []
    private var nodeCount = 0

    init(events: consuming YAMLEventReader, file: String, limits: YAMLDocument.Limits) {
        self.events = events
        self.file = file
        self.limits = limits
    }

    mutating func composeDocument() throws(YAMLError) -> YAMLNode {
        _ = try events.next()
        let start = try events.next()
        guard case .documentStart = start.kind else {
            throw error(.empty, at: start.position, "the file holds no YAML document")
        }
        let root = try compose(try events.next(), depth: 0).node
        _ = try events.next()
        let end = try events.next()
        guard case .streamEnd = end.kind else {
            throw error(
                .severalDocuments, at: end.position, "a second document begins here; only files with one are read")
        }
        return root
    }

    private mutating func compose(_ event: YAMLEvent, depth: Int) throws(YAMLError) -> Anchored {
        if case .alias(let name) = event.kind { return try resolve(alias: name, at: event.position, depth: depth) }
        let countBefore = nodeCount
        try count(1, at: event.position)
        if let anchor = event.anchor { openAnchors.insert(anchor) }
        var height = 0
        let content: YAMLNode.Content
        switch event.kind {
        case .scalar(let scalar): content = .scalar(scalar)
        case .sequenceStart:
            try checkDepth(depth + 1, at: event.position)
            content = .sequence(try composeSequence(depth: depth + 1, height: &height))
        case .mappingStart:
            try checkDepth(depth + 1, at: event.position)
            content = .mapping(try composeMapping(depth: depth + 1, height: &height))
        default:
            throw error(.syntax, at: event.position, "a value was expected here")
        }
        let node = YAMLNode(content: content, tag: event.tag, position: event.position)
        let anchored = Anchored(node: node, nodeCount: nodeCount - countBefore, height: height)
        if let anchor = event.anchor {
            openAnchors.remove(anchor)
            anchors[anchor] = anchored
        }
        return anchored
    }

    private mutating func composeSequence(depth: Int, height: inout Int) throws(YAMLError) -> [YAMLNode] {
        var nodes: [YAMLNode] = []
        height = 1
        while true {
            let event = try events.next()
            if case .sequenceEnd = event.kind { return nodes }
            let element = try compose(event, depth: depth)
            height = max(height, element.height + 1)
            nodes.append(element.node)
        }
    }

    private mutating func composeMapping(depth: Int, height: inout Int) throws(YAMLError) -> [YAMLEntry] {
        var entries: [YAMLEntry] = []
        var seen: [String: YAMLPosition] = [:]
        height = 1
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind { return entries }
            let keyNode = try compose(event, depth: depth).node
            let key = try self.key(keyNode, at: event.position)
            if let first = seen[key] {
                throw error(
                    .duplicateKey, at: event.position,
                    "the key \"\(key)\" is here a second time; the first is in line \(first.line)")
            }
            seen[key] = event.position
            let value = try compose(try events.next(), depth: depth)
            height = max(height, value.height + 1)
            entries.append(YAMLEntry(key: key, keyPosition: event.position, value: value.node))
        }
    }

    private func key(_ node: YAMLNode, at position: YAMLPosition) throws(YAMLError) -> String {
        guard let scalar = node.scalar, node.tag == nil || node.tag?.hasPrefix("tag:yaml.org,2002:") == true else {
            throw error(.unusableKey, at: position, "a key must be a text; this one is a \(node.tag ?? node.kindName)")
        }
        if scalar.style == .plain, scalar.text == "<<" {
            throw error(.mergeKey, at: position, "merge keys (<<) are not supported; write the entries out")
        }
        guard scalar.resolved(tag: node.tag) != .null else {
            throw error(.unusableKey, at: position, "a key must be a text; this one is null")
        }
        return scalar.text
    }

    private mutating func resolve(alias name: String, at position: YAMLPosition, depth: Int) throws(YAMLError)
        -> Anchored
    {
        if openAnchors.contains(name) {
            throw error(.recursiveAlias, at: position, "*\(name) stands within its own anchor &\(name)")
        }
        guard let anchored = anchors[name] else {
            throw error(.unknownAlias, at: position, "there is no anchor &\(name) before *\(name)")
        }
        try count(anchored.nodeCount, at: position)
        try checkDepth(depth + anchored.height, at: position)
        return anchored
    }

    private mutating func count(_ nodes: Int, at position: YAMLPosition) throws(YAMLError) {
        nodeCount += nodes
        guard nodeCount <= limits.nodeCount else {
            throw error(
                .tooManyNodes, at: position, "the document has more than \(limits.nodeCount) values, aliases resolved")
        }
    }

    private func checkDepth(_ depth: Int, at position: YAMLPosition) throws(YAMLError) {
        guard depth <= limits.depth else {
            throw error(.tooDeep, at: position, "more than \(limits.depth) lists and mappings within one another")
        }
    }

    private func error(_ code: YAMLError.Code, at position: YAMLPosition, _ detail: String) -> YAMLError {
        YAMLError(code: code, file: file, position: position, detail: detail)
    }
}
