import JSON

extension Builtin {
    static let encoding: [Builtin] = [
        Builtin("base64encode", "<s-:s>", arity: 1) { (call) throws(JSONataError) in
            guard let text = call.string(0) else { return .undefined }
            // The reference implementation keeps the low byte of each UTF-16 unit; Step Functions encodes UTF-8.
            let bytes =
                call.evaluator.dialect == .standard
                ? text.utf16.map { UInt8(truncatingIfNeeded: $0) } : Array(text.utf8)
            return try call.evaluator.makeString(Base64.encode(bytes))
        },
        Builtin("base64decode", "<s-:s>", arity: 1) { (call) throws(JSONataError) in
            guard let text = call.string(0) else { return .undefined }
            let bytes = Base64.decode(text)
            guard call.evaluator.dialect == .standard else {
                return try call.evaluator.makeString(String(decoding: bytes, as: UTF8.self))
            }
            return try call.evaluator.makeString(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })))
        },
        Builtin("encodeUrlComponent", "<s-:s>", arity: 1) { (call) throws(JSONataError) in
            try encode(call, URLText.component, "encodeUrlComponent")
        },
        Builtin("encodeUrl", "<s-:s>", arity: 1) { (call) throws(JSONataError) in
            try encode(call, URLText.whole, "encodeUrl")
        },
        Builtin("decodeUrlComponent", "<s-:s>", arity: 1) { (call) throws(JSONataError) in
            try decode(call, reserved: [], "decodeUrlComponent")
        },
        Builtin("decodeUrl", "<s-:s>", arity: 1) { (call) throws(JSONataError) in
            try decode(call, reserved: URLText.reserved, "decodeUrl")
        },
    ]

    private static func encode(_ call: Call, _ kept: Set<UInt8>, _ name: String) throws(JSONataError) -> Value {
        guard let text = call.string(0) else { return .undefined }
        if text.unicodeScalars.contains(where: LoneSurrogates.isOne) {
            throw JSONataError("D3140", token: name, value: .string(text))
        }
        return try call.evaluator.makeString(URLText.encode(text, keeping: kept))
    }

    private static func decode(_ call: Call, reserved: Set<UInt8>, _ name: String) throws(JSONataError) -> Value {
        guard let text = call.string(0) else { return .undefined }
        guard let decoded = URLText.decode(text, keeping: reserved) else {
            throw JSONataError("D3140", token: name, value: .string(text))
        }
        return try call.evaluator.makeString(decoded)
    }
}

/// Percent-encoding as ECMAScript's `encodeURI` and its kin have it.
enum URLText {
    static let component = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()".utf8)
    static let reserved = Set(";/?:@&=+$,#".utf8)
    static let whole = component.union(reserved)
    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    static func encode(_ text: String, keeping kept: Set<UInt8>) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            if kept.contains(byte) {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The text decoded, save escapes of the bytes in `kept`; nil if an escape is broken or not UTF-8.
    static func decode(_ text: String, keeping kept: Set<UInt8>) -> String? {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.count, let high = digit(bytes[index + 1]), let low = digit(bytes[index + 2]) else {
                return nil
            }
            let byte = high << 4 | low
            if kept.contains(byte) { result += bytes[index...index + 2] } else { result.append(byte) }
            index += 3
        }
        return String(validating: result, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}

/// Base64 (RFC 4648, section 4). Decoding takes the URL-safe letters, too, and skips all others, as Node.js does.
enum Base64 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var group = UInt32(bytes[index]) << 16
            if count > 1 { group |= UInt32(bytes[index + 1]) << 8 }
            if count > 2 { group |= UInt32(bytes[index + 2]) }
            for place in 0..<4 {
                result.append(place <= count ? letters[Int(group >> (18 - 6 * UInt32(place)) & 63)] : UInt8(ascii: "="))
            }
            index += 3
        }
        return String(decoding: result, as: UTF8.self)
    }

    static func decode(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        var (group, bits): (UInt32, UInt32) = (0, 0)
        for byte in text.utf8 {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte + 4
            case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
            case UInt8(ascii: "="): return result
            default: continue
            }
            group = (group << 6 | UInt32(value)) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(truncatingIfNeeded: group >> bits))
            }
        }
        return result
    }
}
