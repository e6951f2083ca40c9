/// The optimized service integrations of Step Functions and what each can wait for ("Integrating services", the table
/// of supported integrations). SDK integrations (`aws-sdk:`) are open: they are every service's actions.
enum ServiceCatalog {
    private typealias Patterns = Set<ServiceIntegration.Pattern>
    private static let call: Patterns = [.requestResponse]
    private static let callback: Patterns = [.requestResponse, .waitForTaskToken]
    private static let job: Patterns = [.requestResponse, .sync]
    private static let all: Patterns = [.requestResponse, .sync, .waitForTaskToken]

    private static let services: [String: [String: Patterns]] = [
        "apigateway": ["invoke": callback],
        "athena": [
            "startQueryExecution": job, "stopQueryExecution": call, "getQueryExecution": call, "getQueryResults": call,
        ],
        "batch": ["submitJob": job],
        "bedrock": ["invokeModel": callback, "createModelCustomizationJob": job],
        "codebuild": [
            "startBuild": job, "stopBuild": call, "batchDeleteBuilds": call, "batchGetReports": call,
            "startBuildBatch": job, "stopBuildBatch": call, "retryBuildBatch": job, "deleteBuildBatch": call,
        ],
        "databrew": ["startJobRun": job],
        "dynamodb": ["getItem": call, "putItem": call, "deleteItem": call, "updateItem": call],
        "ecs": ["runTask": all],
        "eks": [
            "createCluster": job, "deleteCluster": job, "createFargateProfile": job, "deleteFargateProfile": job,
            "createNodegroup": job, "deleteNodegroup": job, "runJob": job, "call": call,
        ],
        "elasticmapreduce": [
            "createCluster": job, "terminateCluster": job, "addStep": job, "cancelStep": call,
            "setClusterTerminationProtection": call, "modifyInstanceFleetByName": call,
            "modifyInstanceGroupByName": call,
        ],
        "emr-containers": ["createVirtualCluster": call, "deleteVirtualCluster": job, "startJobRun": job],
        "emr-serverless": [
            "createApplication": job, "startApplication": job, "stopApplication": job,
            "deleteApplication": job, "startJobRun": job, "cancelJobRun": job,
        ],
        "events": ["putEvents": callback],
        "glue": ["startJobRun": job],
        "http": ["invoke": call],
        "lambda": ["invoke": callback],
        "mediaconvert": ["createJob": job],
        "sagemaker": [
            "createEndpoint": call, "createEndpointConfig": call, "createHyperParameterTuningJob": job,
            "createLabelingJob": job, "createModel": call, "createProcessingJob": job, "createTrainingJob": job,
            "createTransformJob": job, "updateEndpoint": call,
        ],
        "sns": ["publish": callback],
        "sqs": ["sendMessage": callback],
        "states": ["startExecution": [.requestResponse, .sync, .sync2, .waitForTaskToken]],
    ]

    static func supports(_ integration: ServiceIntegration) -> Bool {
        if integration.service.hasPrefix("aws-sdk:") {
            return [.requestResponse, .waitForTaskToken].contains(integration.pattern)
        }
        return services[integration.service]?[integration.action]?.contains(integration.pattern) ?? false
    }
}
