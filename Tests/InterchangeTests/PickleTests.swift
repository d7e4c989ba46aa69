import Foundation
import Interchange
import TestSupport
import Testing

/// What checkpoints have beside tensors, in every protocol.
@Suite struct PickleTests {
    /// One of each kind of value that people keep beside a network, and the names of the calls that they make.
    private static let extras: [(name: String, value: PythonValue, calls: [String])] = plain + called
    private static let plain: [(name: String, value: PythonValue, calls: [String])] = [
        ("number", .number(.nan), []), ("long", .long([UInt8](repeating: 1, count: 16)), []),
        ("huge", .long([UInt8](repeating: 7, count: 400)), []),
        ("bytes", .bytes([0, 255, 128] + Array("abc".utf8)), []),
        ("set", .set([.integer(1), .text("a")]), []), ("frozenset", .frozenset([.integer(1)]), []),
        ("default", .defaultDictionary([("a", .list([.integer(1)]))]), []),
        ("ordered", .orderedDictionary([("a", .none)]), []),
        ("namespace", .object("argparse", "Namespace", state: .dictionary([("lr", .number(0.1))])), []),
        ("keys", .mapping([(.integer(1), .none), (.number(0.5), .none), (.tuple([]), .none)]), []),
    ]
    private static let called: [(name: String, value: PythonValue, calls: [String])] = [
        ("path", .call("pathlib", "PosixPath", [.text("/"), .text("a")], state: nil), ["pathlib.PosixPath"]),
        (
            "date", .call("datetime", "datetime", [.bytes([7, 0xe9, 1, 1, 0, 0, 0, 0, 0, 0])], state: nil),
            ["datetime.datetime"]
        ),
        (
            "scalar",
            .call(
                "numpy.core.multiarray", "scalar",
                [
                    .call(
                        "numpy", "dtype", [.text("f8"), .boolean(false), .boolean(true)], state: .tuple([.integer(3)])),
                    .bytes([0, 0, 0, 0, 0, 0, 0, 0]),
                ], state: nil), ["numpy.dtype", "numpy.core.multiarray.scalar"]
        ),
        (
            "generator",
            .call(
                "numpy.random._pickle", "__generator_ctor",
                [.text("PCG64")],
                state: .dictionary([
                    ("state", .dictionary([("state", .long([UInt8](repeating: 0x55, count: 16) + [0]))]))
                ])), ["numpy.random._pickle.__generator_ctor"]
        ),
    ]

    @Test("Protocols 2 to 5: tensors are found beside all of it, and calls are listed", arguments: [UInt8(2), 3, 4, 5])
    func beside(version: UInt8) throws {
        let folder = try TemporaryFolder()
        for (name, value, calls) in Self.extras {
            var archive = TorchArchive()
            let tensor = PythonValue.tensor(TorchView(archive.store([Float(1), 2]), shape: [2]))
            let path = folder.file("\(name).pt")
            let root = PythonValue.dictionary([
                (name, value), ("state", .orderedDictionary([("a.weight", tensor)])), ("after", value),
            ])
            try archive.write(path, root, protocol: version)
            let file = try TorchFile(path)
            #expect(file.calls == calls, "\(name)")
            let place = try #require(try file.places().first { $0.path == ["state"] }, "\(name)")
            let numbers = try #require(try file.tensor("a.weight", of: place)).readAll()
            #expect(numbers == [0, 0, 128, 63, 0, 0, 0, 64], "\(name)")
        }
    }

    @Test("State dicts that are defaultdicts, parameters, and dictionaries of a class of their own")
    func kindsOfDictionaries() throws {
        var archive = TorchArchive()
        var view = TorchView(archive.store([Float(1), 2]), shape: [2])
        view.isParameter = true
        let entries = [("a", PythonValue.tensor(view))]
        let path = try TemporaryFolder().file("dictionary.pt")
        let pairs = PythonValue.list(entries.map { .list([.text($0.0), $0.1]) })
        let roots: [PythonValue] = [
            .defaultDictionary(entries), .orderedDictionary(entries), .filled("builtins", "dict", [], entries),
            .call("collections", "OrderedDict", [pairs], state: nil),
        ]
        for root in roots {
            try archive.write(path, root)
            let file = try TorchFile(path)
            let place = try #require(try file.places().first)
            #expect(place.kind == .dictionary && place.tensorNames == ["a"] && file.calls.isEmpty)
            #expect(try file.tensor("a", of: place)?.shape == [2])
        }
        // What a class of its own makes of its entries is not known: that would be a call.
        try archive.write(path, .filled("mine", "Dictionary", [.integer(1)], entries))
        #expect(try TorchFile(path).calls == ["mine.Dictionary"])
        #expect(try TorchFile(path).places().isEmpty)
    }

    @Test("A name that stands twice is refused when it is asked for, and harms nothing else")
    func namesTwice() throws {
        var archive = TorchArchive()
        let (first, second) = (archive.store([Float(1)]), archive.store([Float(2)]))
        let path = try TemporaryFolder().file("twice.pt")
        try archive.write(
            path,
            .dictionary([
                ("a", .tensor(TorchView(first, shape: [1]))), ("a", .tensor(TorchView(second, shape: [1]))),
                ("b", .tensor(TorchView(first, shape: [1]))),
            ]))
        let file = try TorchFile(path)
        let place = try #require(try file.places().first)
        #expect(try file.tensor("b", of: place) != nil)
        let error = #expect(throws: InterchangeError.self) { try file.tensor("a", of: place) }
        #expect(error?.description.contains("stands twice") == true)
    }
}
