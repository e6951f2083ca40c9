import JSON

extension MachineSettings {
    /// Takes over what a request of CreateStateMachine or UpdateStateMachine gives.
    ///
    /// - Throws: ``StatesError``: `InvalidLoggingConfiguration`, `InvalidEncryptionConfiguration`,
    ///   `ValidationException`, `SerializationException`.
    mutating func take(_ parameters: StatesParameters) throws(StatesError) {
        if let logging = try parameters.object("loggingConfiguration") { try takeLogging(logging) }
        if let tracing = try parameters.object("tracingConfiguration") {
            isTraced = try tracing.bool("enabled") ?? false
        }
        if let encryption = try parameters.object("encryptionConfiguration") {
            self.encryption = try Encryption(encryption)
        }
    }

    private mutating func takeLogging(_ logging: StatesParameters) throws(StatesError) {
        logLevel = try logging.choice("level", ["ALL", "ERROR", "FATAL", "OFF"]) ?? "OFF"
        logsExecutionData = try logging.bool("includeExecutionData") ?? false
        logGroups = nil
        if let destinations = try logging.objects("destinations") {
            var groups: [String] = []
            for destination in destinations {
                let group = try destination.object("cloudWatchLogsLogGroup")?.optionalString("logGroupArn", 1...256)
                groups.append(group ?? "")
            }
            logGroups = groups
        }
        let count = logGroups?.count ?? 0
        guard count == 1 || count == 0 && logLevel == "OFF" else {
            throw StatesError(
                "InvalidLoggingConfiguration",
                "Invalid Logging Configuration: Must specify exactly one Log Destination.")
        }
    }
}

extension MachineSettings.Encryption {
    init(_ parameters: StatesParameters) throws(StatesError) {
        self.init()
        let keyID = try parameters.optionalString("kmsKeyId", 1...2_048)
        let period = try parameters.integer("kmsDataKeyReusePeriodSeconds", 60...900)
        let type = try parameters.choice("type", ["AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"])
        self.type = try parameters.required("type", type)
        guard (keyID != nil) == (self.type == "CUSTOMER_MANAGED_KMS_KEY"), keyID != nil || period == nil else {
            throw StatesError(
                "InvalidEncryptionConfiguration",
                "Invalid Encryption Configuration: a KMS key belongs to the type CUSTOMER_MANAGED_KMS_KEY, and only to that"
            )
        }
        self.keyID = keyID
        reusePeriodSeconds = keyID == nil ? nil : period ?? 300
    }
}
