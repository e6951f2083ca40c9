import JSON

/// One JSON object on one line: what `--json` prints.
struct JSONLine {
    let object: JSONObject

    init(_ members: [(String, JSONValue)]) { object = JSONObject(members) }

    var text: String { JSONValue.object(object).text() }
}
