extension Builtin {
    /// Functions of text. Lengths and places count characters as Unicode scalars.
    static let strings: [Builtin] = [
        Builtin("string", "<x-b?:s>", arity: 1) { (call) throws(JSONataError) in
            var isPretty = false
            if case .bool(true) = call[1] { isPretty = true }
            guard let text = try call.evaluator.text(of: call[0], isPretty: isPretty) else { return .undefined }
            return try call.evaluator.makeString(text)
        },
        Builtin("length", "<s-:n>", arity: 1) { (call) throws(JSONataError) in
            call.string(0).map { .number(Double($0.unicodeScalars.count)) } ?? .undefined
        },
        Builtin("substring", "<s-nn?:s>", arity: 3, substring),
        Builtin("substringBefore", "<s-s:s>", arity: 2) { (call) throws(JSONataError) in
            guard let text = call.string(0) else { return .undefined }
            guard let range = text.utf8Range(of: call.string(1) ?? "undefined") else { return .string(text) }
            return .string(String(decoding: Array(text.utf8)[..<range.lowerBound], as: UTF8.self))
        },
        Builtin("substringAfter", "<s-s:s>", arity: 2) { (call) throws(JSONataError) in
            guard let text = call.string(0) else { return .undefined }
            guard let range = text.utf8Range(of: call.string(1) ?? "undefined") else { return .string(text) }
            return .string(String(decoding: Array(text.utf8)[range.upperBound...], as: UTF8.self))
        },
        Builtin("uppercase", "<s-:s>", arity: 1) { (call) throws(JSONataError) in
            guard let text = call.string(0) else { return .undefined }
            return try call.evaluator.makeString(text.uppercased())
        },
        Builtin("lowercase", "<s-:s>", arity: 1) { (call) throws(JSONataError) in
            guard let text = call.string(0) else { return .undefined }
            return try call.evaluator.makeString(text.lowercased())
        },
        Builtin("trim", "<s-:s>", arity: 1) { (call) throws(JSONataError) in
            guard let text = call.string(0) else { return .undefined }
            let words = text.utf8.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
            return .string(words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " "))
        },
        Builtin("pad", "<s-ns?:s>", arity: 3, pad),
        Builtin("join", "<a<s>s?:s>", arity: 2) { (call) throws(JSONataError) in
            guard let array = call.array(0) else { return .undefined }
            let separator = call.string(1) ?? ""
            var count = 0
            var parts: [String] = []
            for index in 0..<array.count {
                let part = array[index].string ?? ""
                count += part.utf8.count + separator.utf8.count
                parts.append(part)
            }
            try call.evaluator.reserve(stringBytes: count)
            return .string(parts.joined(separator: separator))
        },
    ]

    private static let substring: Body = { (call) throws(JSONataError) in
        guard let text = call.string(0) else { return .undefined }
        let scalars = Array(text.unicodeScalars)
        let count = Double(scalars.count)
        var start = call.number(1) ?? 0
        if count + start < 0 { start = 0 }
        var end = count
        if let length = call.number(2) {
            if length <= 0 { return .string("") }
            end = start >= 0 ? start + length : count + start + length
        }
        // As Array.slice: truncated, counted from the end when negative, and kept in bounds.
        func place(_ value: Double) -> Int {
            let whole = value.isNaN ? 0 : value.rounded(.towardZero)
            return Int(min(max(whole < 0 ? whole + count : whole, 0), count))
        }
        let (first, last) = (place(start), place(end))
        guard first < last else { return .string("") }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: scalars[first..<last])
        return .string(String(result))
    }

    private static let pad: Body = { (call) throws(JSONataError) in
        guard let text = call.string(0) else { return .undefined }
        let width = call.number(1) ?? 0
        let pattern = Array((call.string(2).flatMap { $0.isEmpty ? nil : $0 } ?? " ").unicodeScalars)
        let missing = width.magnitude - Double(text.unicodeScalars.count)
        guard missing >= 1 else { return .string(text) }
        let limit = call.evaluator.limits.stringBytes
        let count = missing > Double(limit) ? limit + 1 : Int(missing)
        try call.evaluator.reserve(stringBytes: text.utf8.count + count)
        var padding = String.UnicodeScalarView()
        for index in 0..<count { padding.append(pattern[index % pattern.count]) }
        return try call.evaluator.makeString(width > 0 ? text + String(padding) : String(padding) + text)
    }
}

extension String {
    /// Bytes of the first occurrence of `needle`, compared byte by byte.
    ///
    /// - Complexity: O(*n* + *m*), by Knuth, Morris and Pratt: a hostile needle must not make it quadratic.
    func utf8Range(of needle: String, from start: Int = 0) -> Range<Int>? {
        Array(utf8).firstRange(ofBytes: Array(needle.utf8), from: start)
    }
}

extension Array<UInt8> {
    func firstRange(ofBytes needle: [UInt8], from start: Int = 0) -> Range<Int>? {
        guard !needle.isEmpty else { return start <= count ? start..<start : nil }
        guard needle.count <= count - start else { return nil }
        // fallback[i]: length of the longest proper prefix of needle[...i] that is also its suffix.
        var fallback = [Int](repeating: 0, count: needle.count)
        var length = 0
        for index in needle.indices.dropFirst() {
            while length > 0, needle[index] != needle[length] { length = fallback[length - 1] }
            if needle[index] == needle[length] { length += 1 }
            fallback[index] = length
        }
        length = 0
        for index in start..<count {
            while length > 0, self[index] != needle[length] { length = fallback[length - 1] }
            if self[index] == needle[length] { length += 1 }
            if length == needle.count { return index + 1 - length..<index + 1 }
        }
        return nil
    }
}
