"""Carries out requests on moto's DynamoDB in this process, and nothing else: no socket, no account.

Standard input: lines of {"items": [...], "action": "UpdateItem", "parameters": {...}}, each on a table of its own making.
Standard output: a line for each, {"error", "message", "answer", "items"}.
"""
import base64
import json
import os
import sys

os.environ.update(
    AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true"
)

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402
from moto import mock_aws  # noqa: E402


def plain(value):
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items() if key != "ResponseMetadata"}
    if isinstance(value, list):
        return [plain(element) for element in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def answered(client, request):
    """Carries a request out on a new table; what one request does to the peer must not reach the next."""
    if "songs" in client.list_tables()["TableNames"]:
        client.delete_table(TableName="songs")
    client.create_table(
        TableName="songs",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    result = {"error": None, "message": None, "answer": {}, "items": []}
    try:
        for item in request["items"]:
            client.put_item(TableName="songs", Item=item)
        try:
            result["answer"] = plain(client._make_api_call(request["action"], request["parameters"]))
        except ClientError as error:
            result["error"] = error.response["Error"]["Code"]
            result["message"] = error.response["Error"]["Message"]
        result["items"] = plain(client.scan(TableName="songs")["Items"])
    except Exception as error:
        result["error"] = "PeerFault"
        result["message"] = repr(error)
    return result


def main():
    with mock_aws():
        client = boto3.client("dynamodb", config=Config(parameter_validation=False, retries={"max_attempts": 0}))
        for line in sys.stdin:
            print(json.dumps(answered(client, json.loads(line))), flush=True)


main()
