import LambdaRuntime
import MusicPipeline
import Storage

LambdaRuntime.run { environment in
    let stores = try Stores.fromEnvironment(
        environment.variables, clock: environment.clock, entropy: environment.entropy)
    let names = PipelineNames(environment: environment.variables)
    try stores.createLocalBuckets(names.buckets)
    let references = ReferenceLoader(
        objects: stores.objects, bucket: names.rawBucket, snapshotBucket: names.trialBucket,
        temporaryFolder: ReferenceLoader.temporaryFolder(environment.variables))
    return Etl(
        objects: stores.objects,
        enrichment: Enrichment(objects: stores.objects, references: references, trialBucket: names.trialBucket),
        names: names)
}

extension PipelineError: LambdaError {}
