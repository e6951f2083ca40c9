import Clocks
import JSON

extension StatesAPI {
    /// Aliases of one state machine at most, as AWS limits them.
    static let maximumAliasCount = 100

    func allAliases(of machineARN: String) async throws -> [MachineAlias] {
        try await store.aliases(of: machineARN, limit: StatesAPI.maximumAliasCount)
    }

    /// CreateStateMachineAlias.
    func createStateMachineAlias(_ parameters: StatesParameters) async throws -> JSONValue {
        let name = try parameters.string("name", 1...80)
        guard StatesAPI.isAliasName(name) else {
            throw StatesError.constraint(
                "'\(name)'", at: "name",
                #"Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$"#)
        }
        let description = try parameters.optionalString("description", 0...256)
        let routing = try parameters.objects("routingConfiguration")
        return try await gate.run {
            let (machine, routes) = try await routes(try parameters.required("routingConfiguration", routing))
            guard !machine.isDeleting else { throw StatesError.deleting(machine.arn) }
            if let existing = try await store.alias(name, of: machine.arn) {
                guard existing.description == description, Set(existing.routes) == Set(routes) else {
                    throw StatesError.conflict(
                        """
                        Failed to create alias because an alias with the same name and a different routing configuration \
                        already exists.
                        """)
                }
                return created(existing)
            }
            guard try await allAliases(of: machine.arn).count < StatesAPI.maximumAliasCount else {
                throw StatesError(
                    "ServiceQuotaExceededException",
                    "a state machine has \(StatesAPI.maximumAliasCount) aliases at most")
            }
            let alias = MachineAlias(
                machineARN: machine.arn, name: name, description: description, routes: routes, createdAt: clock.now)
            try await store.keep(alias)
            return created(alias)
        }
    }

    private func created(_ alias: MachineAlias) -> JSONValue {
        ["stateMachineAliasArn": .string(alias.arn), "creationDate": alias.createdAt.epochSeconds]
    }

    /// Letters, digits, `_`, `-` and `.`, and not digits alone, which are versions.
    static func isAliasName(_ name: String) -> Bool {
        let isAllowed = name.utf8.allSatisfy { byte in
            let letter = UnicodeScalar(byte)
            return ("a"..."z").contains(letter) || ("A"..."Z").contains(letter) || ("0"..."9").contains(letter)
                || letter == "_" || letter == "-" || letter == "."
        }
        return isAllowed && !name.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// Reads a routing configuration: one or two versions of one machine, with weights that make 100.
    private func routes(_ members: [StatesParameters]) async throws -> (MachineRecord, [MachineAlias.Route]) {
        guard (1...2).contains(members.count) else {
            throw StatesError.constraint(
                nil, at: "routingConfiguration",
                members.isEmpty
                    ? "Member must have length greater than or equal to 1"
                    : "Member must have length less than or equal to 2")
        }
        var routes: [MachineAlias.Route] = []
        var arns: [StatesARN] = []
        for member in members {
            let arn = try member.arn("stateMachineVersionArn", .stateMachine)
            let weight = try member.required("weight", try member.integer("weight", 0...100))
            arns.append(arn)
            routes.append(MachineAlias.Route(version: arn.version ?? 0, weight: weight))
        }
        func list() -> String { "[\(arns.map(\.text).joined(separator: ", "))]" }
        guard arns.allSatisfy({ $0.version != nil }) else {
            throw StatesError.validation(
                "Routing configuration must contain state machine version ARNs. Received: \(list())")
        }
        guard Set(arns.map(\.machineARN)).count == 1, Set(arns.map(\.version)).count == arns.count else {
            throw StatesError.validation(
                "Routing configuration must contain distinct versions of one state machine. Received: \(list())")
        }
        guard routes.map(\.weight).reduce(0, +) == 100 else {
            throw StatesError.validation("Sum of routing configuration weights must equal 100")
        }
        guard let machine = try await machine(arns[0].machineARN) else { throw StatesError.noResource(arns[0].text) }
        for arn in arns where try await store.version(arn.version ?? 0, of: machine.arn) == nil {
            throw StatesError.noResource(arn.text)
        }
        return (machine, routes)
    }

    /// The alias that a request names.
    private func alias(_ parameters: StatesParameters) async throws -> MachineAlias {
        let arn = try parameters.arn("stateMachineAliasArn", .stateMachine)
        guard let name = arn.alias else {
            throw StatesError.validation("the ARN \(arn.text) is not that of a state machine's alias")
        }
        guard try await machine(arn.machineARN) != nil, let alias = try await store.alias(name, of: arn.machineARN)
        else { throw StatesError.noResource(arn.text) }
        return alias
    }

    /// UpdateStateMachineAlias.
    func updateStateMachineAlias(_ parameters: StatesParameters) async throws -> JSONValue {
        let description = try parameters.optionalString("description", 0...256)
        let routing = try parameters.objects("routingConfiguration")
        return try await gate.run {
            var alias = try await alias(parameters)
            guard description != nil || routing != nil else {
                throw StatesError.validation("a description or a routing configuration must be given")
            }
            if let routing {
                let (machine, routes) = try await routes(routing)
                guard machine.arn == alias.machineARN else {
                    throw StatesError.validation("the versions must be those of the alias' state machine")
                }
                guard !machine.isDeleting else { throw StatesError.deleting(machine.arn) }
                alias.routes = routes
            }
            if let description { alias.description = description }
            let now = clock.now
            alias.updatedAt = now
            try await store.keep(alias)
            return ["updateDate": now.epochSeconds]
        }
    }

    /// DescribeStateMachineAlias.
    func describeStateMachineAlias(_ parameters: StatesParameters) async throws -> JSONValue {
        let alias = try await alias(parameters)
        var members: JSONObject = [
            "stateMachineAliasArn": .string(alias.arn), "name": .string(alias.name),
            "routingConfiguration": .array(
                alias.routes.map { route in
                    [
                        "stateMachineVersionArn": .string("\(alias.machineARN):\(route.version)"),
                        "weight": .int(route.weight),
                    ]
                }),
            "creationDate": alias.createdAt.epochSeconds,
            "updateDate": (alias.updatedAt ?? alias.createdAt).epochSeconds,
        ]
        members.set("description", alias.description)
        return .object(members)
    }

    /// ListStateMachineAliases, of a machine or of one of its versions.
    func listStateMachineAliases(_ parameters: StatesParameters) async throws -> JSONValue {
        let arn = try parameters.arn("stateMachineArn", .stateMachine)
        let page = try PageRequest(parameters, scope: "aliases \(arn.text)")
        let found = try await find(arn)
        guard found.alias == nil else { throw StatesError.noMachine(arn.text) }
        let aliases = try await allAliases(of: found.machine.arn).filter { alias in
            guard let number = found.version?.number else { return true }
            return alias.routes.contains { $0.version == number }
        }
        let rest = aliases.drop { alias in page.position.map { alias.name <= $0 } ?? false }
        return page.answer("stateMachineAliases", Array(rest.prefix(page.readCount)), position: \.name, json: created)
    }

    /// DeleteStateMachineAlias.
    func deleteStateMachineAlias(_ parameters: StatesParameters) async throws -> JSONValue {
        try await gate.run {
            let alias = try await alias(parameters)
            try await store.removeAlias(alias.name, of: alias.machineARN)
            return [:]
        }
    }
}
