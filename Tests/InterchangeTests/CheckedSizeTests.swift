import PhotozCheckedSizes
import Testing

/// Sizes at the edges of what an `Int` holds.
@Suite struct CheckedSizeTests {
    @Test("Products: exact, or none")
    func products() {
        #expect(CheckedSize.product([]) == 1)
        #expect(CheckedSize.product(3, 4, 5) == 60)
        #expect(CheckedSize.product(1 << 31, 1 << 31) == 1 << 62)
        #expect(CheckedSize.product(1 << 32, 1 << 31) == nil)
        #expect(CheckedSize.product(.max, 1) == .max)
        #expect(CheckedSize.product(-1, 2) == nil)
        #expect(CheckedSize.product(7, 0) == 0)
        // No elements, but rows and columns that cannot be counted.
        #expect(CheckedSize.product(1 << 58, 1 << 58, 0) == nil)
        #expect(CheckedSize.product(0, -1) == nil)
    }

    @Test("Sums and places: exact, or none")
    func sums() {
        #expect(CheckedSize.sum(.max - 1, 1) == .max)
        #expect(CheckedSize.sum(.max, 1) == nil)
        #expect(CheckedSize.sum(5, -1) == nil)
        #expect(CheckedSize.fits(3, from: 7, in: 10))
        #expect(!CheckedSize.fits(3, from: 8, in: 10))
        #expect(!CheckedSize.fits(.max, from: 1, in: 10))
        #expect(!CheckedSize.fits(1, from: .max, in: 10))
        #expect(!CheckedSize.fits(-1, from: 1, in: 10))
    }

    @Test("Views through strides")
    func views() {
        // 2 rows of 3 numbers, 10 and 2 apart, from 5: 5 + 10 + 4.
        #expect(CheckedSize.lastElement(shape: [2, 3], strides: [10, 2], offset: 5) == 19)
        #expect(CheckedSize.lastElement(shape: [], strides: [], offset: 4) == 4)
        #expect(CheckedSize.lastElement(shape: [1 << 40], strides: [1 << 40], offset: 0) == nil)
        #expect(CheckedSize.lastElement(shape: [2], strides: [.max], offset: 1) == nil)
        #expect(CheckedSize.lastElement(shape: [2], strides: [-1], offset: 5) == nil)
    }
}
