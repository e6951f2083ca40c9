import LambdaRuntime
import MusicPipeline
import Storage

LambdaRuntime.run { environment in
    let stores = try Stores.fromEnvironment(
        environment.variables, clock: environment.clock, entropy: environment.entropy)
    let names = PipelineNames(environment: environment.variables)
    try stores.createLocalBuckets(names.buckets)
    return ValidateFile(
        objects: stores.objects,
        tracker: FileTracker(table: stores.table(names.trackerSchema), clock: environment.clock),
        references: ReferenceLoader(objects: stores.objects, bucket: names.rawBucket), names: names,
        thresholds: try ValidateFile.thresholds(environment["MAX_BAD_ROW_PERCENT"]))
}

extension PipelineError: LambdaError {}
