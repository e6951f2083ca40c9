extension Application {
    /// An S3 bucket and whom it tells about its objects.
    package struct Bucket: Sendable, Hashable {
        package var logicalID: String
        package var name: String
        package var arn: String
        package var notifications: [Notification]
        /// Whether its events go to the default event bus.
        package var sendsToEventBridge: Bool
        package var position: TemplatePosition

        package init(
            logicalID: String, name: String, arn: String, notifications: [Notification], sendsToEventBridge: Bool,
            position: TemplatePosition
        ) {
            self.logicalID = logicalID
            self.name = name
            self.arn = arn
            self.notifications = notifications
            self.sendsToEventBridge = sendsToEventBridge
            self.position = position
        }
    }

    /// One notification of a bucket, whose target is a function.
    package struct Notification: Sendable, Hashable {
        /// Such as `s3:ObjectCreated:*`.
        package var events: [String]
        /// Empty for any key.
        package var prefix: String
        /// Empty for any key.
        package var suffix: String
        package var functionARN: String
        package var position: TemplatePosition

        package init(events: [String], prefix: String, suffix: String, functionARN: String, position: TemplatePosition)
        {
            self.events = events
            self.prefix = prefix
            self.suffix = suffix
            self.functionARN = functionARN
            self.position = position
        }
    }
}
