import AWSClient
import Clocks
import Storage
import TestSupport

extension AWSClients {
    /// Clients of one server of moto.
    static func on(_ server: MotoServer, clock: any WallClock = SystemClock()) throws -> AWSClients {
        try AWSClients(environment: server.environment, clock: clock, entropy: SystemEntropy())
    }

    func makeBucket(_ name: String) async throws {
        var request = AWSRequest("CreateBucket", name, "PUT")
        request.path = "/\(name)"
        request.body = Array(
            ("<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>"
                + "\(configuration.region)</LocationConstraint></CreateBucketConfiguration>").utf8)
        _ = try await s3.connection.send(request)
    }

    func makeTable(_ schema: TableSchema) async throws {
        _ = try await dynamoDB.call("CreateTable", schema.creation, table: schema.name)
    }
}

extension ObjectStoreFactory {
    static let s3 = ObjectStoreFactory(
        testDescription: "S3 on moto", keepsTimes: false, movesAlone: false, emulatorGaps: [.lineFeedsInKeys]
    ) { _ in
        let server = try await MotoServer.take()
        let clients = try AWSClients.on(server)
        for bucket in buckets { try await clients.makeBucket(bucket) }
        return (S3ObjectStore(clients.s3), { server.giveBack() })
    }
}

extension TableFactory {
    static let dynamoDB = TableFactory(
        testDescription: "DynamoDB on moto", exactPages: false,
        emulatorGaps: [.emptyNamesInMaps, .unboundedSums, .smallItems]
    ) { _, schema in
        let server = try await MotoServer.take()
        let clients = try AWSClients.on(server)
        try await clients.makeTable(schema)
        return (DynamoDBTable(schema, clients.dynamoDB), { server.giveBack() })
    }
}
