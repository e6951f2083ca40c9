/// What a metric's number counts, as CloudWatch names it.
public enum MetricUnit: String, Sendable {
    case none = "None"
    case count = "Count"
    case percent = "Percent"
    case seconds = "Seconds"
    case milliseconds = "Milliseconds"
    case microseconds = "Microseconds"
    case bytes = "Bytes"
    case kilobytes = "Kilobytes"
    case megabytes = "Megabytes"
    case gigabytes = "Gigabytes"
    case bytesPerSecond = "Bytes/Second"
    case countPerSecond = "Count/Second"
}
