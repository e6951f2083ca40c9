import Clocks
import Glibc
import JSON

/// Takes invocations one after another and answers each, until there is nothing more to do.
struct RuntimeLoop {
    let api: any RuntimeAPI
    let environment: LambdaEnvironment
    let metricsSink: any LogSink
    let termination: Termination

    /// Serves until the process should end.
    ///
    /// - Returns: The exit status: 0 after SIGTERM, 1 when the runtime API can't be talked to or the handler can't be
    ///   made.
    func run(_ make: (LambdaEnvironment) throws -> any LambdaHandler) -> Int32 {
        let logger = environment.logger
        let handler: any LambdaHandler
        do {
            handler = try make(environment)
        } catch {
            let report = ErrorReport(error, phase: .initialization)
            logger.fatal(
                "the function could not start",
                ["errorType": .string(report.type), "errorMessage": .string(report.message)])
            do throws(RuntimeAPIError) {
                _ = try api.failInitialization(report)
            } catch {
                logger.fatal("the failed start could not be reported", ["reason": .string(error.description)])
            }
            return 1
        }
        while termination.beginWaiting() {
            do throws(RuntimeAPIError) {
                let invocation = try api.next()
                termination.endWaiting()
                try serve(invocation, handler)
            } catch {
                termination.endWaiting()
                logger.fatal("the runtime API can't be served any longer", ["reason": .string(error.description)])
                return 1
            }
        }
        return 0
    }

    private func serve(_ invocation: Invocation, _ handler: any LambdaHandler) throws(RuntimeAPIError) {
        // For libraries that look for the trace there; it must not outlive its invocation.
        if let traceID = invocation.traceID {
            unsafe setenv("_X_AMZN_TRACE_ID", traceID, 1)
        } else {
            unsafe unsetenv("_X_AMZN_TRACE_ID")
        }
        if let time = invocation.time, let clock = environment.clock as? HandlerClock { clock.set(time) }
        let context = LambdaContext(
            environment: environment, requestID: invocation.requestID,
            invokedFunctionARN: invocation.invokedFunctionARN,
            traceID: invocation.traceID,
            deadline: invocation.deadlineMilliseconds.map { Timestamp(millisecondsSinceEpoch: $0) },
            clientContext: json(invocation.clientContext), cognitoIdentity: json(invocation.cognitoIdentity),
            tenantID: invocation.tenantID, metricsSink: metricsSink)
        let result = HandlerCall.run(handler, event: invocation.event, source: "the event", context: context)
        do throws(RuntimeAPIError) {
            let outcome =
                switch result {
                case .success(let output): try api.respond(to: invocation.requestID, output)
                case .failure(let failure): try api.fail(invocation.requestID, failure.report)
                }
            switch outcome {
            case .accepted: break
            case .tooLarge: context.logger.error("the output was refused as too large; the invocation has failed")
            case .refused(let status, let reason):
                context.logger.error("the answer was refused", ["status": .int(status), "reason": .string(reason)])
            }
        } catch {
            // The answer may have arrived, so it is not sent again. If it has not, the service says so at the next
            // request.
            guard error.code == .transport else { throw error }
            context.logger.error("the answer may not have arrived", ["reason": .string(error.description)])
        }
    }

    private func json(_ text: String?) -> JSONValue? {
        guard let text else { return nil }
        do throws(JSONError) {
            return try JSONValue(parsing: text)
        } catch {
            environment.logger.warn(
                "a header of the invocation is no JSON and left out", ["reason": .string("\(error)")])
            return nil
        }
    }
}
