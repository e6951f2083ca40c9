import Clocks
import JSON

/// The files in which a distributed Map leaves what its child executions gave ("ResultWriter").
struct MapResults {
    let run: MapRun
    let bucket: String
    let prefix: String

    /// The files, the manifest last, and the manifest's key.
    func objects() -> (objects: [TaskRequest.WrittenObject], manifestKey: String) {
        let name = run.arn.split(separator: ":").last.map(String.init) ?? "run"
        let folder = (prefix.isEmpty || prefix.hasSuffix("/") ? prefix : prefix + "/") + name
        var files: [(kind: String, entries: [JSONValue])] = [("FAILED", []), ("PENDING", []), ("SUCCEEDED", [])]
        for record in run.records {
            if case .succeeded = record.outcome {
                files[2].entries.append(entry(record))
            } else {
                files[0].entries.append(entry(record))
            }
        }
        var objects: [TaskRequest.WrittenObject] = []
        var results = JSONObject()
        for (kind, entries) in files {
            guard !entries.isEmpty else {
                results[kind] = []
                continue
            }
            let text = JSONValue.array(entries).text()
            let key = "\(folder)/\(kind)_0.json"
            objects.append(TaskRequest.WrittenObject(key: key, text: text))
            results[kind] = [["Key": .string(key), "Size": .int(text.utf8.count)]]
        }
        let manifestKey = "\(folder)/manifest.json"
        let manifest: JSONValue = [
            "DestinationBucket": .string(bucket), "MapRunArn": .string(run.arn), "ResultFiles": .object(results),
        ]
        objects.append(TaskRequest.WrittenObject(key: manifestKey, text: manifest.text()))
        return (objects, manifestKey)
    }

    private func entry(_ record: MapRun.Record) -> JSONValue {
        var object: JSONObject = [
            "ExecutionArn": .string(record.identity.arn), "Input": .string(record.input.text()),
            "InputDetails": ["Included": true], "Name": .string(record.identity.name),
        ]
        var status = "FAILED"
        switch record.outcome {
        case .succeeded(let output):
            status = "SUCCEEDED"
            object["Output"] = .string(output.text())
            object["OutputDetails"] = ["Included": true]
        case .failed(let error), .aborted(let error):
            if case .aborted = record.outcome { status = "ABORTED" }
            object["Error"] = .string(error.name)
            object["Cause"] = error.cause.map { .string($0) }
        case .timedOut: status = "TIMED_OUT"
        }
        object["RedriveCount"] = .int(record.redriveCount)
        object["StartDate"] = .string(record.startTime.iso8601)
        object["StateMachineArn"] = .string(record.identity.stateMachineARN)
        object["Status"] = .string(status)
        object["StopDate"] = .string(record.stopTime.iso8601)
        return .object(object)
    }
}
