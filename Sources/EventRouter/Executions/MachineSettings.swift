import JSON

/// What a state machine is told beside its definition: kept and given back, not acted on.
struct MachineSettings: Sendable, Hashable {
    /// AWS's `encryptionConfiguration`.
    struct Encryption: Sendable, Hashable {
        var type = "AWS_OWNED_KEY"
        var keyID: String?
        var reusePeriodSeconds: Int?

        var json: JSONValue {
            var members: JSONObject = ["type": .string(type)]
            members["kmsKeyId"] = keyID.map(JSONValue.string)
            members["kmsDataKeyReusePeriodSeconds"] = reusePeriodSeconds.map(JSONValue.int)
            return .object(members)
        }

        init() {}

        init(json: JSONValue?) {
            type = json?["type"]?.stringValue ?? type
            keyID = json?["kmsKeyId"]?.stringValue
            reusePeriodSeconds = json?["kmsDataKeyReusePeriodSeconds"]?.intValue
        }
    }

    var logLevel = "OFF"
    var logsExecutionData = false
    /// ARNs of log groups; nil when none were given.
    var logGroups: [String]?
    var isTraced = false
    var encryption = Encryption()
    /// Whether CreateStateMachine was told to publish, and with what description: part of what makes two calls the same.
    var wasPublished = false
    var publishedDescription: String?

    /// AWS's `loggingConfiguration`.
    var logging: JSONValue {
        var members: JSONObject = [
            "level": .string(logLevel), "includeExecutionData": .bool(logsExecutionData),
        ]
        members["destinations"] = logGroups.map { groups in
            .array(groups.map { ["cloudWatchLogsLogGroup": ["logGroupArn": .string($0)]] })
        }
        return .object(members)
    }

    /// AWS's `tracingConfiguration`.
    var tracing: JSONValue { ["enabled": .bool(isTraced)] }

    /// As it is kept in the store.
    var json: JSONValue {
        var members: JSONObject = [
            "logging": logging, "tracing": tracing, "encryption": encryption.json, "published": .bool(wasPublished),
        ]
        members["publishedDescription"] = publishedDescription.map(JSONValue.string)
        return .object(members)
    }

    init() {}

    init(json: JSONValue) {
        logLevel = json["logging"]?["level"]?.stringValue ?? logLevel
        logsExecutionData = json["logging"]?["includeExecutionData"]?.boolValue ?? false
        logGroups = json["logging"]?["destinations"]?.arrayValue?.map {
            $0["cloudWatchLogsLogGroup"]?["logGroupArn"]?.stringValue ?? ""
        }
        isTraced = json["tracing"]?["enabled"]?.boolValue ?? false
        encryption = Encryption(json: json["encryption"])
        wasPublished = json["published"]?.boolValue ?? false
        publishedDescription = json["publishedDescription"]?.stringValue
    }
}
