/// The exactly rounded sum by another method than the library's: J. R. Shewchuk, "Adaptive precision floating-point
/// arithmetic and fast robust geometric predicates", as in Python's math.fsum. The partial sums do not overlap, so
/// together they are the sum without error. Not for sums that overflow on the way.
func plainSum(_ terms: some Sequence<Double>) -> Double {
    var partials: [Double] = []
    for term in terms {
        var high = term
        var kept = 0
        for index in partials.indices {
            let (larger, smaller) =
                high.magnitude >= partials[index].magnitude ? (high, partials[index]) : (partials[index], high)
            high = larger + smaller
            let low = smaller - (high - larger)
            if low != 0 {
                partials[kept] = low
                kept += 1
            }
        }
        partials.removeLast(partials.count - kept)
        partials.append(high)
    }
    return rounded(partials)
}

/// The double nearest to the sum of partials of growing magnitude, ties to even.
private func rounded(_ partials: [Double]) -> Double {
    var rest = partials
    guard var high = rest.popLast() else { return 0 }
    while let next = rest.popLast() {
        let larger = high
        high = larger + next
        let low = next - (high - larger)
        guard low != 0 else { continue }
        // Half-way between two doubles: what is still below decides.
        if let below = rest.last, (low < 0) == (below < 0) {
            let doubled = 2 * low
            let other = high + doubled
            if other - high == doubled {
                high = other
            }
        }
        break
    }
    return high
}
