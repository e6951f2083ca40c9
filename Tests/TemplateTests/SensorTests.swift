import Template
import Testing

@Suite struct SensorTests {
    private func read(_ sensor: String) -> Application {
        readTemplate(
            "Metadata: {Turntable: {Sensors: [\(sensor)]}}\nResources:\n"
                + "  Raw: {Type: AWS::S3::Bucket, Properties: {BucketName: raw.data}}\n")
    }

    @Test("names its bucket by reference, logical id or name", arguments: ["!Ref Raw", "Raw", "raw.data"])
    func bucket(spelling: String) throws {
        let application = read("{Name: s, Bucket: \(spelling), Prefix: in/, Wildcard: 'in/*.csv', IntervalSeconds: 5}")
        #expect(application.findings == [])
        let sensor = try #require(application.sensors.first)
        #expect([sensor.name, sensor.bucket, sensor.prefix, sensor.wildcard] == ["s", "raw.data", "in/", "in/*.csv"])
        #expect(sensor.intervalSeconds == 5)
    }

    @Test("polls all keys each minute unless it says otherwise")
    func defaults() throws {
        let sensor = try #require(read("{Name: s, Bucket: Raw}").sensors.first)
        #expect(sensor.prefix == "")
        #expect(sensor.wildcard == nil)
        #expect(sensor.intervalSeconds == 60)
    }

    @Test(
        "is refused without a name or bucket, with another bucket, or twice",
        arguments: [
            "{Bucket: Raw}", "{Name: s}", "{Name: s, Bucket: Other}", "{Name: s, Bucket: !Ref Other}",
            "{Name: a/b, Bucket: Raw}",
            "{Name: s, Bucket: Raw, Interval: 5}", "{Name: s, Bucket: Raw, IntervalSeconds: 0}", "x",
            "{Name: s, Bucket: Raw}, {Name: s, Bucket: Raw}",
        ])
    func refused(sensor: String) {
        let findings = read(sensor).findings
        #expect(!findings.isEmpty)
        #expect(findings.allSatisfy { $0.severity == .error && $0.position.line == 1 })
    }
}
