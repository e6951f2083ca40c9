import Testing

@testable import AWSClient

@Suite("XMLElement")
struct XMLElementTests {
    @Test("elements, text, references and sections are read")
    func reads() throws {
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- a comment --><a:Root xmlns="http://x/" b='>'><Key>a&amp;b&lt;&#x1F3B5;&#65;</Key><Empty/><Key>two</Key>
            <Inner ><C><![CDATA[<raw>&amp;]]></C></Inner ></a:Root>
            """
        let root = try XMLElement(parsing: Array(text.utf8))
        #expect(root.name == "Root")
        #expect(root.all("Key").map(\.text) == ["a&b<🎵A", "two"])
        #expect(root.text("Empty") == "")
        #expect(root.first("Inner")?.text("C") == "<raw>&amp;")
        #expect(root.text("None") == nil)
    }

    @Test(
        "what is no whole document is refused",
        arguments: [
            "", "text", "<a>", "<a></b>", "<a/><b/>", "<a>&nope;</a>", "<!DOCTYPE a [<!ENTITY x \"y\">]><a/>",
            "<a b=\">",
            "<a>&#xD800;</a>", "<a><b></a></b>", "< a/>", "<a/>x",
            String(repeating: "<a>", count: 40) + String(repeating: "</a>", count: 40),
        ])
    func refuses(text: String) { #expect(throws: (any Error).self) { try XMLElement(parsing: Array(text.utf8)) } }

    @Test("every cut of a document is refused, none is read beyond its end")
    func cuts() throws {
        let text = Array("<Error><Code>Slow&amp;Down</Code><M><![CDATA[x]]></M><!-- c --></Error>".utf8)
        for end in 0..<text.count {
            #expect(throws: (any Error).self) { try XMLElement(parsing: Array(text[..<end])) }
        }
    }
}
