/// A function as callers name it: `name`, `name:version`, `account:function:name`, or an ARN.
struct FunctionName: Hashable {
    var name: String
    /// A version or alias; nil when the caller gave none.
    var qualifier: String?

    /// Nil when the text has none of these forms.
    init?(_ text: String) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if text.hasPrefix("arn:") {
            guard parts.count == 7 || parts.count == 8, parts[2] == "lambda", parts[5] == "function" else { return nil }
            parts.removeFirst(6)
        } else if parts.count >= 3 {
            guard parts.count <= 4, parts[1] == "function" else { return nil }
            parts.removeFirst(2)
        }
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        name = parts[0]
        qualifier = parts.count == 2 ? parts[1] : nil
    }
}
