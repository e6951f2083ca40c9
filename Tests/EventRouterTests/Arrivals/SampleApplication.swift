import JSON

@testable import Template

/// An application with one bucket, whose events go to a state machine and to a function.
enum SampleApplication {
    static let position = TemplatePosition(file: "template.yaml", line: 7, column: 3)
    static let account = AccountContext()

    static func target(_ id: String, _ kind: Application.Target.Kind, _ input: Application.Target.Input = .event)
        -> Application.Target
    {
        let arn =
            switch kind {
            case .function(let name): account.functionARN(name)
            case .stateMachine(let arn), .queue(let arn), .topic(let arn): arn
            }
        return Application.Target(
            id: id, kind: kind, arn: arn, input: input, retryPolicy: Application.RetryPolicy(), position: position)
    }

    static func rule(_ name: String, _ pattern: JSONValue, _ targets: [Application.Target]) -> Application.Rule {
        Application.Rule(
            logicalID: name, name: name, arn: account.ruleARN(name, bus: "default"), eventBus: "default",
            isEnabled: true,
            pattern: pattern, targets: targets, position: position, patternPositions: [:])
    }

    static func queue(_ name: String, deadLetters: String? = nil, after count: Int = 1) -> Application.Queue {
        Application.Queue(
            logicalID: name, name: name, arn: account.queueARN(name),
            redrive: deadLetters.map {
                Application.RedrivePolicy(deadLetterARN: account.queueARN($0), maximumReceiveCount: count)
            }, position: position)
    }

    static func notification(_ events: [String], _ function: String, prefix: String = "", suffix: String = "")
        -> Application.Notification
    {
        Application.Notification(
            events: events, prefix: prefix, suffix: suffix, functionARN: account.functionARN(function),
            position: position)
    }

    static func bucket(_ name: String, _ notifications: [Application.Notification], sendsToEventBridge: Bool = true)
        -> Application.Bucket
    {
        Application.Bucket(
            logicalID: name, name: name, arn: account.bucketARN(name), notifications: notifications,
            sendsToEventBridge: sendsToEventBridge, position: position)
    }

    /// New files under `streams/` start a chain; new and removed `.csv` files are told to `notified`.
    static var streams: Application {
        var application = Application(file: "template.yaml", account: account)
        application.buckets = [
            bucket("raw", [notification(["s3:ObjectCreated:*", "s3:ObjectRemoved:*"], "notified", suffix: ".csv")])
        ]
        application.rules = [
            rule(
                "arrivals",
                [
                    "source": ["aws.s3", "turntable.sensor"], "detail-type": ["Object Created", "Object Sensed"],
                    "detail": ["object": ["key": [["prefix": "streams/"]]]],
                ], [target("Chain", .stateMachine(Machines.chain.arn))])
        ]
        application.sensors = [
            Application.Sensor(
                name: "poll", bucket: "raw", prefix: "streams/", wildcard: "*.csv", intervalSeconds: 60,
                position: position)
        ]
        return application
    }
}
