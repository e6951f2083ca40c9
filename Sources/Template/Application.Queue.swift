extension Application {
    /// A standard SQS queue.
    package struct Queue: Sendable, Hashable {
        package var logicalID: String
        package var name: String
        package var arn: String
        /// For which a message that was received is out of sight; 0 to 43,200.
        package var visibilityTimeoutSeconds = 30
        /// After which a message that was sent can be received; 0 to 900.
        package var delaySeconds = 0
        /// After which a message is dropped; 60 to 1,209,600.
        package var retentionSeconds = 345_600
        /// For which a request for messages waits unless it says otherwise; 0 to 20.
        package var receiveWaitSeconds = 0
        /// 1,024 to 1,048,576.
        package var maximumMessageByteCount = 1_048_576
        package var redrive: RedrivePolicy?
        package var position: TemplatePosition

        package init(
            logicalID: String, name: String, arn: String, redrive: RedrivePolicy? = nil, position: TemplatePosition
        ) {
            self.logicalID = logicalID
            self.name = name
            self.arn = arn
            self.redrive = redrive
            self.position = position
        }
    }

    /// Where messages go that were received too often.
    package struct RedrivePolicy: Sendable, Hashable {
        /// The dead-letter queue, by ARN.
        package var deadLetterARN: String
        /// 1 to 1,000.
        package var maximumReceiveCount: Int

        package init(deadLetterARN: String, maximumReceiveCount: Int) {
            self.deadLetterARN = deadLetterARN
            self.maximumReceiveCount = maximumReceiveCount
        }
    }
}
