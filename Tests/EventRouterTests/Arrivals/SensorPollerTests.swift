import Clocks
import Events
import FileSystem
import JSON
import Storage
import Synchronization
import TestSupport
import Testing

@testable import EventRouter
@testable import Template

@Suite("SensorPoller", .timeLimit(.minutes(10)))
struct SensorPollerTests {
    @Test("A file is sensed once it is found unchanged by two polls, once over restarts")
    func settled() async throws {
        try await withTemporaryDirectory { folder in
            let clock = ManualClock()
            let objects = ListedObjects()
            objects.set("streams/a.csv", byteCount: 5)
            objects.set("streams/a.txt", byteCount: 5)
            var keys: [[String]] = []
            for life in 0..<2 {
                let store = try await ExecutionStore(path: "\(folder)/executions.sqlite")
                let application = SampleApplication.streams
                let routes = EventRoutes.compile(application).routes
                let functions = ScriptedFunctions.echo
                let engine = ExecutionEngine(
                    store: store, functions: functions, clock: clock, entropy: SeededEntropy(seed: UInt64(life)))
                let dispatcher = DeliveryDispatcher(
                    store: store, functions: functions, executions: engine, routes: routes, clock: clock,
                    entropy: SeededEntropy(seed: 1))
                let intake = ArrivalIntake(
                    store: store, routes: routes, clock: clock, entropy: SeededEntropy(seed: UInt64(life)),
                    dispatcher: dispatcher)
                let poller = try SensorPoller(
                    sensors: application.sensors, objects: objects, store: store, intake: intake, clock: clock,
                    entropy: SeededEntropy(seed: UInt64(life)))
                let polling = Task { try await poller.run() }
                for turn in 0..<4 {
                    await clock.waitForSleepers()
                    let due = try await store.dueDeliveries(.execution, at: clock.now, limit: 10)
                    keys.append(
                        try due.flatMap { try FileArrival.all(in: try JSONValue(parsing: $0.payload)) }.map(\.key))
                    if life == 0, turn == 1 { objects.set("streams/b.csv", byteCount: 1) }
                    if life == 0, turn == 2 { objects.set("streams/b.csv", byteCount: 2) }
                    let polls = objects.pollCount
                    if turn < 3 {
                        clock.advance(by: .seconds(60))
                        while objects.pollCount == polls { await Task.yield() }
                    }
                }
                polling.cancel()
                await #expect(throws: CancellationError.self) { try await polling.value }
                clock.advance(by: .seconds(60))
            }
            #expect(
                keys == [
                    [], ["streams/a.csv"], ["streams/a.csv"], ["streams/a.csv"],
                    // The next life polls at once and finds the changed file unchanged since.
                    ["streams/a.csv", "streams/b.csv"], ["streams/a.csv", "streams/b.csv"],
                    ["streams/a.csv", "streams/b.csv"], ["streams/a.csv", "streams/b.csv"],
                ])
        }
    }
}

/// A bucket that is only ever listed.
final class ListedObjects: ObjectStore {
    struct Unused: Error {}

    private let state = Mutex<(objects: [String: ObjectMetadata], polls: Int)>(([:], 0))

    var pollCount: Int { state.withLock { $0.polls } }

    func set(_ key: String, byteCount: Int) {
        state.withLock {
            $0.objects[key] = ObjectMetadata(
                bucket: "raw", key: key, byteCount: byteCount, eTag: "tag\(byteCount)",
                lastModified: Timestamp(secondsSinceEpoch: Double(byteCount)))
        }
    }

    func list(_ bucket: String, prefix: String, after: String?, limit: Int) async throws -> ObjectPage {
        state.withLock { state in
            let keys = state.objects.keys.sorted().filter { key in
                key.hasPrefix(prefix) && after.map { key > $0 } ?? true
            }
            // Pages of one, so that paging is part of every poll.
            if keys.count <= 1 { state.polls += 1 }
            return ObjectPage(
                objects: keys.prefix(1).compactMap { state.objects[$0] }, next: keys.count > 1 ? keys[0] : nil)
        }
    }

    func head(_ key: String, in bucket: String) async throws -> ObjectMetadata { throw Unused() }
    func get(_ key: String, in bucket: String, maximumByteCount: Int) async throws -> Object { throw Unused() }
    func get(_ key: String, in bucket: String, range: Range<Int>, ifMatch: String?) async throws -> [UInt8] {
        throw Unused()
    }
    func openReader(_ key: String, in bucket: String, ifMatch: String?) async throws -> any ObjectReader {
        throw Unused()
    }
    func put(
        _ bytes: [UInt8], as key: String, in bucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata { throw Unused() }
    func openWriter(_ key: String, in bucket: String) async throws -> any ObjectWriter { throw Unused() }
    func copy(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata { throw Unused() }
    func move(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata { throw Unused() }
    func delete(_ key: String, in bucket: String) async throws { throw Unused() }
}
