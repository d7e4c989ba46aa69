import CKernels

/// Writes folded layers to their places in the form that the kernels read.
final class LayerWriter {
    /// Layers that cannot be stored, each with the reason; nothing is written of them.
    private(set) var faults: [String] = []
    private let memory: UnsafeMutableRawBufferPointer
    private let instructionSet: InstructionSet

    /// - Parameter memory: Room for the layout's words, all zero, as what pads the layers stays.
    init(memory: UnsafeMutableRawBufferPointer, layout: NetworkLayout) {
        precondition(memory.count >= layout.count * MemoryLayout<Float>.stride)
        self.memory = memory
        instructionSet = layout.instructionSet
    }

    private var floats: UnsafeMutablePointer<Float> { memory.baseAddress!.assumingMemoryBound(to: Float.self) }

    /// Whether a format holds numbers of a layer; otherwise it is a fault. NaN and infinities must not become numbers.
    private func holds(_ values: [Double], _ format: NumberFormat, _ name: String) -> Bool {
        let largest = format.largest
        let excess = values.withUnsafeBufferPointer { $0.reduce(0) { $0 &+ (abs($1) <= largest ? 0 : 1) } }
        guard excess > 0, let value = values.first(where: { !(abs($0) <= largest) }) else { return true }
        faults.append(
            "\(name): folded into one layer, \(excess) of its numbers, such as \(value), are not finite or exceed "
                + "\(Float(largest)), the largest of this precision")
        return false
    }

    /// Whether a layer can be stored; otherwise it is a fault.
    private func accepts(_ layer: FoldedLayer, _ format: NumberFormat, inputs: Int) -> Bool {
        guard !format.isBytes || inputs <= Int(CK_MOST_BYTES) else {
            faults.append(
                "\(layer.name): has \(inputs) inputs; int8 has sums of at most \(CK_MOST_BYTES): "
                    + "use precision bf16 or f32")
            return false
        }
        return holds(layer.weight.values, format, layer.name) && holds(layer.bias, .float32, layer.name)
    }

    /// Numbers one behind another, from a place.
    func writeNumbers(_ values: [Double], _ name: String, at place: Int) {
        guard holds(values, .float32, name) else { return }
        for (index, value) in values.enumerated() { floats[place + index] = Float(value) }
    }

    /// A dense layer or convolution. Row `i` of what is written is row `rows[i]` of the layer, and likewise its
    /// columns.
    func write(_ layer: FoldedLayer, _ dense: NetworkLayout.Dense, rows: [Int]? = nil, columns: [Int]? = nil) {
        let rows = rows ?? Array(0..<dense.outputs)
        precondition(layer.weight.rows == dense.outputs && rows.count == dense.outputs)
        let columns = columns ?? windowOrder(dense)
        guard accepts(layer, dense.format, inputs: dense.inputs) else { return }
        for (output, row) in rows.enumerated() { writeOutput(of: layer, row: row, columns, as: output, in: dense) }
    }

    /// Convolutions that share their input, side by side: each takes as many outputs, of which the last may be zeros.
    func writeSideBySide(_ layers: [FoldedLayer], _ dense: NetworkLayout.Dense) {
        let side = dense.outputs / layers.count
        for (index, layer) in layers.enumerated() where accepts(layer, dense.format, inputs: dense.inputs) {
            for row in layer.bias.indices {
                writeOutput(of: layer, row: row, windowOrder(dense), as: index * side + row, in: dense)
            }
        }
    }

    /// PyTorch keeps [outputs, inputs, y, x]; the kernels read pixel by pixel, [y, x, inputs].
    private func windowOrder(_ dense: NetworkLayout.Dense) -> [Int] {
        let taps = dense.window * dense.window
        return (0..<taps * dense.inputs).map { $0 % dense.inputs * taps + $0 / dense.inputs }
    }

    /// One output of a layer: a column of a panel, the words of one column `width` words apart.
    private func writeOutput(
        of layer: FoldedLayer, row: Int, _ columns: [Int], as output: Int, in dense: NetworkLayout.Dense
    ) {
        let taps = dense.window * dense.window
        precondition(layer.weight.columns == taps * dense.inputs && columns.count == taps * dense.inputs)
        let words = dense.format.words(dense.inputs)
        let first = output / instructionSet.panel * instructionSet.panel
        let width = min(instructionSet.panel, instructionSet.padded(dense.outputs - first))
        let start = dense.weight + first * taps * words + output - first
        floats[dense.bias + output] = Float(layer.bias[row])
        layer.weight.values.withUnsafeBufferPointer { all in
            let values = UnsafeBufferPointer(rebasing: all[row * columns.count..<(row + 1) * columns.count])
            let scale = dense.format.isBytes ? writeScale(of: values, output, dense) : 1
            for tap in 0..<taps {
                let place = start + tap * words * width
                for input in 0..<dense.inputs {
                    writeWeight(
                        values[columns[tap * dense.inputs + input]] / scale, input,
                        at: place + input / dense.format.numbersPerWord * width, dense.format)
                }
            }
        }
    }

    /// One weight in its word.
    @inline(__always)
    private func writeWeight(_ value: Double, _ input: Int, at place: Int, _ format: NumberFormat) {
        switch format {
        case .float32: floats[place] = Float(value)
        case .wideBFloat16: floats[place] = Float(bitPattern: UInt32(bfloat16(Float(value))) << 16)
        case .bfloat16:
            // The first of a word in its upper bits.
            let place = 4 * place + 2 * (1 - input % 2)
            memory.storeBytes(of: bfloat16(Float(value)), toByteOffset: place, as: UInt16.self)
        case .int8:
            memory.storeBytes(
                of: Int8(value.rounded(.toNearestOrEven)), toByteOffset: 4 * place + input % 4, as: Int8.self)
        case .wideInt8:
            memory.storeBytes(
                of: Int16(value.rounded(.toNearestOrEven)), toByteOffset: 4 * place + 2 * (input % 2), as: Int16.self)
        }
    }

    /// The scale of an output's bytes, so that its largest weight is 127, and the sum of the bytes.
    private func writeScale(
        of values: UnsafeBufferPointer<Double>, _ output: Int, _ dense: NetworkLayout.Dense
    ) -> Double {
        let largest = values.reduce(0) { max($0, abs($1)) }
        let scale = largest > 0 ? largest / 127 : 1
        let sum = values.reduce(0) { $0 + Int32(($1 / scale).rounded(.toNearestOrEven)) }
        floats[dense.scales + output] = Float(scale)
        memory.storeBytes(of: sum, toByteOffset: 4 * (dense.sums + output), as: Int32.self)
        return scale
    }

    /// A layer of few inputs for the kernel with wide sums: [inputs][outputs padded to whole vectors].
    func writeForWideSums(_ layer: FoldedLayer, _ dense: NetworkLayout.Dense) {
        guard accepts(layer, .float32, inputs: dense.inputs) else { return }
        let lanes = instructionSet.padded(dense.outputs)
        for output in 0..<dense.outputs {
            for input in 0..<dense.inputs {
                floats[dense.weight + input * lanes + output] =
                    Float(layer.weight.values[output * dense.inputs + input])
            }
        }
        writeNumbers(layer.bias, layer.name, at: dense.bias)
    }

    /// The parallel convolution path: arrays of vectors whose lanes are groups.
    func writeGrouped(_ layers: (FoldedLayer, FoldedLayer), _ grouped: NetworkLayout.Grouped) {
        let (inputs, hidden) = (grouped.inputs, grouped.hidden)
        guard accepts(layers.0, .float32, inputs: inputs), accepts(layers.1, .float32, inputs: hidden) else { return }
        let lanes = instructionSet.padded(grouped.groups)
        for group in 0..<grouped.groups {
            for j in 0..<hidden {
                let row = group * hidden + j
                floats[grouped.bias1 + j * lanes + group] = Float(layers.0.bias[row])
                for i in 0..<inputs {
                    let place = (j * inputs + i) * lanes + group
                    floats[grouped.weight1 + place] = Float(layers.0.weight.values[row * inputs + i])
                    floats[grouped.weight2 + place] = Float(layers.1.weight.values[(group * inputs + i) * hidden + j])
                }
            }
            for i in 0..<inputs {
                floats[grouped.bias2 + i * lanes + group] = Float(layers.1.bias[group * inputs + i])
            }
        }
    }
}

/// The bits of the nearest bfloat16 of a finite number, ties to even; numbers below 2^-126 become zero, as the
/// processors have it.
func bfloat16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    guard value.isNormal else { return UInt16(bits >> 16) & 0x8000 }
    return UInt16((bits + 0x7fff + (bits >> 16 & 1)) >> 16)
}
