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
        let module = try model("small-module.pt")
        #expect(module.heads == 4 && module.layerNormEpsilon == 1e-6 && module.batchNormEpsilon == 1e-5)
        let dictionary = try model("small-state-dict.pt")
        #expect(dictionary.heads == nil && dictionary.layerNormEpsilon == nil)
        let checkpoint = try model("small-checkpoint.pt")
        let expected = try contents(dictionary)
        #expect(expected.count > 100)
        for (name, bytes) in try contents(module) { #expect(expected[name] == bytes, "\(name)") }
        for (name, bytes) in try contents(checkpoint) { #expect(expected[name] == bytes, "\(name)") }
    }

    @Test("What is no file of PyTorch")
    func strangeFiles() throws {
        let folder = try TemporaryFolder()
        func refusal(_ path: String) -> String {
            do { _ = try TorchFile(path).content() } catch { return "\(error)" }
            return "taken"
        }
        #expect(refusal(folder.file("missing.pt")).contains("cannot be opened"))
        #expect(refusal(folder.path).contains("is no file"))
        try Data().write(to: URL(fileURLWithPath: folder.file("empty.pt")))
        #expect(refusal(folder.file("empty.pt")).contains("is no file of torch.save"))
        #expect(refusal(Repository.fixture("arrays.npz")).contains("torch.save did not write it"))
        #expect(refusal(Repository.fixture("legacy.pt")).contains("legacy"))
        #expect(refusal(Repository.fixture("call.pt")).contains("posix.system"))
        #expect(refusal(Repository.fixture("call-inside.pt")).contains("posix.system"))
    }

    private func model(_ name: String) throws -> TorchModel {
        guard case .model(let model) = try TorchFile(Repository.fixture(name)).content() else {
            throw CocoaError(.fileReadCorruptFile)
        }
        return model
    }

    private func contents(_ model: TorchModel) throws -> [String: [UInt8]] {
        try Dictionary(uniqueKeysWithValues: model.tensors.map { ($0.name, try $0.tensor.readAll()) })
    }

    private func numbers<T: BitwiseCopyable>(_ bytes: [UInt8], _: T.Type) -> [T] {
        bytes.withUnsafeBytes { buffer in
            stride(from: 0, to: bytes.count, by: MemoryLayout<T>.size).map {
                buffer.loadUnaligned(fromByteOffset: $0, as: T.self)
            }
        }
    }
}
