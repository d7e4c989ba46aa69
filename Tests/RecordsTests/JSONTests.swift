import Foundation
import PhotozRecords
import TestSupport
import Testing

/// JSON by the letter: what is taken, and the words with which the rest is refused.
@Suite struct JSONTests {
    private func refusal(_ text: String, _ body: (JSONNode) throws -> Void = { _ in }) -> String {
        do { try body(JSONNode(Array(text.utf8), file: "f.json")) } catch { return "\(error)" }
        return "taken"
    }

    @Test("Every kind of value, and escapes")
    func values() throws {
        let text = """
            \u{feff}{"a" : [1, -0.5e+3 ,"\\u00e9\\ud83d\\ude00\\n\\/\\"", true, false, null, {}, [ ]],"\\u0062":"ü"}
            """
        let root = try JSONNode(Array(text.utf8), file: "f.json")
        let items = try root.entry("a").list()
        #expect(try items[0].whole() == 1 && items[1].number() == -500)
        #expect(try items[2].text() == "é😀\n/\"")
        #expect(items[3...].map(\.value) == [.boolean(true), .boolean(false), .null, .object([:]), .list([])])
        #expect(try root.entry("b").text() == "ü")
        #expect(try root.known("c") == nil)
    }

    @Test("A key that is given twice is refused, however it is written and how deep it stands")
    func repeatedKeys() {
        #expect(refusal("{\"a\": 1,\n \"b\": 2,\n \"a\": 1}").contains("gives \"a\" twice, again in line 3"))
        #expect(refusal(#"{"a": 1, "\u0061": 2}"#).contains("\"a\" twice"))
        #expect(refusal(#"{"data_map": {"0": {"x": [], "x": []}}}"#).contains("\"data_map.0.x\" twice"))
        // One character, in one scalar and in two: the same key to all who look it up.
        #expect(refusal(#"{"\u00e9": 1, "e\u0301": 2}"#).contains("twice"))
        #expect(refusal(#"[{"a": 1}, {"a": 2}]"#) == "taken")
    }

    @Test(
        "What is no JSON",
        arguments: [
            ("", "ends early"), ("{\"a\":", "ends early"), ("[1", "ends early"), ("\"a", "ends early"),
            ("{\"a\":1,}", "a key is missing"), ("[1,]", "no value begins like this"), ("[1 2]", "without a comma"),
            ("{\"a\" 1}", "no colon"), ("{} {}", "something follows"), ("NaN", "no value"), ("-Infinity", "no value"),
            ("01", "no number"), ("1.", "no number"), ("1e", "no number"), ("+1", "no value"), ("tru", "no value"),
            ("'a'", "no value"), ("// x\n1", "no value"), ("\"\\x\"", "no character is written like this"),
            ("\"\\ud800\"", "half a character"), ("\"\\udc00\"", "half a character"), ("\"\\u12g4\"", "hexadecimal"),
            ("\"a\nb\"", "control character"),
        ])
    func syntax(text: String, words: String) {
        let refusal = refusal(text)
        #expect(refusal.hasPrefix("f.json: is no proper JSON: line ") && refusal.contains(words), "\(refusal)")
    }

    @Test("The place of a fault")
    func places() {
        #expect(refusal("{\n  \"a\": 1,\n  \"b\": x\n}").contains("line 3, column 8"))
    }

    @Test("Bytes that are no UTF-8, other encodings, and values too deep in one another")
    func encodings() {
        func refusal(_ bytes: [UInt8]) -> String {
            do { _ = try JSONNode(bytes, file: "f.json") } catch { return "\(error)" }
            return "taken"
        }
        #expect(refusal([0x22, 0xc3, 0x28, 0x22]).contains("UTF-8"))
        #expect(refusal([0xff, 0xfe, 0x7b, 0, 0x7d, 0]).contains("UTF-16"))
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(refusal(deep).contains("too deep"))
        #expect(refusal(Array((String(repeating: "[", count: 60) + String(repeating: "]", count: 60)).utf8)) == "taken")
    }

    @Test("Another type than expected: the key, what is expected and what is there")
    func types() {
        let text =
            #"{"a": {"b": ["x", 1.5]}, "c": null, "d": "y", "e": 1e999, "f": "a\u0000b", "g": 99999999999999999999}"#
        func said(_ body: (JSONNode) throws -> Void) -> String { refusal(text, body) }
        #expect(said { _ = try $0.entry("z") } == "f.json: has no \"z\"")
        #expect(said { _ = try $0.entry("a").entry("z") } == "f.json: \"a\" has no \"z\"")
        #expect(
            said { _ = try $0.entry("a").entry("b").list()[0].number() }
                == "f.json: \"a.b[0]\" is of another type: a number is expected, and it is the text \"x\"")
        #expect(
            said { _ = try $0.entry("a").entry("b").list()[1].whole() }
                == "f.json: \"a.b[1]\" must be a whole number from 0, and is the number 1.5")
        #expect(said { _ = try $0.entry("c").text() }.contains("a text is expected, and it is null"))
        #expect(said { _ = try $0.entry("d").wholeOrText(in: 1...9) }.contains("from 1 to 9, and is the text \"y\""))
        #expect(said { _ = try $0.entry("e").number() }.contains("\"e\" is the number 1e999, which is too large"))
        #expect(said { _ = try $0.entry("f").filePath() }.contains("zero character"))
        #expect(said { _ = try $0.entry("g").whole() }.contains("must be a whole number"))
        #expect(said { _ = try $0.entries()["a"]!.list() }.contains("a list is expected, and it is an object"))
        #expect(said { _ = try $0.entry("d").entry("x") }.contains("an object is expected, and it is the text \"y\""))
    }

    @Test("Whole numbers as they may be written")
    func wholeNumbers() throws {
        for (text, number) in [
            ("512", 512), ("5.12e2", 512), ("512.0", 512), ("9007199254740993", 9_007_199_254_740_993),
        ] {
            #expect(try JSONNode(Array(text.utf8), file: "f").whole() == number)
        }
        // A float64 cannot tell 2^53 + 1 from 2^53, so what is written like one is not taken for it.
        #expect(throws: RecordError.self) { try JSONNode(Array("9007199254740993.0".utf8), file: "f").whole() }
    }

    @Test("Nothing but a regular file is read")
    func files() throws {
        let folder = try TemporaryFolder()
        #expect(try JSONNode.read(folder.file("missing.json")) == nil)
        #expect(mkfifo(folder.file("pipe.json"), 0o600) == 0)
        for name in ["pipe.json", "."] {
            let error = #expect(throws: RecordError.self) { try JSONNode.read(folder.file(name)) }
            #expect(error?.kind == .unreadable && error?.description.contains("is no regular file") == true)
        }
        // A file of a size that none has takes no memory.
        _ = FileManager.default.createFile(atPath: folder.file("huge.json"), contents: nil)
        #expect(truncate(folder.file("huge.json"), 1 << 40) == 0)
        #expect(throws: RecordError.self) { try JSONNode.read(folder.file("huge.json")) }
    }
}
