import Digest
import JSON

/// Which part of a list is asked for.
struct PageRequest: Sendable, Hashable {
    /// Entries in a page when the request does not say.
    static let standardCount = 100
    static let maximumCount = 1_000

    /// What the list is of: a token is good for the list that gave it.
    let scope: String
    let count: Int
    /// Where the page before ended.
    let position: String?

    /// Reads `maxResults` and `nextToken`.
    ///
    /// - Throws: ``StatesError``: `ValidationException`; `InvalidToken` for a token that this list never gave.
    init(
        _ parameters: StatesParameters, scope: String, maximumTokenLength: Int = 1_024
    ) throws(StatesError) {
        self.scope = scope
        let count = try parameters.integer("maxResults", 0...PageRequest.maximumCount) ?? 0
        self.count = count == 0 ? PageRequest.standardCount : count
        guard let token = try parameters.optionalString("nextToken", 1...maximumTokenLength) else {
            position = nil
            return
        }
        guard let bytes = Base64.decode(token), let parts = try? JSONValue(parsing: bytes),
            parts[0]?.stringValue == scope, let position = parts[1]?.stringValue
        else { throw .invalidToken }
        self.position = position
    }

    /// The position as a number.
    func number() throws(StatesError) -> Int64? {
        guard let position else { return nil }
        guard let number = Int64(position) else { throw .invalidToken }
        return number
    }

    /// Entries to be read: one more than the page has, which tells whether there is another page.
    var readCount: Int { count + 1 }

    /// Makes the answer from up to ``readCount`` entries, which begin where the page before ended.
    ///
    /// - Parameter position: An entry's place, for the token of the next page.
    func answer<Entry>(
        _ name: String, _ entries: [Entry], position: (Entry) -> String, json: (Entry) -> JSONValue
    ) -> JSONValue {
        let page = entries.prefix(count)
        return answer(
            name, page.map(json), next: entries.count > count ? page.last.map(position) : nil)
    }

    /// Makes the answer from a page's entries.
    ///
    /// - Parameter next: Where the page ends; nil when it is the last.
    func answer(_ name: String, _ entries: [JSONValue], next: String?) -> JSONValue {
        var members: JSONObject = [name: .array(entries)]
        if let next {
            let token: JSONValue = [.string(scope), .string(next)]
            members["nextToken"] = .string(Base64.encode(token.bytes()))
        }
        return .object(members)
    }
}
