/// The chain of calls that an event stands in, as the trace header `X-Amzn-Trace-Id` carries it: how often each function
/// was called in it (`Lineage=HASH:COUNT|HASH:COUNT`).
///
/// Lambda stops a function that calls itself by way of a queue, topic or bucket after about 16 calls of one chain
/// ("Use Lambda recursive loop detection"). AWS's SDKs take the header from `_X_AMZN_TRACE_ID` and send it with each request.
package struct Lineage: Sendable, Hashable {
    /// Calls of one function in one chain; the next is stopped.
    package static let limit = 16
    /// Functions that one chain is remembered of; more are left out.
    static let entryLimit = 32

    private struct Entry: Sendable, Hashable {
        var hash: String
        var count: Int
    }

    private var entries: [Entry] = []
    /// What else the header says: `Root`, `Parent`, `Sampled`.
    private var rest: [String] = []

    /// - Parameter header: A trace header; of what is none, nothing is taken.
    package init(header: String?) {
        for field in (header ?? "").split(separator: ";") {
            guard field.hasPrefix("Lineage=") else {
                rest.append(String(field))
                continue
            }
            // The SDKs escape the bar.
            let list = field.dropFirst("Lineage=".count).replacing("%7C", with: "|")
            for entry in list.split(separator: "|").prefix(Lineage.entryLimit) {
                let parts = entry.split(separator: ":")
                // Newer headers have a counter of all calls first.
                guard let count = parts.last.flatMap({ Int($0) }), count >= 0, parts.count >= 2 else { continue }
                entries.append(Entry(hash: String(parts[parts.count - 2]), count: min(count, 32_767)))
            }
        }
    }

    /// How often the function of this ARN was called in the chain.
    package func count(of arn: String) -> Int {
        let hash = Lineage.hash(arn)
        return entries.first { $0.hash == hash }?.count ?? 0
    }

    /// Whether one more call of the function of this ARN would make a loop of the chain.
    package func isLoop(through arn: String) -> Bool { count(of: arn) >= Lineage.limit }

    /// Whether the header says where the trace began.
    package var hasRoot: Bool { rest.contains { $0.hasPrefix("Root=") } }

    /// The chain with one more call of the function of this ARN.
    package func adding(_ arn: String) -> Lineage {
        let hash = Lineage.hash(arn)
        var lineage = self
        if let index = entries.firstIndex(where: { $0.hash == hash }) {
            lineage.entries[index].count += 1
        } else if entries.count < Lineage.entryLimit {
            lineage.entries.append(Entry(hash: hash, count: 1))
        }
        return lineage
    }

    /// The header that carries the chain on; nil when there is nothing to say.
    package var header: String? {
        var fields = rest
        if !entries.isEmpty {
            fields.append("Lineage=" + entries.map { "\($0.hash):\($0.count)" }.joined(separator: "|"))
        }
        return fields.isEmpty ? nil : fields.joined(separator: ";")
    }

    /// FNV-1a of 32 bits, as 8 hexadecimal digits.
    private static func hash(_ arn: String) -> String {
        let digest = arn.utf8.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        let digits = String(digest, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
