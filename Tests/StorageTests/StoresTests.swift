import Clocks
import FileSystem
import Storage
import TestSupport
import Testing

@Suite("Stores")
struct StoresTests {
    @Test("the environment's folder holds buckets and tables")
    func folder() async throws {
        let folder = try makeTemporaryDirectory()
        defer { try? FileSystem.removeTree(folder) }
        let stores = try Stores.fromEnvironment(["TURNTABLE_DATA": "\(folder)/d"], clock: SystemClock())
        let untouched = try FileSystem.list(folder)
        #expect(untouched == [])
        try FileSystem.createDirectories("\(folder)/d/buckets/first.bucket")
        try await stores.objects.put([1], as: "a", in: first)
        try await stores.table(TableFactory.schema).put(item("p", "s"))
        let names = try FileSystem.list("\(folder)/d")
        #expect(names.contains("buckets") && names.contains("tables.sqlite"))
        let content = try FileSystem.readFile("\(folder)/d/buckets/first.bucket/a")
        #expect(content == [1])
    }

    @Test("without the variable it is .turntable, but not inside Lambda", arguments: [[:], ["TURNTABLE_DATA": ""]])
    func defaults(environment: [String: String]) throws {
        let stores = try Stores.fromEnvironment(environment, clock: SystemClock())
        #expect((stores.objects as? DirectoryObjectStore)?.root == ".turntable/buckets")
        let lambda = environment.merging(["AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_REGION": "eu-west-1"]) { $1 }
        let real = try Stores.fromEnvironment(lambda, clock: SystemClock())
        #expect(real.objects is S3ObjectStore)
        #expect(real.table(TableFactory.schema) is DynamoDBTable)
    }

    @Test("the stores of AWS are those that are asked for, and what is missing is named")
    func aws() throws {
        let none = ["TURNTABLE_DATA": "aws", "AWS_CONFIG_FILE": "/nonexistent/config"]
        let error = #expect(throws: StoreConfigurationError.self) {
            try Stores.fromEnvironment(none, clock: SystemClock())
        }
        #expect(error?.description.contains("AWS_REGION") == true)
        #expect(error?.description.contains("/nonexistent/config") == true)
        let stores = try Stores.fromEnvironment(none.merging(["AWS_REGION": "r"]) { $1 }, clock: SystemClock())
        #expect(stores.objects is S3ObjectStore)
        try stores.createLocalBuckets(["made.by.deployment"])
    }

    @Test("inside Lambda a folder that is named is used")
    func emulatedLambda() throws {
        let environment = ["TURNTABLE_DATA": "/somewhere", "AWS_LAMBDA_FUNCTION_NAME": "f"]
        let stores = try Stores.fromEnvironment(environment, clock: SystemClock())
        #expect((stores.objects as? DirectoryObjectStore)?.root == "/somewhere/buckets")
    }

    @Test("tables in memory of one name are one table")
    func inMemory() async throws {
        let stores = Stores.inMemory(buckets: [first], clock: ManualClock())
        try await stores.table(TableFactory.schema).put(item("p", "s"))
        let found = try await stores.table(TableFactory.schema).get(key("p", "s"))
        #expect(found == item("p", "s"))
    }
}
