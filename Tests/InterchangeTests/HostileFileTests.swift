import Foundation
import Interchange
import TestSupport
import Testing

/// Files that want to run something, to fill the memory, or to keep the reader busy.
@Suite struct HostileFileTests {
    /// What a file is refused with; nil when it is taken.
    private func refusal(_ pickle: Pickle) throws -> String? {
        let path = try TemporaryFolder().file("hostile.pt")
        try pickle.write(path)
        do { _ = try TorchFile(path).content() } catch let error as InterchangeError { return error.description }
        return nil
    }

    @Test(
        "Calls are refused by name, and nothing runs",
        arguments: [
            ("posix", "system"), ("os", "system"), ("subprocess", "Popen"), ("builtins", "eval"),
            ("__builtin__", "exec"),
            ("torch.storage", "_load_from_bytes"), ("torch.jit", "load"), ("importlib", "import_module"), ("", ""),
        ])
    func calls(module: String, name: String) throws {
        var pickle = Pickle()
        pickle.global(module, name)
        pickle.opcode("(")
        pickle.opcode("X", [4, 0, 0, 0] + Array("true".utf8))
        pickle.opcode("t")
        var made = pickle
        pickle.opcode("R")
        #expect(try refusal(pickle)?.contains("asks to run \(module).\(name)") == true)
        made.bytes.append(0x81)
        #expect(try refusal(made)?.contains("asks to run \(module).\(name)") == true)
    }

    @Test("Opcodes of other pickles are refused", arguments: Array("iIFSVLlpgPo\u{82}\u{83}B2"))
    func opcodes(opcode: Character) throws {
        var pickle = Pickle()
        pickle.bytes += [UInt8(opcode.unicodeScalars.first!.value), 0x31, 0x0a, 0x31, 0x0a]
        #expect(try refusal(pickle)?.contains("has the opcode") == true)
    }

    @Test("Millions of objects in few bytes are refused before the memory is taken", arguments: Array("])}("))
    func objects(opcode: Character) throws {
        var pickle = Pickle()
        pickle.bytes += [UInt8](repeating: opcode.asciiValue!, count: 4_000_000)
        let before = try residentBytes()
        #expect(try refusal(pickle) != nil)
        #expect(try residentBytes() - before < 2 * 4_000_000 + (16 << 20))
    }

    @Test("A tuple in a tuple, a million deep")
    func depth() throws {
        var pickle = Pickle()
        pickle.opcode(")")
        pickle.bytes += [UInt8](repeating: 0x85, count: 50_000)
        #expect(try refusal(pickle)?.contains("item 0") == true)
        pickle.bytes += [UInt8](repeating: 0x85, count: 1_000_000)
        #expect(try refusal(pickle) != nil)
    }

    @Test("A module that holds itself, and modules that hold each other twice over and over")
    func cycles() throws {
        var own = Pickle()
        own.module()
        own.opcode("q", [0])
        own.modules([0])
        #expect(try refusal(own)?.contains("without end") == true)

        var tree = Pickle()
        tree.module()
        tree.modules([])
        for level in UInt8(0)..<60 {
            tree.opcode("q", [level])
            tree.module()
            tree.modules([level, level])
        }
        #expect(try refusal(tree)?.contains("without end") == true)
    }

    @Test("Sizes that no file has")
    func sizes() throws {
        var pickle = Pickle()
        pickle.opcode("X", [0xff, 0xff, 0xff, 0x7f])
        #expect(try refusal(pickle) != nil)
        var long = Pickle()
        long.bytes += [0x8a, 9] + [UInt8](repeating: 1, count: 9)
        #expect(try refusal(long)?.contains("64 bits") == true)
    }

    private func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (Int(text[1]) ?? 0) * 4096
    }
}

extension Pickle {
    /// An empty object of a module's class on the stack.
    fileprivate mutating func module() {
        global("blocks", "Block")
        opcode(")")
        bytes.append(0x81)
    }

    /// Gives the module on the stack those that were remembered under the numbers.
    fileprivate mutating func modules(_ numbers: [UInt8]) {
        opcode("}")
        text("_modules")
        opcode("}")
        for (index, number) in numbers.enumerated() {
            text("\(index)")
            opcode("h", [number])
            opcode("s")
        }
        opcode("s")
        opcode("b")
    }

    private mutating func text(_ text: String) { opcode("X", [UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8)) }
}
