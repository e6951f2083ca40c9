package import Storage
package import Template

extension TableSchema {
    /// The schema of a template's table.
    package init(_ table: Application.Table) {
        var types: [String: KeyType] = [:]
        for key in [table.key] + table.indexes.map(\.key) {
            for attribute in [key.partition, key.sort].compactMap({ $0 }) {
                types[attribute.name] = KeyType(rawValue: attribute.kind.rawValue)
            }
        }
        self.init(
            name: table.name, partitionKey: table.key.partition.name, sortKey: table.key.sort?.name,
            indexes: table.indexes.map {
                IndexSchema(name: $0.name, partitionKey: $0.key.partition.name, sortKey: $0.key.sort?.name)
            }, keyTypes: types.filter { $0.value != .string })
    }
}
