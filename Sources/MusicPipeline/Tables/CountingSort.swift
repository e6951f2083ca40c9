/// Orders values by a small number that each has; values of the same number keep their order.
enum CountingSort {
    /// - Parameters:
    ///   - limit: Numbers are from 0 to below this.
    ///   - number: The number of a value.
    /// - Complexity: O(*n* + `limit`).
    @inline(__always)
    static func sort<Value>(_ values: [Value], below limit: Int, by number: (Value) -> Int) -> [Value] {
        var next = [Int](repeating: 0, count: limit)
        for value in values { next[number(value)] += 1 }
        var start = 0
        for index in next.indices {
            let count = next[index]
            next[index] = start
            start += count
        }
        return unsafe [Value](unsafeUninitializedCapacity: max(1, values.count)) { output, count in
            unsafe next.withUnsafeMutableBufferPointer { next in
                for value in values {
                    // SAFETY: the counts of all numbers add up to the values, so each place is written once.
                    let place = unsafe next[number(value)]
                    unsafe next[number(value)] = place + 1
                    unsafe (output.baseAddress! + place).initialize(to: value)
                }
            }
            count = values.count
        }
    }
}
