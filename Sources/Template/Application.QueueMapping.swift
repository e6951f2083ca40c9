package import JSON

extension Application {
    /// An event source mapping: a function that works on a queue's messages.
    package struct QueueMapping: Sendable, Hashable {
        /// Its own, or SAM's: the function's id and the event's name joined.
        package var logicalID: String
        package var functionARN: String
        package var queueARN: String
        package var isEnabled = true
        /// Messages of one event at most; 1 to 10,000.
        package var batchSize = 10
        /// For which a batch that is not full waits; 0 to 300.
        package var batchingWindowSeconds = 0
        /// Batches that are worked on at once; 2 to 1,000.
        package var maximumConcurrency: Int?
        /// Whether the function says which messages failed.
        package var reportsItemFailures = false
        /// Event patterns, of which one must match; empty for every message.
        package var filters: [JSONValue] = []
        package var position: TemplatePosition

        package init(logicalID: String, functionARN: String, queueARN: String, position: TemplatePosition) {
            self.logicalID = logicalID
            self.functionARN = functionARN
            self.queueARN = queueARN
            self.position = position
        }
    }
}
