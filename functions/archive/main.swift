import LambdaRuntime
import MusicPipeline
import Storage

LambdaRuntime.run { environment in
    let stores = try Stores.fromEnvironment(
        environment.variables, clock: environment.clock, entropy: environment.entropy)
    let names = PipelineNames(environment: environment.variables)
    try stores.createLocalBuckets(names.buckets)
    return Archive(
        objects: stores.objects,
        tracker: FileTracker(table: stores.table(names.trackerSchema), clock: environment.clock),
        names: names)
}

extension PipelineError: LambdaError {}
