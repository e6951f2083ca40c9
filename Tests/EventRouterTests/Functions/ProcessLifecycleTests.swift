import Digest
import Testing

@testable import EventRouter

@Suite("A process and the Runtime API")
struct ProcessLifecycleTests {
    @Test("an event goes in, an answer comes out, then the next")
    func round() {
        var process = ProcessLifecycle()
        #expect(process.next() == .initialised)
        #expect(!process.isBusy)
        for id in ["a", "b"] {
            let begins = process.begin(requestID: id)
            #expect(begins)
            #expect(process.isBusy)
            let answer = process.answer(requestID: id, isError: id == "b")
            #expect(answer == .accepted)
            #expect(process.isBusy)
            #expect(process.next() == .invocationDone)
        }
        #expect(process.next() == .replaced)
    }

    @Test("refusals name both states")
    func refusals() {
        func refusal(_ from: String, _ to: String) -> String {
            "State transition from \(from) to \(to) failed for runtime. Error: State transition is not allowed"
        }
        var process = ProcessLifecycle()
        #expect(
            process.answer(requestID: "a", isError: true) == .refused(refusal("Started", "InvocationErrorResponse")))
        #expect(process.begin(requestID: "a") == false)
        _ = process.next()
        #expect(process.initError() == .refused(refusal("Ready", "InitError")))
        _ = process.begin(requestID: "a")
        #expect(process.next() == .refused(refusal("Running", "Ready")))
        #expect(process.begin(requestID: "b") == false)
        #expect(process.answer(requestID: "b", isError: false) == .invalidRequestID)
        #expect(process.answer(requestID: "a", isError: false) == .accepted)
        #expect(
            process.answer(requestID: "a", isError: false) == .refused(refusal("ResponseSent", "InvocationResponse")))
        process.end()
        #expect(process.next() == .refused(refusal("Exited", "Ready")))
    }

    @Test("a process that can't start says so once")
    func initError() {
        var process = ProcessLifecycle()
        #expect(process.initError() == .accepted)
        guard case .refused = process.initError() else { return #expect(Bool(false), "accepted twice") }
        guard case .refused = process.next() else { return #expect(Bool(false), "got work after all") }
    }

    @Test(
        "functions are named in many ways",
        arguments: [
            ("f", "f", nil), ("f:1", "f", "1"), ("f:$LATEST", "f", "$LATEST"), ("123:function:f", "f", nil),
            ("123:function:f:live", "f", "live"), ("arn:aws:lambda:eu-west-1:123:function:f", "f", nil),
            ("arn:aws:lambda:eu-west-1:123:function:f:2", "f", "2"), ("", nil, nil), (":", nil, nil), ("f:", nil, nil),
            ("arn:aws:s3:::bucket", nil, nil), ("a:b:c", nil, nil), ("arn:aws:lambda:r:1:layer:f", nil, nil),
        ] as [(String, String?, String?)])
    func names(text: String, name: String?, qualifier: String?) {
        #expect(FunctionName(text)?.name == name)
        #expect(FunctionName(text)?.qualifier == qualifier)
    }

    @Test(
        "Base64 goes both ways",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"), ("\u{0}ÿ?>", "AMO/Pz4="),
        ])
    func base64(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decodeUnpadded(encoded) == Array(plain.utf8))
        #expect(Base64.decodeUnpadded("A") == nil)
        #expect(Base64.decodeUnpadded("Zm9v!") == nil)
    }
}
