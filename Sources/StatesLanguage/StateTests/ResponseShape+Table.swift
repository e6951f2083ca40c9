/// Answers of AWS's services as their API references describe them, with names as Step Functions spells them.
///
/// Members and kinds are the services'; lists of values that grow with each of a service's releases are left out.
extension ResponseShape {
    static let table: [String: ResponseShape] = Dictionary(
        notations.split(separator: "\n").map { line in
            let name = line.prefix { $0 != " " }
            return (String(name), ResponseShape(notation: String(line.dropFirst(name.count).drop { $0 == " " })))
        }
    ) { $1 }

    private static let notations = """
        lambda:invoke \
          {StatusCode:n FunctionError:s LogResult:s Payload:* ExecutedVersion:s[1,1024] \
          DurableExecutionArn:s[1,1024]}
        lambda:getFunction \
          {Configuration:@FunctionConfiguration Code:{RepositoryType:s Location:s ImageUri:s \
          ResolvedImageUri:s SourceKMSKeyArn:s} Tags:<s> TagsError:{ErrorCode!:s[10,21] Message!:s[84,1000]} \
          Concurrency:{ReservedConcurrentExecutions:n[0,]}}
        dynamodb:getItem \
          {Item:<@AttributeValue> ConsumedCapacity:@ConsumedCapacity}
        dynamodb:putItem \
          {Attributes:<@AttributeValue> ConsumedCapacity:@ConsumedCapacity \
          ItemCollectionMetrics:@ItemCollectionMetrics}
        dynamodb:updateItem \
          {Attributes:<@AttributeValue> ConsumedCapacity:@ConsumedCapacity \
          ItemCollectionMetrics:@ItemCollectionMetrics}
        dynamodb:deleteItem \
          {Attributes:<@AttributeValue> ConsumedCapacity:@ConsumedCapacity \
          ItemCollectionMetrics:@ItemCollectionMetrics}
        dynamodb:query \
          {Items:[<@AttributeValue>] Count:n ScannedCount:n LastEvaluatedKey:<@AttributeValue> \
          ConsumedCapacity:@ConsumedCapacity}
        dynamodb:scan \
          {Items:[<@AttributeValue>] Count:n ScannedCount:n LastEvaluatedKey:<@AttributeValue> \
          ConsumedCapacity:@ConsumedCapacity}
        s3:getObject \
          {Body:* DeleteMarker:b AcceptRanges:s Expiration:s Restore:s LastModified:s ContentLength:n ETag:s \
          ChecksumCRC32:s ChecksumCRC32C:s ChecksumCRC64NVME:s ChecksumSHA1:s ChecksumSHA256:s \
          ChecksumSHA512:s ChecksumMD5:s ChecksumXXHASH64:s ChecksumXXHASH3:s ChecksumXXHASH128:s \
          ChecksumType:s(COMPOSITE|FULL_OBJECT) MissingMeta:n VersionId:s CacheControl:s ContentDisposition:s \
          ContentEncoding:s ContentLanguage:s ContentRange:s ContentType:s Expires:s WebsiteRedirectLocation:s \
          ServerSideEncryption:s(AES256|aws:fsx|aws:kms|aws:kms:dsse) Metadata:<s> SSECustomerAlgorithm:s \
          SSECustomerKeyMD5:s SSEKMSKeyId:s BucketKeyEnabled:b \
          StorageClass:s(STANDARD|REDUCED_REDUNDANCY|STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|GLACIER|DEEP_ARCHIVE|OUTPOSTS|GLACIER_IR|SNOW|EXPRESS_ONEZONE|FSX_OPENZFS|FSX_ONTAP) \
          RequestCharged:s(requester) ReplicationStatus:s(COMPLETE|PENDING|FAILED|REPLICA|COMPLETED) \
          PartsCount:n TagCount:n ObjectLockMode:s(GOVERNANCE|COMPLIANCE) ObjectLockRetainUntilDate:s \
          ObjectLockLegalHoldStatus:s(ON|OFF)}
        s3:putObject \
          {Expiration:s ETag:s ChecksumCRC32:s ChecksumCRC32C:s ChecksumCRC64NVME:s ChecksumSHA1:s \
          ChecksumSHA256:s ChecksumSHA512:s ChecksumMD5:s ChecksumXXHASH64:s ChecksumXXHASH3:s \
          ChecksumXXHASH128:s ChecksumType:s(COMPOSITE|FULL_OBJECT) \
          ServerSideEncryption:s(AES256|aws:fsx|aws:kms|aws:kms:dsse) VersionId:s SSECustomerAlgorithm:s \
          SSECustomerKeyMD5:s SSEKMSKeyId:s SSEKMSEncryptionContext:s BucketKeyEnabled:b Size:n \
          RequestCharged:s(requester)}
        s3:headObject \
          {DeleteMarker:b AcceptRanges:s Expiration:s Restore:s \
          ArchiveStatus:s(ARCHIVE_ACCESS|DEEP_ARCHIVE_ACCESS) LastModified:s ContentLength:n ChecksumCRC32:s \
          ChecksumCRC32C:s ChecksumCRC64NVME:s ChecksumSHA1:s ChecksumSHA256:s ChecksumSHA512:s ChecksumMD5:s \
          ChecksumXXHASH64:s ChecksumXXHASH3:s ChecksumXXHASH128:s ChecksumType:s(COMPOSITE|FULL_OBJECT) \
          ETag:s MissingMeta:n VersionId:s CacheControl:s ContentDisposition:s ContentEncoding:s \
          ContentLanguage:s ContentType:s ContentRange:s Expires:s WebsiteRedirectLocation:s \
          ServerSideEncryption:s(AES256|aws:fsx|aws:kms|aws:kms:dsse) Metadata:<s> SSECustomerAlgorithm:s \
          SSECustomerKeyMD5:s SSEKMSKeyId:s BucketKeyEnabled:b \
          StorageClass:s(STANDARD|REDUCED_REDUNDANCY|STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|GLACIER|DEEP_ARCHIVE|OUTPOSTS|GLACIER_IR|SNOW|EXPRESS_ONEZONE|FSX_OPENZFS|FSX_ONTAP) \
          RequestCharged:s(requester) ReplicationStatus:s(COMPLETE|PENDING|FAILED|REPLICA|COMPLETED) \
          PartsCount:n TagCount:n ObjectLockMode:s(GOVERNANCE|COMPLIANCE) ObjectLockRetainUntilDate:s \
          ObjectLockLegalHoldStatus:s(ON|OFF)}
        s3:copyObject \
          {CopyObjectResult:@CopyObjectResult Expiration:s CopySourceVersionId:s VersionId:s \
          ServerSideEncryption:s(AES256|aws:fsx|aws:kms|aws:kms:dsse) SSECustomerAlgorithm:s \
          SSECustomerKeyMD5:s SSEKMSKeyId:s SSEKMSEncryptionContext:s BucketKeyEnabled:b \
          RequestCharged:s(requester)}
        s3:listObjectsV2 \
          {IsTruncated:b Contents:[@Object] Name:s Prefix:s Delimiter:s MaxKeys:n CommonPrefixes:[{Prefix:s}] \
          EncodingType:s(url) KeyCount:n ContinuationToken:s NextContinuationToken:s StartAfter:s \
          RequestCharged:s(requester)}
        s3:deleteObject \
          {DeleteMarker:b VersionId:s RequestCharged:s(requester)}
        events:putEvents \
          {FailedEntryCount:n Entries:[{EventId:s[,64] ErrorCode:s ErrorMessage:s}]}
        states:startExecution \
          {ExecutionArn!:s[1,256] StartDate!:s}
        states:startSyncExecution \
          {ExecutionArn!:s[1,256] StateMachineArn:s[1,256] Name:s[1,80] StartDate!:s StopDate!:s \
          Status!:s(SUCCEEDED|FAILED|TIMED_OUT) Error:s[0,256] Cause:s[0,32768] Input:* \
          InputDetails:{Included:b} Output:* OutputDetails:{Included:b} TraceHeader:s[0,256] \
          BillingDetails:{BilledMemoryUsedInMB:n[0,] BilledDurationInMilliseconds:n[0,]}}
        states:describeExecution \
          {ExecutionArn!:s[1,256] StateMachineArn!:s[1,256] Name:s[1,80] \
          Status!:s(RUNNING|SUCCEEDED|FAILED|TIMED_OUT|ABORTED|PENDING_REDRIVE) StartDate!:s StopDate:s \
          Input:* InputDetails:{Included:b} Output:* OutputDetails:{Included:b} TraceHeader:s[0,256] \
          MapRunArn:s[1,2000] Error:s[0,256] Cause:s[0,32768] StateMachineVersionArn:s[1,256] \
          StateMachineAliasArn:s[1,256] RedriveCount:n RedriveDate:s \
          RedriveStatus:s(REDRIVABLE|NOT_REDRIVABLE|REDRIVABLE_BY_MAP_RUN) RedriveStatusReason:s[,262144]}
        kms:encrypt \
          {CiphertextBlob:s[1,6144] KeyId:s[1,2048] \
          EncryptionAlgorithm:s(SYMMETRIC_DEFAULT|RSAES_OAEP_SHA_1|RSAES_OAEP_SHA_256|SM2PKE)}
        kms:decrypt \
          {KeyId:s[1,2048] Plaintext:s[1,4096] \
          EncryptionAlgorithm:s(SYMMETRIC_DEFAULT|RSAES_OAEP_SHA_1|RSAES_OAEP_SHA_256|SM2PKE) \
          CiphertextForRecipient:s[1,6144] KeyMaterialId:s[64,64]}
        kms:generateDataKey \
          {CiphertextBlob:s[1,6144] Plaintext:s[1,4096] KeyId:s[1,2048] CiphertextForRecipient:s[1,6144] \
          KeyMaterialId:s[64,64]}
        sqs:sendMessage \
          {MD5OfMessageBody:s MD5OfMessageAttributes:s MD5OfMessageSystemAttributes:s MessageId:s \
          SequenceNumber:s}
        sqs:sendMessageBatch \
          {Successful!:[@SendMessageBatchResultEntry] Failed!:[{Id!:s SenderFault!:b Code!:s Message:s}]}
        sqs:receiveMessage \
          {Messages:[@Message]}
        sns:publish \
          {MessageId:s SequenceNumber:s}
        sns:publishBatch \
          {Successful:[{Id:s MessageId:s SequenceNumber:s}] Failed:[{Id!:s Code!:s Message:s SenderFault!:b}]}
        secretsmanager:getSecretValue \
          {ARN:s[20,2048] Name:s[1,256] VersionId:s[32,64] SecretBinary:s[1,65536] SecretString:s[1,65536] \
          VersionStages:[s[1,256]] CreatedDate:s}
        ssm:getParameter \
          {Parameter:@Parameter}
        glue:startJobRun \
          {JobRunId:s[1,255]}
        athena:startQueryExecution \
          {QueryExecutionId:s[1,128]}
        batch:submitJob \
          {JobArn:s JobName!:s JobId!:s}
        @AttributeValue \
          {S:s N:s B:s SS:[s] NS:[s] BS:[s] M:<@AttributeValue> L:[@AttributeValue] NULL:b BOOL:b}
        @Capacity \
          {ReadCapacityUnits:n WriteCapacityUnits:n CapacityUnits:n}
        @ConsumedCapacity \
          {TableName:s[1,1024] CapacityUnits:n ReadCapacityUnits:n WriteCapacityUnits:n Table:@Capacity \
          LocalSecondaryIndexes:<@Capacity> GlobalSecondaryIndexes:<@Capacity>}
        @CopyObjectResult \
          {ETag:s LastModified:s ChecksumType:s(COMPOSITE|FULL_OBJECT) ChecksumCRC32:s ChecksumCRC32C:s \
          ChecksumCRC64NVME:s ChecksumSHA1:s ChecksumSHA256:s ChecksumSHA512:s ChecksumMD5:s \
          ChecksumXXHASH64:s ChecksumXXHASH3:s ChecksumXXHASH128:s}
        @FunctionConfiguration \
          {FunctionName:s[1,256] FunctionArn:s[0,10000] Runtime:s Role:s Handler:s[0,128] CodeSize:n \
          Description:s[0,256] Timeout:n[1,] MemorySize:n[128,10240] LastModified:s CodeSha256:s \
          Version:s[1,1024] VpcConfig:{SubnetIds:[s] SecurityGroupIds:[s] VpcId:s Ipv6AllowedForDualStack:b} \
          DeadLetterConfig:{TargetArn:s} Environment:{Variables:<s> Error:{ErrorCode:s Message:s}} KMSKeyArn:s \
          TracingConfig:{Mode:s(Active|PassThrough)} MasterArn:s[0,10000] RevisionId:s Layers:[{Arn:s[1,140] \
          CodeSize:n SigningProfileVersionArn:s SigningJobArn:s}] \
          State:s(Pending|Active|Inactive|Failed|Deactivating|Deactivated|ActiveNonInvocable|Deleting) \
          StateReason:s StateReasonCode:s LastUpdateStatus:s(Successful|Failed|InProgress) \
          LastUpdateStatusReason:s LastUpdateStatusReasonCode:s FileSystemConfigs:[{Arn!:s[0,256] \
          LocalMountPath!:s[0,160]}] PackageType:s(Zip|Image) ImageConfigResponse:@ImageConfigResponse \
          SigningProfileVersionArn:s SigningJobArn:s Architectures:[s(x86_64|arm64)] \
          EphemeralStorage:{Size!:n[512,10240]} SnapStart:{ApplyOn:s(PublishedVersions|None) \
          OptimizationStatus:s(On|Off)} RuntimeVersionConfig:{RuntimeVersionArn:s[26,2048] Error:{ErrorCode:s \
          Message:s}} LoggingConfig:@LoggingConfig ConfigSha256:s DurableConfig:{RetentionPeriodInDays:n[1,90] \
          ExecutionTimeout:n[1,31622400]} TenancyConfig:{TenantIsolationMode!:s(PER_TENANT)}}
        @ImageConfigResponse \
          {ImageConfig:{EntryPoint:[s] Command:[s] WorkingDirectory:s[0,1000]} Error:{ErrorCode:s Message:s}}
        @ItemCollectionMetrics \
          {ItemCollectionKey:<@AttributeValue> SizeEstimateRangeGB:[n]}
        @LoggingConfig \
          {LogFormat:s(JSON|Text) ApplicationLogLevel:s(TRACE|DEBUG|INFO|WARN|ERROR|FATAL) \
          SystemLogLevel:s(DEBUG|INFO|WARN) LogGroup:s[1,512]}
        @Message \
          {MessageId:s ReceiptHandle:s MD5OfBody:s Body:s Attributes:<s> MD5OfMessageAttributes:s \
          MessageAttributes:<{StringValue:s BinaryValue:s StringListValues:[s] BinaryListValues:[s] \
          DataType!:s}>}
        @Object \
          {Key:s[1,] LastModified:s ETag:s \
          ChecksumAlgorithm:[s(CRC32|CRC32C|SHA1|SHA256|CRC64NVME|SHA512|MD5|XXHASH64|XXHASH3|XXHASH128)] \
          ChecksumType:s(COMPOSITE|FULL_OBJECT) Size:n \
          StorageClass:s(STANDARD|REDUCED_REDUNDANCY|GLACIER|STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|DEEP_ARCHIVE|OUTPOSTS|GLACIER_IR|SNOW|EXPRESS_ONEZONE|FSX_OPENZFS|FSX_ONTAP) \
          Owner:{DisplayName:s ID:s} RestoreStatus:{IsRestoreInProgress:b RestoreExpiryDate:s}}
        @Parameter \
          {Name:s[1,2048] Type:s(String|StringList|SecureString) Value:s Version:n Selector:s[0,128] \
          SourceResult:s LastModifiedDate:s ARN:s DataType:s[0,128]}
        @SendMessageBatchResultEntry \
          {Id!:s MessageId!:s MD5OfMessageBody!:s MD5OfMessageAttributes:s MD5OfMessageSystemAttributes:s \
          SequenceNumber:s}
        """
}
