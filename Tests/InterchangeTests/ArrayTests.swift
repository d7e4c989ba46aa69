import Foundation
import Interchange
import TestSupport
import Testing

/// Tensors and arrays, number for number.
@Suite struct ArrayTests {
    @Test("An .npz file: stored, big-endian floats and integers")
    func storedArrays() throws {
        let file = try NumPyFile(Repository.fixture("arrays.npz"))
        #expect(file.names == ["images", "magnitudes", "object_id", "redshift"])
        let images = try #require(try file.array("images"))
        #expect(images.shape == [2, 8, 8, 5] && images.type == .float(bits: 32))
        #expect(numbers(try images.readAll(), Float.self) == (0..<640).map { Float($0) / 8 })
        let magnitudes = try #require(try file.array("magnitudes"))
        #expect(numbers(try magnitudes.readAll(), Double.self) == (0..<10).map(Double.init))
        let identifiers = try #require(try file.array("object_id"))
        #expect(identifiers.type == .integer(bits: 64, signed: true))
        #expect(numbers(try identifiers.readAll(), Int64.self) == [7, -9])
        #expect(try file.array("nothing") == nil)
    }

    @Test("The same, compressed")
    func packedArrays() throws {
        let file = try NumPyFile(Repository.fixture("columns.npz"))
        let images = try #require(try file.array("cube"))
        #expect(numbers(try images.readAll(), Float.self) == (0..<640).map { Float($0) / 8 })
        let column = try #require(try file.array("z"))
        #expect(numbers(try column.readAll(), Double.self) == [4, 9])
    }

    @Test("Arrays in Fortran order are refused")
    func fortranOrder() throws {
        let file = try NumPyFile(Repository.fixture("fortran.npz"))
        let error = #expect(throws: InterchangeError.self) { try file.array("images") }
        #expect(error?.description.contains("C order") == true)
    }

    @Test("A pickled module and a checkpoint have the tensors of the state dict; the module tells heads and eps")
    func models() throws {
        let (module, moduleFile) = try place("small-module.pt")
        #expect(module.kind == .module && module.path.isEmpty && module.holder == nil)
        func attribute(_ module: TorchPlace, _ name: String, _ key: String) -> TorchModule.Attribute? {
            module.modules.first { $0.name == name }?.attributes[key]
        }
        #expect(attribute(module, "module.blocks.1.attn", "num_heads") == .integer(4))
        #expect(attribute(module, "module.fc_norm", "eps") == .number(1e-6))
        #expect(attribute(module, "module.blocks.0.PCM.1", "eps") == .number(1e-5))
        #expect(attribute(module, "module.patch_embed.proj", "stride") == .integers([8, 8]))
        let (dictionary, dictionaryFile) = try place("small-state-dict.pt")
        #expect(dictionary.kind == .dictionary && dictionary.modules.isEmpty)
        let (checkpoint, checkpointFile) = try place("small-checkpoint.pt")
        #expect(checkpoint.path == ["state_dict"])
        let expected = try contents(dictionary, dictionaryFile)
        #expect(expected.count > 100)
        let inModule = try contents(module, moduleFile)
        for (name, bytes) in expected where !name.hasSuffix("num_batches_tracked") {
            #expect(inModule["module." + name] == bytes, "\(name)")
        }
        #expect(try contents(checkpoint, checkpointFile) == expected)
    }

    @Test("What is no file of PyTorch")
    func strangeFiles() throws {
        let folder = try TemporaryFolder()
        func refusal(_ path: String) -> String {
            do { return try TorchFile(path).contents } catch { return "\(error)" }
        }
        #expect(refusal(folder.file("missing.pt")).contains("cannot be opened"))
        #expect(refusal(folder.path).contains("is no file but a folder"))
        try Data().write(to: URL(fileURLWithPath: folder.file("empty.pt")))
        #expect(refusal(folder.file("empty.pt")).contains("is no file of torch.save"))
        #expect(refusal(Repository.fixture("arrays.npz")).contains("torch.save did not write it"))
        #expect(refusal(Repository.fixture("legacy.pt")).contains("legacy"))
        #expect(refusal(Repository.fixture("call.pt")) == "what posix.system would give")
        #expect(try TorchFile(Repository.fixture("call-inside.pt")).calls == ["posix.system"])
    }

    /// The one place of a file.
    private func place(_ name: String) throws -> (TorchPlace, TorchFile) {
        let file = try TorchFile(Repository.fixture(name))
        let places = try file.places()
        #expect(places.count == 1)
        return (try #require(places.first), file)
    }

    private func contents(_ place: TorchPlace, _ file: TorchFile) throws -> [String: [UInt8]] {
        try Dictionary(
            uniqueKeysWithValues: place.names.map { ($0, try #require(try file.tensor($0, of: place)).readAll()) })
    }

    private func numbers<T: BitwiseCopyable>(_ bytes: [UInt8], _: T.Type) -> [T] {
        bytes.withUnsafeBytes { buffer in
            stride(from: 0, to: bytes.count, by: MemoryLayout<T>.size).map {
                buffer.loadUnaligned(fromByteOffset: $0, as: T.self)
            }
        }
    }
}
