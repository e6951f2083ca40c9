import Template
import Testing

@Suite struct StorageResourceTests {
    @Test("a bucket's own notifications name functions of the template")
    func notifications() {
        let application = readResources(
            """
              Data:
                Type: AWS::S3::Bucket
                Properties:
                  BucketName: data
                  VersioningConfiguration: {Status: Enabled}
                  NotificationConfiguration:
                    QueueConfigurations: [{Event: s3:ObjectCreated:*, Queue: x}]
                    LambdaConfigurations:
                      - {Event: s3:ObjectCreated:Put, Function: !GetAtt Fn.Arn}
                      - {Event: s3:ObjectRemoved:*, Function: "arn:aws:lambda:us-east-1:000000000000:function:other"}
              Fn:
                Type: AWS::Serverless::Function
                Properties: {FunctionName: fn, Runtime: provided.al2023, CodeUri: x}
            """)
        #expect(
            application.buckets.first?.notifications.map(\.events) == [
                ["s3:ObjectCreated:Put"], ["s3:ObjectRemoved:*"],
            ])
        #expect(application.buckets.first?.sendsToEventBridge == false)
        #expect(
            application.findings.map(\.description) == [
                "app/template.yaml:7:7: warning: VersioningConfiguration of a bucket has no effect in a local run",
                "app/template.yaml:9:9: warning: QueueConfigurations of NotificationConfiguration has no effect in a local run",
                "app/template.yaml:12:51: error: the template has no function other",
            ])
    }

    @Test(
        "EventBridge is on when its configuration is there",
        arguments: [
            ("{EventBridgeConfiguration: {}}", true), ("{EventBridgeConfiguration: {EventBridgeEnabled: true}}", true),
            ("{EventBridgeConfiguration: {EventBridgeEnabled: 'false'}}", false), ("{}", false),
        ])
    func eventBridge(configuration: String, expected: Bool) {
        let application = readResources(
            "  A: {Type: AWS::S3::Bucket, Properties: {BucketName: data, NotificationConfiguration: \(configuration)}}")
        #expect(application.findings == [])
        #expect(application.buckets.map(\.sendsToEventBridge) == [expected])
    }

    @Test("a table's keys, indexes and expiry")
    func table() throws {
        let application = readResources(
            """
              T:
                Type: AWS::DynamoDB::Table
                Properties:
                  AttributeDefinitions:
                    - {AttributeName: id, AttributeType: S}
                    - {AttributeName: at, AttributeType: N}
                    - {AttributeName: hash, AttributeType: B}
                  KeySchema: [{AttributeName: at, KeyType: RANGE}, {AttributeName: id, KeyType: HASH}]
                  GlobalSecondaryIndexes:
                    - IndexName: by-hash
                      KeySchema: [{AttributeName: hash, KeyType: HASH}]
                      Projection: {ProjectionType: INCLUDE, NonKeyAttributes: [x, y]}
                  LocalSecondaryIndexes:
                    - IndexName: local
                      KeySchema: [{AttributeName: id, KeyType: HASH}, {AttributeName: hash, KeyType: RANGE}]
                      Projection: {ProjectionType: KEYS_ONLY}
                  TimeToLiveSpecification: {AttributeName: expires, Enabled: true}
            """)
        #expect(application.findings == [])
        let table = try #require(application.tables.first)
        let (id, at, hash) = (
            Application.Attribute(name: "id", kind: .string), Application.Attribute(name: "at", kind: .number),
            Application.Attribute(name: "hash", kind: .binary)
        )
        #expect(table.key == Application.Key(partition: id, sort: at))
        #expect(
            table.indexes == [
                Application.Index(
                    name: "by-hash", kind: .global, key: Application.Key(partition: hash),
                    projection: .include(["x", "y"])),
                Application.Index(
                    name: "local", kind: .local, key: Application.Key(partition: id, sort: hash), projection: .keysOnly),
            ])
        #expect(table.timeToLiveAttribute == "expires")
    }

    @Test("an attribute without a key and a key without an attribute")
    func attributes() {
        let application = readResources(
            """
              T:
                Type: AWS::DynamoDB::Table
                Properties:
                  AttributeDefinitions:
                    - {AttributeName: id, AttributeType: S}
                    - {AttributeName: spare, AttributeType: S}
                  KeySchema: [{AttributeName: id, KeyType: HASH}, {AttributeName: other, KeyType: RANGE}]
            """)
        #expect(application.findings.map(\.position.line) == [8, 9])
        #expect(application.findings.map(\.code) == [.invalidValue, .unknownReference])
    }

    @Test("a simple table has the key id unless it says otherwise")
    func simpleTable() {
        let application = readResources(
            """
              A: {Type: AWS::Serverless::SimpleTable}
              B: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: bbb, PrimaryKey: {Name: n, Type: Number}}}
            """)
        #expect(application.findings == [])
        #expect(application.tables.map(\.name) == ["turntable-A", "bbb"])
        #expect(
            application.tables.map(\.key.partition) == [
                Application.Attribute(name: "id", kind: .string), Application.Attribute(name: "n", kind: .number),
            ])
    }
}
