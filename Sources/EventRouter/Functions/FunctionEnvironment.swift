package import Clocks

/// The environment variables that a function's process gets: Lambda's own, and the template's where Lambda lets them.
package enum FunctionEnvironment {
    /// Names that a function's configuration can't set ("Defined runtime environment variables" in Lambda's guide).
    static let reservedNames: Set<String> = [
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    ]

    /// The variable with the virtual time at which the process starts; the Runtime API's header of a like name has that of
    /// each invocation.
    static let timeName = "TURNTABLE_CLOCK"

    package static func variables(
        of configuration: FunctionConfiguration, runtimePort: UInt16, logStream: String, virtualTime: Timestamp? = nil
    ) -> [String: String] {
        // What a template may replace.
        var variables = [
            "LANG": "en_US.UTF-8", "TZ": ":UTC", "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
            "LD_LIBRARY_PATH": "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:\(configuration.taskRoot):"
                + "\(configuration.taskRoot)/lib:/opt/lib",
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        ]
        for (name, value) in configuration.environment where !reservedNames.contains(name) { variables[name] = value }
        let own = [
            "_HANDLER": configuration.handler,
            "AWS_REGION": configuration.region, "AWS_DEFAULT_REGION": configuration.region,
            // No one checks them; a client that insists on credentials finds some.
            "AWS_ACCESS_KEY_ID": "turntable", "AWS_SECRET_ACCESS_KEY": "turntable", "AWS_SESSION_TOKEN": "turntable",
            "AWS_LAMBDA_FUNCTION_NAME": configuration.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": String(configuration.memoryMB),
            "AWS_LAMBDA_FUNCTION_VERSION": FunctionConfiguration.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/\(configuration.name)",
            "AWS_LAMBDA_LOG_STREAM_NAME": logStream, "AWS_LAMBDA_LOG_FORMAT": configuration.logFormat.rawValue,
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:\(runtimePort)",
            "LAMBDA_TASK_ROOT": configuration.taskRoot, "LAMBDA_RUNTIME_DIR": "/var/runtime",
        ]
        variables.merge(own) { $1 }
        if let virtualTime { variables[timeName] = virtualTime.spelled(fractionDigits: 6) }
        if configuration.logFormat == .json { variables["AWS_LAMBDA_LOG_LEVEL"] = configuration.logLevel }
        return variables
    }
}
