/// Arithmetic on sizes that a file claims. Every such number is made by whoever wrote the file: it is used only after
/// one of these has said that it can be, so that a wrong one is a message and never a crash, a hang or all of the
/// memory.
package enum CheckedSize {
    /// The product of sizes, such as the elements of a shape; 1 for none.
    ///
    /// - Returns: nil when a size is negative, or the product of those that are not zero is beyond what an `Int` holds:
    ///   a shape of [2^58, 2^58, 0] has no elements, and rows that cannot be counted.
    package static func product(_ factors: some Sequence<Int>) -> Int? {
        var (product, isEmpty) = (1, false)
        for factor in factors {
            guard factor >= 0 else { return nil }
            isEmpty = isEmpty || factor == 0
            let (next, overflows) = product.multipliedReportingOverflow(by: max(factor, 1))
            guard !overflows else { return nil }
            product = next
        }
        return isEmpty ? 0 : product
    }

    /// The same for sizes one after another.
    package static func product(_ factors: Int...) -> Int? { product(factors) }

    /// The sum of sizes; nil when one is negative or the sum is beyond what an `Int` holds.
    package static func sum(_ terms: some Sequence<Int>) -> Int? {
        var sum = 0
        for term in terms {
            guard term >= 0 else { return nil }
            let (next, overflows) = sum.addingReportingOverflow(term)
            guard !overflows else { return nil }
            sum = next
        }
        return sum
    }

    /// The same for sizes one after another.
    package static func sum(_ terms: Int...) -> Int? { sum(terms) }

    /// Whether `count` things from `start` on lie within the first `total`.
    package static func fits(_ count: Int, from start: Int, in total: Int) -> Bool {
        count >= 0 && start >= 0 && start <= total && count <= total - start
    }

    /// The last element that a view through strides reaches, counted from the beginning of its storage.
    ///
    /// - Parameters:
    ///   - shape: Sizes, none of them zero.
    ///   - strides: Elements between neighbours along each dimension.
    ///   - offset: The first element.
    /// - Returns: nil when a number is negative or the place is beyond what an `Int` holds.
    package static func lastElement(shape: [Int], strides: [Int], offset: Int) -> Int? {
        guard shape.count == strides.count, shape.allSatisfy({ $0 > 0 }) else { return nil }
        var steps = [offset]
        for (size, stride) in zip(shape, strides) {
            guard let step = product(size - 1, stride) else { return nil }
            steps.append(step)
        }
        return sum(steps)
    }
}
