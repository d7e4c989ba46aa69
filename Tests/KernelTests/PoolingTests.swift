import CKernels
import TestSupport
import Testing

/// Pooling of images [y][x][channel] against plain loops.
@Suite struct PoolingTests {
    struct Shape: Sendable {
        let size, channels: Int
    }

    static let shapes = [2, 4, 8, 16, 32].flatMap { size in
        [1, 3, 4, 5, 7, 8, 9, 12, 16, 17, 32, 33, 64].map { Shape(size: size, channels: $0) }
    }

    @Test(arguments: Kernels.tables, shapes) func average(table: Int, shape: Shape) {
        let (size, channels) = (shape.size, shape.channels)
        var numbers = SeededNumbers(seed: 5)
        let x = numbers.floats(size * size * channels)
        let (from, to) = (GuardedFloats(x), GuardedFloats(count: size * size / 4 * channels))
        Kernels[table].average_pool(from.start, to.start, size, channels)
        #expect(to.isIntactAround)
        let y = to.values
        let half = size / 2
        for index in y.indices {
            let (row, column, channel) = (index / channels / half, index / channels % half, index % channels)
            let terms = [(0, 0), (0, 1), (1, 0), (1, 1)].map {
                Double(x[((2 * row + $0) * size + 2 * column + $1) * channels + channel])
            }
            // Three additions of numbers below 1, and a quarter that is exact.
            #expect(abs(Double(y[index]) - terms.reduce(0, +) / 4) <= 3 * Tolerance.unit, "\(row), \(column)")
        }
    }

    @Test(arguments: Kernels.tables, shapes) func maximum(table: Int, shape: Shape) {
        let (size, channels) = (shape.size, shape.channels)
        var numbers = SeededNumbers(seed: 6)
        // All below zero, so that a border of zeros would show.
        let x = numbers.floats(size * size * channels, in: -9...(-1))
        let (from, to) = (GuardedFloats(x), GuardedFloats(count: size * size * channels))
        Kernels[table].max_pool(from.start, to.start, size, channels)
        #expect(to.isIntactAround)
        let y = to.values
        for index in y.indices {
            let (row, column, channel) = (index / channels / size, index / channels % size, index % channels)
            var best = -Float.infinity
            for v in max(row - 1, 0)...min(row + 1, size - 1) {
                for u in max(column - 1, 0)...min(column + 1, size - 1) {
                    best = max(best, x[(v * size + u) * channels + channel])
                }
            }
            #expect(y[index] == best, "\(row), \(column)")
        }
    }
}
