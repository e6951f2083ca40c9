import JSON

extension Drawing {
    /// A definition that most often is accepted.
    func definition() -> JSONValue {
        let isJSONata = isOne(in: 2)
        var object = group(depth: 2, isJSONata: isJSONata)
        if isJSONata { object["QueryLanguage"] = "JSONata" }
        if isOne(in: 6) { object["TimeoutSeconds"] = .int(1 + below(100)) }
        return .object(object)
    }

    private func group(depth: Int, isJSONata: Bool) -> JSONObject {
        let prefix = String(below(1_000_000))
        let count = 1 + below(5)
        let names = (0..<count).map { "S\(prefix)-\($0)" }
        var states = JSONObject()
        for (index, name) in names.enumerated() {
            states[name] = .object(
                state(isLast: index == count - 1, following: names, index, depth: depth, isJSONata: isJSONata))
        }
        return ["StartAt": .string(names[0]), "States": .object(states)]
    }

    /// A target that is the next state, or any.
    private func target(_ names: [String], _ index: Int) -> JSONValue {
        .string(isOne(in: 6) ? one(of: names) : names[min(index + 1, names.count - 1)])
    }

    private func state(isLast: Bool, following names: [String], _ index: Int, depth: Int, isJSONata: Bool) -> JSONObject
    {
        var state = JSONObject()
        let type = one(
            of: ["Pass", "Pass", "Task", "Task", "Wait"] + (isLast ? ["Succeed", "Fail"] : ["Choice"])
                + (depth > 0 ? ["Map", "Map", "Parallel"] : []))
        state["Type"] = .string(type)
        if !["Choice", "Succeed", "Fail"].contains(type) {
            if isLast { state["End"] = true } else { state["Next"] = target(names, index) }
        }
        addOwnFields(&state, type, names, index, depth: depth, isJSONata: isJSONata)
        if ["Task", "Map", "Parallel"].contains(type) {
            if isOne(in: 2) {
                state["Retry"] = [
                    [
                        "ErrorEquals": [.string(one(of: ["States.ALL", "E", "States.Timeout", "States.TaskFailed"]))],
                        "MaxAttempts": .int(below(4)), "IntervalSeconds": .int(1 + below(5)),
                        "JitterStrategy": .string(one(of: ["FULL", "NONE"])),
                    ]
                ]
            }
            if isOne(in: 2) {
                var catcher: JSONObject = ["ErrorEquals": ["States.ALL"], "Next": target(names, index)]
                if !isJSONata, isOne(in: 2) {
                    catcher["ResultPath"] = .string(one(of: ["$", "$.e", "$.list[0]", "$.a.b.c"]))
                }
                if isJSONata, isOne(in: 2) { catcher["Output"] = .string("{% \(expression()) %}") }
                state["Catch"] = [.object(catcher)]
            }
        }
        guard type != "Fail" else { return state }
        if isJSONata {
            if isOne(in: 2) { state["Output"] = template() }
            if isOne(in: 3) { state["Assign"] = ["v": .string("{% \(expression()) %}"), "w": value(1)] }
        } else {
            if isOne(in: 5) { state["InputPath"] = isOne(in: 5) ? .null : .string(isOne(in: 9) ? path() : plainPath()) }
            if isOne(in: 5) {
                state["OutputPath"] = isOne(in: 5) ? .null : .string(isOne(in: 9) ? path() : plainPath())
            }
            if isOne(in: 3) { state["Assign"] = ["v.$": .string(plainPath()), "w": value(1)] }
            if ["Pass", "Task", "Map", "Parallel"].contains(type), isOne(in: 3) {
                state["ResultPath"] =
                    isOne(in: 4) ? .null : .string(one(of: ["$.r", "$.a", "$.list[0]", "$.a.b.c", "$"]))
            }
        }
        return state
    }

    private func addOwnFields(
        _ state: inout JSONObject, _ type: String, _ names: [String], _ index: Int, depth: Int, isJSONata: Bool
    ) {
        let arguments = isJSONata ? "Arguments" : "Parameters"
        switch type {
        case "Pass":
            if !isJSONata, isOne(in: 3) {
                state["Result"] = value()
            } else if !isJSONata, isOne(in: 2) {
                state["Parameters"] = payload()
            }
        case "Task":
            state["Resource"] = .string(
                one(of: [
                    "arn:aws:lambda:us-east-1:000000000000:function:f", "arn:aws:states:::lambda:invoke",
                    "arn:aws:states:::sqs:sendMessage", "arn:aws:states:us-east-1:000000000000:activity:a",
                    "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "arn:aws:states:::states:startExecution.sync",
                ]))
            if isOne(in: 2) {
                state[arguments] = isJSONata ? template() : payload()
            } else if state["Resource"] == "arn:aws:states:::lambda:invoke" {
                state[arguments] = ["FunctionName": "f", "Payload": value(1)]
            }
            if isOne(in: 3) { state["TimeoutSeconds"] = .int(2 + below(20)) }
            if isOne(in: 4) { state["HeartbeatSeconds"] = 1 }
            if !isJSONata, isOne(in: 3) { state["ResultSelector"] = payload() }
        case "Wait": state["Seconds"] = .int(below(4))
        case "Fail":
            state["Error"] = .string(one(of: ["E", "States.Timeout", ""]))
            state["Cause"] = .string(isJSONata ? "{% \(expression()) %}" : one(of: Drawing.texts))
        case "Choice":
            state["Choices"] = .array(
                (0...below(3)).map { _ in .object(rule(target(names, index), isJSONata: isJSONata)) })
            state["Default"] = target(names, index)
        case "Parallel":
            state["Branches"] = .array(
                (0...below(3)).map { _ in .object(group(depth: depth - 1, isJSONata: isJSONata)) })
            if isOne(in: 3) { state[arguments] = isJSONata ? template() : payload() }
        case "Map":
            var processor = group(depth: depth - 1, isJSONata: isJSONata)
            if isOne(in: 2) {
                processor["ProcessorConfig"] = [
                    "Mode": "DISTRIBUTED", "ExecutionType": .string(one(of: ["STANDARD", "EXPRESS"])),
                ]
                if isOne(in: 3) { state["ItemBatcher"] = ["MaxItemsPerBatch": .int(1 + below(4))] }
                if isOne(in: 2) { state["ToleratedFailurePercentage"] = .int(below(101)) }
                if isOne(in: 4) {
                    state["ItemReader"] = [
                        "Resource": "arn:aws:states:::s3:getObject",
                        "ReaderConfig": [
                            "InputType": .string(one(of: ["JSON", "CSV", "JSONL", "MANIFEST"])),
                            "CSVHeaderLocation": "FIRST_ROW",
                        ],
                        arguments: ["Bucket": "b", "Key": "k"],
                    ]
                }
                if isOne(in: 4) {
                    state["ResultWriter"] = [
                        "Resource": "arn:aws:states:::s3:putObject", arguments: ["Bucket": "b", "Prefix": "p"],
                    ]
                }
            }
            state["ItemProcessor"] = .object(processor)
            if isJSONata {
                state["Items"] = .string("{% \(isOne(in: 3) ? expression() : "$states.input.list") %}")
            } else {
                state["ItemsPath"] = .string(isOne(in: 3) ? plainPath() : "$.list")
            }
            if isOne(in: 3) { state["ItemSelector"] = isJSONata ? template() : payload() }
            if isOne(in: 2) { state["MaxConcurrency"] = .int(below(4)) }
        default: break
        }
    }

    private func rule(_ next: JSONValue, isJSONata: Bool) -> JSONObject {
        if isJSONata {
            return [
                "Condition": .string("{% \(isOne(in: 2) ? expression() : "$states.input.n > \(below(10))") %}"),
                "Next": next,
            ]
        }
        var rule = comparison(2)
        rule["Next"] = next
        return rule
    }

    private func comparison(_ depth: Int) -> JSONObject {
        switch below(depth > 0 ? 8 : 5) {
        case 0:
            return [
                "Variable": .string(plainPath()),
                one(of: ["IsPresent", "IsNull", "IsString", "IsNumeric", "IsTimestamp"]): true,
            ]
        case 1: return ["Variable": .string(isOne(in: 5) ? path() : plainPath()), "IsPresent": true]
        case 2: return ["Variable": "$.s", "StringMatches": .string(pieced(["*", "a", "b", "é"], 6))]
        case 3:
            return [
                "Variable": "$.n",
                one(of: ["NumericEquals", "NumericLessThan"]): .number(
                    JSONNumber(spelling: one(of: Drawing.numbers)) ?? JSONNumber(0)),
            ]
        case 4: return ["Variable": .string(plainPath()), "StringEqualsPath": .string(plainPath())]
        case 5: return ["Not": .object(comparison(depth - 1))]
        default: return [one(of: ["And", "Or"]): [.object(comparison(depth - 1)), .object(comparison(depth - 1))]]
        }
    }

    /// A payload template.
    private func payload() -> JSONValue {
        .object(
            JSONObject(
                (0..<(1 + below(4))).map { index -> (String, JSONValue) in
                    switch below(4) {
                    case 0: ("k\(index)", value(2))
                    case 1: ("k\(index).$", .string(isOne(in: 9) ? path() : plainPath()))
                    case 2: ("k\(index).$", .string(call()))
                    default: ("k\(index)", [payloadLeaf(), payloadLeaf()])
                    }
                }))
    }

    private func payloadLeaf() -> JSONValue { isOne(in: 2) ? ["p.$": .string(plainPath())] : value(1) }

    /// A template of JSONata.
    private func template() -> JSONValue {
        switch below(4) {
        case 0: .string("{% \(expression()) %}")
        case 1: [.string("{% \(expression()) %}"), value(1)]
        default:
            [
                "n": .string("{% $states.input.n + 1 %}"), "list": .string("{% $states.input.list %}"),
                "t": .string("{% \(expression()) %}"),
            ]
        }
    }
}
