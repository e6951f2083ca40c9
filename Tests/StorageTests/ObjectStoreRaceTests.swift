import Clocks
import Storage
import TestSupport
import Testing

@Suite("ObjectStore contract: several at once")
struct ObjectStoreRaceTests {
    @Test("of many that put a key if it is absent, one does", arguments: ObjectStoreFactory.all)
    func ifAbsent(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        for round in 0..<10 {
            let key = "deep/er/\(round)"
            let winners = await withTaskGroup(of: Int?.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        let code = await objectCode {
                            try await store.put(bytes("\(number)"), as: key, in: first, condition: .ifAbsent)
                        }
                        return code == nil ? number : nil
                    }
                }
                return await group.reduce(into: []) { if let number = $1 { $0.append(number) } }
            }
            #expect(winners.count == 1)
            let text = try await store.text(key, in: first)
            #expect([text] == winners.map { "\($0)" })
        }
    }

    @Test("many that replace a version by its ETag lose no update", arguments: ObjectStoreFactory.all)
    func ifMatch(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        try await store.put(bytes("0"), as: "counter", in: first)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var done = 0
                    while done < 10 {
                        let object = try await store.get("counter", in: first, maximumByteCount: 99)
                        let next = (Int(String(decoding: object.bytes, as: UTF8.self)) ?? 0) + 1
                        let code = await objectCode {
                            try await store.put(
                                bytes("\(next)"), as: "counter", in: first, condition: .ifMatch(object.metadata.eTag))
                        }
                        if code == nil { done += 1 } else { #expect(code == .preconditionFailed) }
                    }
                }
            }
            try await group.waitForAll()
        }
        let text = try await store.text("counter", in: first)
        #expect(text == "80")
    }

    @Test("of many that move one object, one does, and it is never lost", arguments: ObjectStoreFactory.all)
    func moves(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        for round in 0..<10 {
            try await store.put(bytes("\(round)"), as: "in/\(round)", in: first)
            let moved = await withTaskGroup(of: String?.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let target = "out-\(number)/x"
                        let code = await objectCode {
                            try await store.move("in/\(round)", in: first, to: target, in: second, condition: .none)
                        }
                        return code == nil ? target : nil
                    }
                }
                return await group.reduce(into: [String]()) { if let target = $1 { $0.append(target) } }
            }
            let keys = try await store.keys(in: second)
            #expect(moved.count == 1)
            if factory.movesAlone {
                #expect(keys == moved)
            } else {
                #expect(Set(keys).isSuperset(of: moved))
                for key in keys {
                    let text = try await store.text(key, in: second)
                    #expect(text == "\(round)")
                }
            }
            for key in keys { try await store.delete(key, in: second) }
        }
        let rest = try await store.keys(in: first)
        #expect(rest == [])
    }

    @Test("objects come and go in one folder without hindering each other", arguments: ObjectStoreFactory.all)
    func sharedFolder(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for _ in 0..<40 {
                        let key = "shared/by/all/\(number)"
                        try await store.put([UInt8(number)], as: key, in: first)
                        _ = try await store.move(key, in: first, to: key, in: second, condition: .none)
                        try await store.delete(key, in: second)
                    }
                    try await store.put([UInt8(number)], as: "shared/by/all/last-\(number)", in: first)
                }
            }
            try await group.waitForAll()
        }
        let keys = try await store.keys(in: first)
        #expect(keys == (0..<8).map { "shared/by/all/last-\($0)" })
    }

    @Test("a reader of a key that is replaced all the time sees whole versions", arguments: ObjectStoreFactory.all)
    func wholeVersions(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        let versions = (0..<4).map { [UInt8](repeating: UInt8($0), count: 100_000 + $0) }
        try await store.put(versions[0], as: "a", in: first)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<60 { try await store.put(versions[round % 4], as: "a", in: first) }
            }
            for _ in 0..<3 {
                group.addTask {
                    for _ in 0..<40 {
                        let object = try await store.get("a", in: first, maximumByteCount: 1 << 20)
                        #expect(versions.contains(object.bytes))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(
        "any sequence of calls leaves what a simple model says", arguments: ObjectStoreFactory.all,
        [1, 2, 3, 4] as [UInt64])
    func model(factory: ObjectStoreFactory, seed: UInt64) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        let entropy = SeededEntropy(seed: seed)
        func pick(_ count: Int) -> Int { Int(entropy.next() % UInt64(count)) }
        let keys = ["a", "b/1", "b/2", "b-/1", "c/d/e", "c/d/f"]
        let buckets = [first, second]
        var model: [String: [String: [UInt8]]] = [first: [:], second: [:]]
        for _ in 0..<150 {
            let (key, bucket) = (keys[pick(keys.count)], buckets[pick(2)])
            let (newKey, newBucket) = (keys[pick(keys.count)], buckets[pick(2)])
            let condition = [PutCondition.none, .ifAbsent][pick(2)]
            let current = model[bucket]?[key]
            let isFree = condition == .none || model[newBucket]?[newKey] == nil
            switch pick(4) {
            case 0:
                let content = [UInt8](repeating: UInt8(pick(256)), count: pick(50))
                let code = await objectCode {
                    try await store.put(content, as: newKey, in: newBucket, condition: condition)
                }
                #expect(code == (isFree ? nil : .preconditionFailed))
                if isFree { model[newBucket]?[newKey] = content }
            case 1:
                let code = await objectCode {
                    try await store.copy(key, in: bucket, to: newKey, in: newBucket, condition: condition)
                }
                #expect(code == (current == nil ? .notFound : isFree ? nil : .preconditionFailed))
                if let current, isFree { model[newBucket]?[newKey] = current }
            case 2:
                let code = await objectCode {
                    try await store.move(key, in: bucket, to: newKey, in: newBucket, condition: condition)
                }
                #expect(code == (current == nil ? .notFound : isFree ? nil : .preconditionFailed))
                if let current, isFree {
                    model[bucket]?[key] = nil
                    model[newBucket]?[newKey] = current
                }
            default:
                try await store.delete(key, in: bucket)
                model[bucket]?[key] = nil
            }
        }
        for bucket in buckets {
            let listed = try await store.keys(in: bucket, pageSize: 2)
            #expect(listed == model[bucket]?.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
            for key in listed {
                let content = try await store.get(key, in: bucket, maximumByteCount: 99).bytes
                #expect(content == model[bucket]?[key])
            }
        }
    }
}
