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
        do {
            let file = try TorchFile(path)
            for place in try file.places() {
                for name in place.names { _ = try file.tensor(name, of: place) }
            }
        } catch let error as InterchangeError { return error.description }
        return nil
    }

    @Test(
        "Calls stay placeholders with their names, and nothing runs",
        arguments: [
            ("posix", "system"), ("os", "system"), ("subprocess", "Popen"), ("builtins", "eval"),
            ("__builtin__", "exec"),
            ("torch.storage", "_load_from_bytes"), ("torch.jit", "load"), ("importlib", "import_module"), ("", ""),
        ])
    func calls(module: String, name: String) throws {
        let path = try TemporaryFolder().file("hostile.pt")
        let arguments: [PythonValue] = [.text("touch photoz-ran-this")]
        let call = PythonValue.call(module, name, arguments, state: .dictionary([("a", .integer(1))]))
        for version: UInt8 in 2...5 {
            try TorchArchive().write(path, call, protocol: version)
            let alone = try TorchFile(path)
            #expect(alone.calls == ["\(module).\(name)"])
            #expect(alone.contents == "what \(module).\(name) would give")
            #expect(try alone.places().isEmpty)
            // What needs it is refused by its name.
            try TorchArchive().write(path, .dictionary([("images", call)]), protocol: version)
            let file = try TorchFile(path)
            let place = try #require(try file.places().first)
            #expect(place.names == ["images"] && place.tensorNames.isEmpty)
            let error = #expect(throws: InterchangeError.self) { try file.tensor("images", of: place) }
            #expect(error?.description.contains("asks to run \(module).\(name) for images") == true)
        }
        #expect(access("photoz-ran-this", F_OK) != 0)
    }

    @Test("An object made with arguments, and what a call would give that is called itself, are calls")
    func objects() throws {
        var pickle = Pickle()
        pickle.global("builtins", "eval")
        pickle.opcode("(")
        pickle.opcode("X", [4, 0, 0, 0] + Array("true".utf8))
        pickle.opcode("t")
        pickle.bytes += [0x81]  // NEWOBJ
        let path = try TemporaryFolder().file("hostile.pt")
        try pickle.write(path)
        #expect(try TorchFile(path).calls == ["builtins.eval"])
        pickle.opcode(")")
        pickle.opcode("R")
        try pickle.write(path)
        #expect(try TorchFile(path).calls == ["builtins.eval", "what builtins.eval gives"])
    }

    @Test("Opcodes of other pickles are refused", arguments: Array("iIFSVLlpgPo\u{82}\u{83}2"))
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
        pickle.bytes += [UInt8](repeating: 0x85, count: 20_000)
        #expect(try refusal(pickle) == nil)
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
        // The same for a length of eight bytes, of which the highest makes it negative.
        for opcode: UInt8 in [0x8d, 0x8e, 0x96] {
            var wide = Pickle()
            wide.bytes += [opcode] + [UInt8](repeating: 0xff, count: 8)
            #expect(try refusal(wide) != nil)
        }
        var long = Pickle()
        long.bytes += [0x8a, 9] + [UInt8](repeating: 1, count: 9)
        #expect(try refusal(long) == nil)
        let path = try TemporaryFolder().file("long.pt")
        try long.write(path)
        #expect(try TorchFile(path).contents == "an integer beyond 64 bits")
    }

    @Test("Modules that share their parts over and over take no more memory than they may")
    func sharedModules() throws {
        var archive = TorchArchive()
        let weight = PythonValue.tensor(TorchView(archive.store([Float(1)]), shape: [1]))
        var pickle = Pickle()
        // A module of 2000 parameters, and 15 levels of modules that hold the level below twice.
        let names = (0..<2000).map { ("p\($0)", weight) }
        let path = try TemporaryFolder().file("modules.pt")
        try archive.write(
            path,
            .object(
                "blocks", "Block",
                state: .dictionary([("_parameters", .dictionary(names)), ("_modules", .dictionary([]))])))
        #expect(try TorchFile(path).places().first?.names.count == 2000)
        pickle.module()
        pickle.modules([], parameters: 2000)
        for level in UInt8(0)..<15 {
            pickle.opcode("q", [level])
            pickle.module()
            pickle.modules([level, level])
        }
        let before = try residentBytes()
        #expect(try refusal(pickle)?.contains("without end") == true)
        #expect(try residentBytes() - before < 128 << 20)
    }

    private static let shapes: [([Int], [Int], Bool)] = [
        ([1 << 58, 0], [1, 1], true), ([1 << 58, 1 << 58, 0], [1, 1, 1], false),
        ([0, 1 << 58, 1 << 58], [1, 1, 1], false), ([1 << 40, 1 << 40], [0, 0], false), ([2], [1 << 62], false),
        ([-1], [1], false), ([3], [-1], false),
    ]

    @Test(
        "Tensors whose elements cannot be counted are refused, and empty ones are not gone through", arguments: shapes)
    func uncountable(shape: [Int], strides: [Int], isTaken: Bool) throws {
        var archive = TorchArchive()
        let key = archive.store([Float(1)])
        let path = try TemporaryFolder().file("tensor.pt")
        try archive.write(
            path, .dictionary([("a", .tensor(TorchView(key, of: 1, shape: shape, strides: strides)))]))
        let file = try TorchFile(path)
        let place = try #require(try file.places().first)
        #expect(((try? file.tensor("a", of: place)) != nil) == isTaken)
    }

    @Test("Two pickles, an entry twice, TorchScript: none of them is guessed at")
    func archives() throws {
        let path = try TemporaryFolder().file("two.pt")
        func refusal(_ entries: [(name: String, bytes: [UInt8])]) throws -> String {
            try ZipArchiveBytes(entries).data.write(to: URL(fileURLWithPath: path))
            do { return try TorchFile(path).contents } catch let error as InterchangeError { return error.description }
        }
        let (empty, seven): ([UInt8], [UInt8]) = ([0x80, 2, 0x7d, 0x2e], [0x80, 2, 0x4b, 7, 0x2e])
        #expect(try refusal([("a/data.pkl", empty)]) == "a dictionary")
        #expect(try refusal([("a/data.pkl", empty), ("b/data.pkl", seven)]).contains("a/data.pkl and b/data.pkl"))
        #expect(try refusal([("a/data.pkl", empty), ("a/data.pkl", seven)]).contains("two entries a/data.pkl"))
        #expect(
            try refusal([("a/data.pkl", empty), ("a/constants.pkl", seven)]).contains(
                "is TorchScript, which is not supported: save the state dict"))
        #expect(
            try refusal([("a/data.pkl", empty), ("a/byteorder", Array("middle".utf8))]).contains("no order of bytes"))
    }

    @Test("An array that claims more than can be packed into its bytes")
    func packedSizes() throws {
        let header: [UInt8] = Array(
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 268435456, 268435456), }\n".utf8)
        let magic: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        let content: [UInt8] = magic + [UInt8(header.count), 0] + header
        var bytes = [UInt8](ZipArchiveBytes([("images.npy", content)]).data)
        let path = try TemporaryFolder().file("big.npz")
        // Stored, the sizes differ; deflated, they would have to be 1032 to 1 at most.
        let signature: [UInt8] = [0x50, 0x4b, 1, 2]
        let places = 0..<bytes.count - 4
        let central = try #require(places.first { Array(bytes[$0..<$0 + 4]) == signature })
        bytes.replaceSubrange(central + 24..<central + 28, with: [0, 0, 0, 0x7f])
        for method: UInt8 in [0, 8] {
            bytes[central + 10] = method
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            #expect(throws: InterchangeError.self) { try NumPyFile(path) }
        }
    }

    @Test("Pipes and devices are not opened", .timeLimit(.minutes(1)))
    func pipes() throws {
        let pipe = try TemporaryFolder().file("pipe.pt")
        #expect(mkfifo(pipe, 0o600) == 0)
        for (path, kind) in [(pipe, "a pipe"), ("/dev/null", "a device")] {
            let torch = #expect(throws: InterchangeError.self) { try TorchFile(path) }
            #expect(torch?.kind == .unreadable && torch?.reason.contains(kind) == true)
            let numPy = #expect(throws: InterchangeError.self) { try NumPyFile(path) }
            #expect(numPy?.kind == .unreadable && numPy?.reason.contains(kind) == true)
        }
    }

    private func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (Int(text[1]) ?? 0) * 4096
    }
}
