import Clocks
import Delivery
import JSON
package import Template

/// Whom events are for: an application's notifications and rules, ready to be held against events.
package struct EventRoutes: Sendable {
    /// A bucket's notification to a function.
    struct Notification: Sendable {
        var filter: NotificationFilter
        var functionARN: String
        var configurationID: String
    }

    /// A rule with an event pattern.
    struct Rule: Sendable {
        var name: String
        var arn: String
        var eventBus: String
        var pattern: EventPattern
        var targets: [Target]
    }

    /// Whom a rule tells, and what of the event.
    struct Target: Sendable {
        enum Input: Sendable {
            case event
            case constant([UInt8])
            case path(EventPath)
            case transformer(InputTransformer)
        }

        var id: String
        var recipient: QueuedDelivery.Target
        var input: Input
        var retry = TargetRetry()
        /// The queue for what can't be delivered, by ARN.
        var deadLetterARN: String?

        init(_ target: Application.Target, recipient: QueuedDelivery.Target) throws {
            id = target.id
            self.recipient = recipient
            input = try EventRoutes.input(target)
            retry = TargetRetry(
                maximumRetryAttempts: target.retryPolicy.maximumRetryAttempts,
                maximumEventAge: .seconds(target.retryPolicy.maximumEventAgeSeconds))
            deadLetterARN = target.deadLetterARN
        }

        /// The target's input; of a path that the event does not have, `null`.
        func input(for event: JSONValue, of rule: Rule, at time: Timestamp) -> [UInt8] {
            input(for: event, ofRule: rule.name, rule.arn, at: time)
        }

        func input(for event: JSONValue, ofRule name: String, _ arn: String, at time: Timestamp) -> [UInt8] {
            switch input {
            case .event: event.bytes()
            case .constant(let bytes): bytes
            case .path(let path): (path.value(in: event) ?? .null).bytes()
            case .transformer(let transformer):
                transformer.input(
                    for: event,
                    InputTransformer.Context(ruleARN: arn, ruleName: name, ingestionTime: time))
            }
        }
    }

    package let account: AccountContext
    private var notifications: [String: [Notification]] = [:]
    private var eventBridgeBuckets: Set<String> = []
    private(set) var rules: [Rule] = []
    /// Whether a rule of the default bus may match what executions tell of their status.
    private(set) var tellsOfExecutions = false
    /// The schedules that are enabled.
    var schedules: [Schedule] = []
    private var functionARNs: [String: String] = [:]
    private var invocations: [String: Invocation] = [:]

    private init(account: AccountContext) { self.account = account }

    /// The buckets of which anyone wants to hear.
    package var watchedBuckets: Set<String> { Set(notifications.keys).union(eventBridgeBuckets) }

    // MARK: - Reading

    /// Reads an application's patterns, filters and inputs.
    ///
    /// - Returns: The routes, without those that a finding names, and what is wrong with the rest.
    package static func compile(_ application: Application) -> (routes: EventRoutes, findings: [Finding]) {
        var routes = EventRoutes(account: application.account)
        var findings: [Finding] = []
        for function in application.functions {
            routes.functionARNs[function.name] = function.arn
            routes.invocations[function.arn] = Invocation(function)
        }
        for bucket in application.buckets { routes.add(bucket, &findings) }
        for rule in application.rules where rule.isEnabled { routes.add(rule, &findings) }
        for schedule in application.schedules where schedule.isEnabled { routes.add(schedule, &findings) }
        for mapping in application.queueMappings {
            for filter in mapping.filters {
                do { _ = try EventPattern(filter) } catch {
                    findings.append(invalid("\(error)", mapping.logicalID, mapping.position))
                }
            }
        }
        for sensor in application.sensors {
            do {
                if let wildcard = sensor.wildcard { _ = try WildcardMatcher(wildcard) }
            } catch {
                findings.append(invalid("\(error)", nil, sensor.position))
            }
        }
        return (routes, findings)
    }

    private static func invalid(_ message: String, _ logicalID: String?, _ position: TemplatePosition) -> Finding {
        Finding(severity: .error, code: .invalidValue, position: position, logicalID: logicalID, message: message)
    }

    private mutating func add(_ bucket: Application.Bucket, _ findings: inout [Finding]) {
        if bucket.sendsToEventBridge { eventBridgeBuckets.insert(bucket.name) }
        var accepted: [Notification] = []
        for notification in bucket.notifications {
            do {
                let filter = try NotificationFilter(
                    events: notification.events, prefix: notification.prefix, suffix: notification.suffix)
                if let other = accepted.first(where: { $0.filter.overlaps(filter) }) {
                    let message = """
                        this notification and that of \(other.functionARN) overlap: S3 refuses two notifications of one bucket \
                        for the same event type when a key could match both; make prefixes or suffixes exclude each other
                        """
                    findings.append(EventRoutes.invalid(message, bucket.logicalID, notification.position))
                    continue
                }
                accepted.append(
                    Notification(
                        filter: filter, functionARN: notification.functionARN,
                        configurationID: "\(bucket.logicalID)-\(accepted.count + 1)"))
            } catch {
                findings.append(EventRoutes.invalid("\(error)", bucket.logicalID, notification.position))
            }
        }
        if !accepted.isEmpty { notifications[bucket.name] = accepted }
    }

    private mutating func add(_ rule: Application.Rule, _ findings: inout [Finding]) {
        let pattern: EventPattern
        do {
            pattern = try EventPattern(rule.pattern)
        } catch {
            findings.append(EventRoutes.invalid("\(error)", rule.logicalID, rule.position(ofPattern: error.path)))
            return
        }
        var targets: [Target] = []
        for target in rule.targets {
            do {
                targets.append(try Target(target, recipient: recipient(target)))
            } catch {
                findings.append(EventRoutes.invalid("\(error)", rule.logicalID, target.position))
            }
        }
        let sources = rule.pattern["source"]?.arrayValue?.map(\.stringValue)
        // Only a list of other names rules it out.
        if rule.eventBus == EventBus.defaultName, sources?.contains(where: { $0 == nil || $0 == "aws.states" }) ?? true
        {
            tellsOfExecutions = true
        }
        rules.append(Rule(name: rule.name, arn: rule.arn, eventBus: rule.eventBus, pattern: pattern, targets: targets))
    }

    func recipient(_ target: Application.Target) -> QueuedDelivery.Target {
        switch target.kind {
        case .function(let name): .function(arn: arn(ofFunction: name))
        case .stateMachine(let arn): .stateMachine(arn: arn)
        case .queue(let arn): .queue(arn: arn)
        case .topic(let arn): .topic(arn: arn)
        }
    }

    static func input(_ target: Application.Target) throws -> Target.Input {
        switch target.input {
        case .event: return .event
        case .constant(let text): return .constant(Array(text.utf8))
        case .path(let text):
            guard let path = EventPath(text) else {
                throw ArrivalError(
                    .invalidInput,
                    "the InputPath \(text) of target \(target.id) is none: it has members and elements only")
            }
            return .path(path)
        case .transformer(let paths, let template):
            return .transformer(try InputTransformer(paths: paths, template: template))
        }
    }

    // MARK: - Routing

    func notifications(for eventName: String, key: String, in bucket: String) -> [Notification] {
        (notifications[bucket] ?? []).filter { $0.filter.matches(eventName: eventName, key: key) }
    }

    func sendsToEventBridge(_ bucket: String) -> Bool { eventBridgeBuckets.contains(bucket) }

    /// The targets of the rules that match, in the template's order.
    func targets(of event: JSONValue, bus: String) -> [(rule: Rule, target: Target)] {
        rules.filter { $0.eventBus == bus && $0.pattern.matches(event) }
            .flatMap { rule in rule.targets.map { (rule, $0) } }
    }

    /// What becomes of asynchronous invocations of a function; nil of one that the template does not have.
    func invocation(of arn: String) -> Invocation? { invocations[arn] }

    /// The ARN of the function of this name; an ARN is its own.
    func arn(ofFunction name: String) -> String {
        functionARNs[name] ?? (name.hasPrefix("arn:") ? name : account.functionARN(name))
    }
}
