import CKernels
import Testing

/// The kernels under test: every table that this processor can run.
enum Kernels {
    /// Indices of the tables, the plainest first.
    static let tables: [Int] = Array((0...).lazy.prefix { ck_available(Int32($0)) != nil })

    static subscript(table: Int) -> ck_kernels_t { ck_available(Int32(table))!.pointee }
}

extension ck_kernels_t {
    var title: String { String(cString: name) }

    /// `count` rounded up to whole vectors.
    func padded(_ count: Int) -> Int { (count + lanes - 1) / lanes * lanes }

    /// Each of the rows [rows][width] padded with zeros to whole vectors.
    func padded(_ values: [Float], width: Int) -> [Float] {
        var result = [Float](repeating: 0, count: values.count / width * padded(width))
        for (index, value) in values.enumerated() { result[index / width * padded(width) + index % width] = value }
        return result
    }

    /// A matrix [taps * depth][columns] as the products take it, written from the words of the header: panels of `panel`
    /// columns, the last one rounded up to whole vectors, each word by word for every tap.
    func packed(
        _ matrix: [Float], taps: Int = 1, depth: Int, columns: Int, _ format: ck_format = CK_FLOAT32
    ) -> [Float] {
        var result: [Float] = []
        for first in stride(from: 0, to: columns, by: panel) {
            let width = min(panel, padded(columns - first))
            for tap in 0..<taps {
                for start in stride(from: 0, to: depth, by: Words.perWord(format)) {
                    let rows = (start..<min(start + Words.perWord(format), depth)).map { tap * depth + $0 }
                    for column in first..<first + width {
                        let numbers = rows.map { column < columns ? matrix[$0 * columns + column] : 0 }
                        result.append(Words.word(numbers, format, isLeft: false))
                    }
                }
            }
        }
        return result
    }
}

/// What every processor must offer.
@Suite struct TableTests {
    @Test func tablesGoFromThePlainestToTheWidest() {
        let lanes = Kernels.tables.map { Kernels[$0].lanes }
        #expect(lanes.first == 4 && lanes == lanes.sorted())
        #expect(Kernels.tables.allSatisfy { Kernels[$0].panel == 2 * Kernels[$0].lanes })
        #expect(Set(Kernels.tables.map { Kernels[$0].title }).count == lanes.count)
    }

    @Test(arguments: [-1, 5, 6, 1000] as [Int32]) func thereIsNothingPastTheEnd(index: Int32) {
        #expect(ck_available(index) == nil)
    }
}
