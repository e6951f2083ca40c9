import FileSystem
import Glibc
import JSON
import TestSupport
import Testing

/// `turntable package` and `verify` on a small program in place of a function: what is packaged stands beside `turntable`.
@Suite("Packaging on the command line", .timeLimit(.minutes(10)))
struct PackageVerbTests {
    private func withProducts(
        _ variables: [String: String] = [:],
        _ body: (_ folder: String, _ run: ([String]) async throws -> FinishedProcess) async throws -> Void
    )
        async throws
    {
        try await withTemporaryDirectory { folder in
            try FileSystem.createDirectories("\(folder)/products")
            let functions = ["validate-file", "etl", "write-kpis", "archive", "split-file"].map { ("/bin/sh", $0) }
            for (source, name) in functions + [(RouterUnderTest.turntable, "turntable")] {
                let copied = try await runProcess("cp", ["-L", source, "\(folder)/products/\(name)"])
                #expect(copied.status == 0, "\(copied.errorOutput)")
            }
            #expect(symlink("\(Repository.root)/infra", "\(folder)/infra") == 0)
            let nobody = [
                "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_REGION": "eu-central-1", "HOME": folder,
            ]
            let environment = nobody.merging(variables) { $1 }
            try await body(folder) { arguments in
                try await runProcess(
                    "\(folder)/products/turntable", arguments, environment: environment, directory: folder)
            }
        }
    }

    @Test("the same program gives the same zip, whatever its times; Python sees a bootstrap that may be run")
    func reproducible() async throws {
        try await withProducts { folder, run in
            let first = try await run(["package", "archive", "--out", "first", "--json"])
            let report = try JSONValue(parsing: first.output)
            #expect(report["function"] == "archive" && report["zip"] == "first/archive.zip")
            let failures = report["problems"]?.arrayValue?.filter { $0["severity"] == "failure" } ?? []
            #expect(first.status == (failures.isEmpty ? 0 : 1), "\(first.output)\(first.errorOutput)")
            #expect(try await runProcess("touch", ["-d", "2001-02-03", "\(folder)/products/archive"]).status == 0)
            let second = try await run(["package", "archive", "--out", "second"])
            #expect(second.status == first.status)
            let digest = try #require(report["code_sha256"]?.stringValue)
            #expect(second.output.contains("CodeSha256  \(digest)\n"))
            let zip = try FileSystem.readFile("\(folder)/first/archive.zip")
            #expect(try FileSystem.readFile("\(folder)/second/archive.zip") == zip)

            let script = """
                import base64, hashlib, sys, zipfile
                with zipfile.ZipFile(sys.argv[1]) as archive:
                    same = archive.read("bootstrap") == open(sys.argv[2], "rb").read()
                    print(archive.namelist(), oct(archive.getinfo("bootstrap").external_attr >> 16), same)
                print(base64.b64encode(hashlib.sha256(open(sys.argv[1], "rb").read()).digest()).decode())
                """
            let python = try await runProcess(
                "python3", ["-c", script, "\(folder)/first/archive.zip", "\(folder)/products/archive"])
            #expect(python.output == "['bootstrap'] 0o100755 True\n\(digest)\n", "\(python.errorOutput)")
        }
    }

    @Test("verify tells the same from a package of another build, and what it could not ask AWS")
    func verify() async throws {
        try await withProducts { folder, run in
            _ = try await run(["package", "archive", "etl"])
            let zips = [".build/lambda/archive.zip", ".build/lambda/etl.zip"]
            let same = try await run(["verify"] + zips)
            #expect(same.status == 0, "\(same.output)\(same.errorOutput)")
            #expect(
                same.output.contains("archive  .build/lambda/archive.zip\n  the same as what runs here, CodeSha256 "))
            #expect(same.output.contains("deployed: not compared: no AWS credentials"))

            let program = try File("\(folder)/products/etl", .append)
            try program.write([0])
            let other = try await run(["verify", "--json"] + zips)
            #expect(other.status == 1)
            let lines = try other.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            #expect(lines.map { $0["status"] } == ["same", "different"])
            #expect(lines.allSatisfy { $0["deployed"] == "not_compared" })
            // The template has five functions; two were packaged.
            let missing = try await run(["verify"])
            #expect(missing.status == 1 && missing.errorOutput.contains("validate-file.zip: run 'make package'"))
        }
    }

    @Test("verify compares packages with what Lambda has")
    func deployed() async throws {
        let moto = try await MotoServer.take()
        defer { moto.giveBack() }
        try await withProducts(moto.environment) { folder, run in
            _ = try await run(["package", "archive", "etl", "validate-file"])
            let deploy = """
                import boto3, json
                options = dict(endpoint_url="\(moto.origin)", region_name="eu-central-1", aws_access_key_id="a",
                               aws_secret_access_key="b")
                role = boto3.client("iam", **options).create_role(
                    RoleName="r", AssumeRolePolicyDocument=json.dumps({}))["Role"]["Arn"]
                for name, zip in (("archive", "archive"), ("etl", "archive")):
                    code = open(f".build/lambda/{zip}.zip", "rb").read()
                    boto3.client("lambda", **options).create_function(
                        FunctionName=name, Runtime="provided.al2023", Role=role, Handler="bootstrap", Code={"ZipFile": code})
                """
            let done = try await runProcess(Repository.python, ["-c", deploy], directory: folder)
            #expect(done.status == 0, "\(done.errorOutput)")
            // The three are the same shell in the same zip but for a name that is not in it.
            try File("\(folder)/products/archive", .append).write([0])
            _ = try await run(["package", "archive"])
            let zips = ["archive", "etl", "validate-file"].map { ".build/lambda/\($0).zip" }
            let finished = try await run(["verify", "--json"] + zips)
            #expect(finished.status == 1)
            let lines = try finished.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            #expect(lines.map { $0["status"] } == ["same", "same", "same"], "\(finished.errorOutput)")
            #expect(lines.map { $0["deployed"] } == ["different", "same", "not_compared"])
            #expect(lines[2]["deployed_reason"]?.stringValue?.contains("ResourceNotFoundException") == true)
        }
    }

    @Test("a bundle that would not be found by the program is refused, and it says how to link")
    func bundle() async throws {
        try await withProducts { folder, run in
            let finished = try await run(["package", "archive", "--bundle"])
            // The shell has no run path, so that bundled libraries would not be found: it says so.
            #expect(finished.status == 1 && finished.errorOutput.contains("-rpath=$ORIGIN/lib"))
        }
    }

    @Test("a function that is not there is wrong usage; one that is not built says what to do")
    func unknown() async throws {
        try await withProducts { folder, run in
            let unknown = try await run(["package", "archiv"])
            #expect(unknown.status == 2 && unknown.errorOutput.contains("did you mean 'archive'?"))
            try FileSystem.removeFile("\(folder)/products/write-kpis")
            let unbuilt = try await run(["package", "write-kpis"])
            #expect(unbuilt.status == 1 && unbuilt.errorOutput.contains("products/write-kpis: run 'make build'"))
            let wrongZip = try await run(["verify", "other.zip"])
            #expect(wrongZip.status == 2)
        }
    }

    @Test(
        "the AWS command line uploads the zips that the template names as they are, so that their digests are Lambda's")
    func upload() async throws {
        try await withProducts { folder, run in
            let packaged = try await run(["package", "--json"])
            let reports = try packaged.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            let script = """
                import base64, hashlib, os
                from awscli.customizations.cloudformation import artifact_exporter

                class Uploader:
                    artifact_metadata = None
                    def upload_with_dedup(self, path, extension=None):
                        with open(path, "rb") as file:
                            print(os.path.basename(path), base64.b64encode(hashlib.sha256(file.read()).digest()).decode())
                        return "s3://bucket/key"

                artifact_exporter.Template(
                    "infra/template.yaml", os.getcwd(), Uploader(),
                    resources_to_export=[artifact_exporter.ServerlessFunctionResource]).export()
                """
            let uploaded = try await runProcess(Repository.python, ["-c", script], directory: folder)
            #expect(uploaded.status == 0, "\(uploaded.errorOutput)")
            let expected = reports.map {
                "\($0["function"]?.stringValue ?? "").zip \($0["code_sha256"]?.stringValue ?? "")"
            }
            #expect(expected.count == 5)
            #expect(Set(uploaded.output.split(separator: "\n").map(String.init)) == Set(expected))
        }
    }
}
