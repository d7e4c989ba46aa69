import CKernels
import Foundation
import TestSupport

/// Kernels in a process of their own (Tests/KernelServer): calls travel there with the memory that they name.
///
/// All pointers of a call must point into `GuardedFloats`. A process that ends, for instance since a sanitizer stopped
/// it, ends the test process too, as touching a guard page does; what it had to say stands before that in the log.
final class RemoteKernels: Sendable {
    /// The functions of the server, in its order.
    enum Function: UInt64 {
        case describe, matmul, convert, layerNorm, attention, pcm, wideLinear, meanRows, averagePool, maxPool
        case activate, product, attentionScratch, peak, flush
    }

    enum Argument {
        case number(Int)
        case float(Float)
        case input(UnsafeRawPointer?)
        /// Memory that the kernel may write.
        case output(UnsafeRawPointer?)

        static func activation(_ activation: ck_activation) -> Argument { .number(Int(activation.rawValue)) }
        static func flag(_ flag: Bool) -> Argument { .number(flag ? 1 : 0) }
    }

    /// Floats in one vector.
    let lanes: Int
    /// The narrowest forms that products take.
    let bfloat16, int8: ck_format
    /// Whether products of fewer bits are computed by tiles.
    let tiles: Bool
    private let process: KernelProcess

    init(_ build: KernelServer, processor: String = "max", level: Int) {
        process = KernelProcess(build, processor: processor, level: level)
        let words = process.call(.describe, [])
        lanes = words & 0xff
        (bfloat16, int8) = (ck_format(UInt32(words >> 8 & 0xff)), ck_format(UInt32(words >> 16 & 0xff)))
        tiles = words >> 24 != 0
    }

    @discardableResult func call(_ function: Function, _ arguments: [Argument]) -> Int {
        process.call(function, arguments)
    }
}

/// One running server.
private final class KernelProcess: @unchecked Sendable {  // `lock` admits one call at a time
    private let lock = NSLock()
    private let title: String
    private let process = Process()
    private let requests = Pipe()
    private let answers = Pipe()

    init(_ build: KernelServer, processor: String, level: Int) {
        title = "\(build), level \(level)"
        do {
            let command = try build.command(processor: processor)
            process.executableURL = URL(fileURLWithPath: command[0])
            process.arguments = command.dropFirst() + ["\(level)"]
            process.standardInput = requests
            process.standardOutput = answers
            try process.run()
        } catch { fatalError("kernels \(title): \(error)") }
    }

    func call(_ function: RemoteKernels.Function, _ arguments: [RemoteKernels.Argument]) -> Int {
        lock.withLock {
            var blocks: [Block] = []
            let words = arguments.map { word(of: $0, &blocks) }
            let head = [function.rawValue, UInt64(words.count), UInt64(blocks.count)]
            send((head + words + blocks.flatMap(\.header)).withUnsafeBytes { Data($0) })
            for block in blocks { send(Data(block.memory.whole)) }
            let answer = receive(8).withUnsafeBytes { $0.loadUnaligned(as: Int.self) }
            for block in blocks where block.comesBack {
                block.memory.whole.copyBytes(from: receive(block.memory.whole.count))
            }
            return answer
        }
    }

    private struct Block {
        let memory: GuardedFloats
        var comesBack: Bool

        var header: [UInt64] {
            let whole = memory.whole
            let before = UnsafeRawPointer(memory.start) - UnsafeRawPointer(whole.baseAddress!)
            let inner = memory.count * MemoryLayout<Float>.stride
            return [
                UInt64(UInt(bitPattern: whole.baseAddress!)), UInt64(whole.count), UInt64(before),
                UInt64(whole.count - before - inner), comesBack ? 1 : 0,
            ]
        }
    }

    private func word(of argument: RemoteKernels.Argument, _ blocks: inout [Block]) -> UInt64 {
        switch argument {
        case .number(let number): return UInt64(bitPattern: Int64(number))
        case .float(let float): return UInt64(float.bitPattern)
        case .input(let pointer): return address(pointer, isWritten: false, &blocks)
        case .output(let pointer): return address(pointer, isWritten: true, &blocks)
        }
    }

    private func address(_ pointer: UnsafeRawPointer?, isWritten: Bool, _ blocks: inout [Block]) -> UInt64 {
        guard let pointer else { return 0 }
        guard let memory = GuardedFloats.around(pointer) else { fatalError("\(title): memory that is not guarded") }
        if let known = blocks.firstIndex(where: { $0.memory === memory }) {
            blocks[known].comesBack = blocks[known].comesBack || isWritten
        } else {
            blocks.append(Block(memory: memory, comesBack: isWritten))
        }
        return UInt64(UInt(bitPattern: pointer))
    }

    private func send(_ data: Data) {
        do {
            try requests.fileHandleForWriting.write(contentsOf: data)
        } catch { fatalError("kernels \(title) stopped; see above") }
    }

    private func receive(_ count: Int) -> Data {
        var data = Data()
        while data.count < count {
            guard let more = try? answers.fileHandleForReading.read(upToCount: count - data.count), !more.isEmpty else {
                fatalError("kernels \(title) stopped; see above")
            }
            data.append(more)
        }
        return data
    }
}

extension ck_rows_t {
    func arguments(isInput: Bool) -> [RemoteKernels.Argument] {
        let pointers = [start.map { UnsafeRawPointer($0) }, steps.map { UnsafeRawPointer($0) }]
        let blocks = pointers.map { isInput ? RemoteKernels.Argument.input($0) : .output($0) }
        return [blocks[0], .number(stride), .number(Int(format.rawValue)), blocks[1]]
    }
}

extension ck_matmul_t {
    var arguments: [RemoteKernels.Argument] {
        a.arguments(isInput: true) + [.input(b), .input(bias), .input(scales), .input(sums)]
            + c.arguments(isInput: false) + [m, n, k, window, ld_image].map { .number($0) }
            + [.activation(activation), .flag(accumulate)]
    }
}

extension ck_attention_t {
    var arguments: [RemoteKernels.Argument] {
        [.input(qkv), .number(ld_qkv), .output(out), .number(ld_out)]
            + [galaxies, patches, heads, head_size].map { .number($0) } + [.flag(rough), .output(scratch)]
    }
}

extension ck_pcm_t {
    var arguments: [RemoteKernels.Argument] {
        [.input(src), .output(dst)] + [ld, rows, groups, inputs, hidden].map { .number($0) }
            + [.input(w1), .input(b1), .input(w2), .input(b2), .flag(rough), .output(scratch)]
    }
}
