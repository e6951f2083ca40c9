// Functions with a mistake in them that a simulation must find. MUTANT names the mistake; the file's name in the folder of
// products says which function it stands in for.
import LambdaRuntime
import MusicPipeline
import Storage

LambdaRuntime.run { environment in
    let stores = try Stores.fromEnvironment(
        environment.variables, clock: environment.clock, entropy: environment.entropy)
    let names = PipelineNames(environment: environment.variables)
    try stores.createLocalBuckets(names.buckets)
    func references(_ objects: any ObjectStore) -> ReferenceLoader {
        ReferenceLoader(
            objects: objects, bucket: names.rawBucket, snapshotBucket: names.trialBucket,
            temporaryFolder: ReferenceLoader.temporaryFolder(environment.variables))
    }
    func writeKPIs(_ table: any Table) -> WriteKPIs {
        WriteKPIs(
            objects: stores.objects,
            enrichment: Enrichment(
                objects: stores.objects, references: references(stores.objects), trialBucket: names.trialBucket),
            writing: KPIWriting(
                objects: stores.objects, table: table, references: references(stores.objects),
                trialBucket: names.trialBucket, clock: environment.clock, entropy: environment.entropy))
    }
    switch environment.variables["MUTANT"] {
    case "late-merge-wins": return writeKPIs(MutantTable(stores.table(names.kpiSchema), ignoresConditions: true))
    case "failures-unseen": return writeKPIs(MutantTable(stores.table(names.kpiSchema), ignoresErrors: true))
    case "parquet-of-each-attempt":
        let objects = MutantObjects(stores.objects, renamesParquet: { "\(environment.entropy.next())" })
        return Etl(
            objects: objects,
            enrichment: Enrichment(objects: objects, references: references(objects), trialBucket: names.trialBucket),
            names: names)
    case "quarantine-unseen":
        return Archive(
            objects: MutantObjects(stores.objects, hidden: (names.warehouseBucket, "quarantine/")),
            tracker: FileTracker(
                table: MutantTable(stores.table(names.trackerSchema), ignoresConditions: true), clock: environment.clock
            ),
            names: names)
    case let other: throw MutantError(description: "MUTANT is \(other ?? "not set")")
    }
}

struct MutantError: Error, CustomStringConvertible { let description: String }

extension PipelineError: LambdaError {}
