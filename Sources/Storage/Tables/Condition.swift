/// What must hold of the item a write replaces, at the moment of the write; evaluated as DynamoDB evaluates it.
///
/// Attributes are the item's own, by name; paths into maps and lists are not supported. An item that isn't there has no
/// attributes.
public indirect enum Condition: Sendable, Hashable {
    case attributeExists(String)
    case attributeNotExists(String)
    /// False when the attribute is absent or has another type.
    case equals(String, AttributeValue)
    /// The opposite of ``equals(_:_:)``: true when the attribute is absent.
    case notEquals(String, AttributeValue)
    /// Orders strings by UTF-8 bytes, numbers by value, binary by bytes; false for other and for unequal types.
    case lessThan(String, AttributeValue)
    case lessOrEqual(String, AttributeValue)
    case greaterThan(String, AttributeValue)
    case greaterOrEqual(String, AttributeValue)
    /// All of them; true of none.
    case and([Condition])
    /// One of them at least; false of none.
    case or([Condition])
    case not(Condition)
}
