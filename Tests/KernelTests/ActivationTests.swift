import CKernels
import TestSupport
import Testing

/// The elementary functions against double precision.
@Suite struct ActivationTests {
    private func activate(_ kernels: Kernels, _ x: [Float], _ activation: ck_activation) -> [Float] {
        let values = GuardedFloats(x)
        kernels.activate(values.start, x.count, activation)
        #expect(values.isIntactAround)
        return values.values
    }

    /// Every 2^-13 in [-10, 10].
    static let dense = (-81_920...81_920).map { Float($0) / 8192 }

    @Test(arguments: Kernels.tables) func geluIsThatOfTheErrorFunction(table: Int) {
        let y = activate(Kernels[table], Self.dense, CK_GELU)
        let worst = zip(Self.dense, y).map { abs(Double($1) - Plain.activated(Double($0), CK_GELU)) }.max()!
        // Measured: 8.4e-7 with fused multiply-add, 1.05e-6 without. The tanh approximation is off by 4.7e-4.
        #expect(worst < 1.5e-6, "\(Kernels[table].title): off by \(worst)")
    }

    @Test(arguments: Kernels.tables) func silu(table: Int) {
        let x = Self.dense + Self.dense.map { $0 * 8.5 }
        let worst = zip(x, activate(Kernels[table], x, CK_SILU)).map { x, y in
            let expected = Plain.activated(Double(x), CK_SILU)
            return expected == 0 ? Double(abs(y)) : abs(Double(y) - expected) / abs(expected)
        }.max()!
        // exp is good to 2e-7, and a sum and a quotient round it twice. Measured: 1.7e-7.
        #expect(worst < 4e-7, "\(Kernels[table].title): off by \(worst)")
    }

    @Test(arguments: Kernels.tables) func roughOnesHaveTheFirstDigits(table: Int) {
        let gelu = zip(Self.dense, activate(Kernels[table], Self.dense, CK_ROUGH_GELU)).map { x, y in
            abs(Double(y) - Plain.activated(Double(x), CK_GELU))
        }
        // Measured: 1.43e-4.
        #expect(gelu.max()! < 2e-4, "\(Kernels[table].title): off by \(gelu.max()!)")
        let silu = zip(Self.dense, activate(Kernels[table], Self.dense, CK_ROUGH_SILU)).map { x, y in
            let expected = Plain.activated(Double(x), CK_SILU)
            return expected == 0 ? Double(abs(y)) : abs(Double(y) - expected) / abs(expected)
        }
        // Measured: 7.5e-5.
        #expect(silu.max()! < 1e-4, "\(Kernels[table].title): off by \(silu.max()!)")
    }

    @Test(arguments: Kernels.tables) func reluAndIdentity(table: Int) {
        #expect(activate(Kernels[table], Self.dense, CK_RELU) == Self.dense.map { max($0, 0) })
        #expect(activate(Kernels[table], Self.dense, CK_IDENTITY) == Self.dense)
    }

    static let functions = [CK_RELU, CK_GELU, CK_SILU, CK_ROUGH_GELU, CK_ROUGH_SILU].map(\.rawValue)

    @Test(arguments: Kernels.tables, functions) func limits(table: Int, function: UInt32) {
        let activation = ck_activation(function)
        let large: [Float] = [5.5, 6, 87, 88, 89, 100, 1e4, 1e30, .greatestFiniteMagnitude, .infinity]
        let x: [Float] = [0.0, -0.0] + large + large.map { -$0 }
        for (x, y) in zip(x, activate(Kernels[table], x, activation)) {
            // Far below zero all these functions are zero, far above they are their argument.
            let expected = x == -.infinity ? 0 : x == .infinity ? x : Float(Plain.activated(Double(x), activation))
            let error: Float = y == expected ? 0 : abs(y - expected)
            let isRough = activation == CK_ROUGH_GELU || activation == CK_ROUGH_SILU
            #expect(
                error <= (isRough ? 2e-4 + 1e-4 * abs(expected) : 1.5e-6 + 4e-7 * abs(expected)),
                "\(Kernels[table].title): f(\(x)) = \(y)")
        }
    }

    @Test(arguments: Kernels.tables, functions) func noNumberStaysNone(table: Int, function: UInt32) {
        // A network that overflows must not answer with a plausible redshift.
        #expect(activate(Kernels[table], [.nan, 1], ck_activation(function))[0].isNaN)
    }

    @Test(arguments: Kernels.tables) func anyCount(table: Int) {
        for count in 0...70 {
            let x = Array(Self.dense[1000..<1000 + count])
            let y = activate(Kernels[table], x, CK_SILU)
            #expect(y == Array(activate(Kernels[table], Array(Self.dense[1000..<1070]), CK_SILU)[..<count]))
        }
    }
}
