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

    /// A matrix [depth][columns] as the products take it, written from the words of the header: panels of `panel` columns,
    /// the last one rounded up to whole vectors, each row by row.
    func packed(_ matrix: [Float], depth: Int, columns: Int) -> [Float] {
        var result: [Float] = []
        var first = 0
        while first < columns {
            let width = min(panel, padded(columns - first))
            for row in 0..<depth {
                for column in first..<first + width {
                    result.append(column < columns ? matrix[row * columns + column] : 0)
                }
            }
            first += width
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

    @Test(arguments: [-1, 4, 5, 1000] as [Int32]) func thereIsNothingPastTheEnd(index: Int32) {
        #expect(ck_available(index) == nil)
    }
}
