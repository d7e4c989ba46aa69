/// Points in a few dimensions, halved again and again across the longest side of what they fill (a kd-tree, Bentley
/// 1975): neighbours are found without looking at all of them.
///
/// Distances are squared, and sums over dimensions in their order in double precision. Rounding is monotonous, so that
/// what a box says of all its points holds for each to the bit, and answers are those of looking at all.
struct NeighbourTree {
    private let dimensions: Int
    /// [points, dimensions], in the order of the tree.
    private var points: [Float]
    /// Where each point stood in what the tree was made of.
    private(set) var places: [Int32]
    /// [nodes, 2, dimensions]: smallest and largest value of each node's points. The children of node k are 2 k + 1 and
    /// 2 k + 2, with the lower and the upper half of its points.
    private var boxes: [Float] = []

    /// Nodes of as many points or fewer are not halved.
    private static let leafSize = 12

    /// - Parameter points: [points, dimensions], finite; at least one point.
    init(_ points: [Float], dimensions: Int) {
        let count = points.count / dimensions
        precondition(count > 0 && count <= Int32.max, "no points, or too many")
        self.dimensions = dimensions
        self.points = points
        places = (0..<Int32(count)).map { $0 }
        build(0, 0..<count, from: points)
        self.points = places.flatMap { points[Int($0) * dimensions..<(Int($0) + 1) * dimensions] }
    }

    var count: Int { places.count }

    private mutating func build(_ node: Int, _ range: Range<Int>, from points: [Float]) {
        if boxes.count < (node + 1) * 2 * dimensions {
            boxes += Array(repeating: 0, count: (node + 1) * 2 * dimensions - boxes.count)
        }
        var longest = (dimension: 0, side: -Float.infinity)
        for dimension in 0..<dimensions {
            var (lower, upper) = (Float.infinity, -Float.infinity)
            for place in places[range] {
                let value = points[Int(place) * dimensions + dimension]
                lower = min(lower, value)
                upper = max(upper, value)
            }
            boxes[node * 2 * dimensions + dimension] = lower
            boxes[node * 2 * dimensions + dimensions + dimension] = upper
            if upper - lower > longest.side { longest = (dimension, upper - lower) }
        }
        guard range.count > Self.leafSize else { return }
        let middle = (range.lowerBound + range.upperBound) / 2
        let (dimension, dimensions) = (longest.dimension, dimensions)
        places.withUnsafeMutableBufferPointer { places in
            Self.select(places, range, middle) { points[Int($0) * dimensions + dimension] }
        }
        build(2 * node + 1, range.lowerBound..<middle, from: points)
        build(2 * node + 2, middle..<range.upperBound, from: points)
    }

    /// Puts the smaller ones before a middle place and the larger ones behind it (Hoare's selection).
    private static func select(
        _ places: UnsafeMutableBufferPointer<Int32>, _ range: Range<Int>, _ middle: Int, _ value: (Int32) -> Float
    ) {
        var (low, high) = (range.lowerBound, range.upperBound - 1)
        while low < high {
            let pivot = value(places[(low + high) / 2])
            var (left, right) = (low, high)
            while left <= right {
                while value(places[left]) < pivot { left += 1 }
                while value(places[right]) > pivot { right -= 1 }
                if left <= right {
                    places.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if middle <= right { high = right } else if middle >= left { low = left } else { return }
        }
    }
}

extension NeighbourTree {
    /// The squared distance of the nearest points, ascending: as many as asked for, or all.
    func nearestDistances(_ wanted: Int, to point: UnsafeBufferPointer<Float>) -> [Double] {
        var nearest = Nearest(wanted: min(wanted, count))
        visit(0, 0..<count, point, &nearest)
        return nearest.distances
    }

    /// The nearest point's place in what the tree was made of, and its squared distance; the one that the tree comes to
    /// first, when several are as near.
    func nearest(to point: UnsafeBufferPointer<Float>) -> (place: Int, distance: Double) {
        var nearest = Nearest(wanted: 1)
        visit(0, 0..<count, point, &nearest)
        return (Int(places[nearest.last]), nearest.distances[0])
    }

    /// How many points are as near as a squared distance or nearer.
    func count(within distance: Double, of point: UnsafeBufferPointer<Float>) -> Int {
        count(0, 0..<count, within: distance, point)
    }

    /// The nearest ones found so far.
    private struct Nearest {
        let wanted: Int
        /// Ascending.
        var distances: [Double] = []
        /// The place in the tree's order of what was found last.
        var last = 0

        init(wanted: Int) {
            self.wanted = wanted
            distances.reserveCapacity(wanted + 1)
        }

        /// What a further point has to be below.
        var limit: Double { distances.count < wanted ? .infinity : distances[distances.count - 1] }

        mutating func add(_ distance: Double, _ index: Int) {
            guard distance < limit else { return }
            if distances.count == wanted { distances.removeLast() }
            var place = distances.count
            while place > 0, distances[place - 1] > distance { place -= 1 }
            distances.insert(distance, at: place)
            last = index
        }
    }

    private func visit(
        _ node: Int, _ range: Range<Int>, _ point: UnsafeBufferPointer<Float>, _ nearest: inout Nearest
    ) {
        guard range.count > Self.leafSize else {
            for index in range { nearest.add(distance(index, point), index) }
            return
        }
        let middle = (range.lowerBound + range.upperBound) / 2
        let lower = (node: 2 * node + 1, range: range.lowerBound..<middle)
        let upper = (node: 2 * node + 2, range: middle..<range.upperBound)
        let toLower = least(lower.node, point)
        let toUpper = least(upper.node, point)
        if toLower <= toUpper {
            if toLower < nearest.limit { visit(lower.node, lower.range, point, &nearest) }
            if toUpper < nearest.limit { visit(upper.node, upper.range, point, &nearest) }
        } else {
            if toUpper < nearest.limit { visit(upper.node, upper.range, point, &nearest) }
            if toLower < nearest.limit { visit(lower.node, lower.range, point, &nearest) }
        }
    }

    private func count(
        _ node: Int, _ range: Range<Int>, within distance: Double, _ point: UnsafeBufferPointer<Float>
    ) -> Int {
        if least(node, point) > distance { return 0 }
        if most(node, point) <= distance { return range.count }
        guard range.count > Self.leafSize else { return range.count { self.distance($0, point) <= distance } }
        let middle = (range.lowerBound + range.upperBound) / 2
        return count(2 * node + 1, range.lowerBound..<middle, within: distance, point)
            + count(2 * node + 2, middle..<range.upperBound, within: distance, point)
    }

    /// To a point of the tree.
    private func distance(_ index: Int, _ point: UnsafeBufferPointer<Float>) -> Double {
        points.withUnsafeBufferPointer { points in
            var sum = 0.0
            for dimension in 0..<dimensions {
                let difference = Double(points[index * dimensions + dimension]) - Double(point[dimension])
                sum += difference * difference
            }
            return sum
        }
    }

    /// To the nearest place in a node's box.
    private func least(_ node: Int, _ point: UnsafeBufferPointer<Float>) -> Double {
        sides(node, point) { lower, upper in max(lower, -upper, 0) }
    }

    /// To the farthest place in a node's box.
    private func most(_ node: Int, _ point: UnsafeBufferPointer<Float>) -> Double {
        sides(node, point) { lower, upper in max(-lower, upper) }
    }

    /// The sum of squares of what is made, in each dimension, of the box's lower and upper end less the point.
    @inline(__always)
    private func sides(
        _ node: Int, _ point: UnsafeBufferPointer<Float>, _ difference: (_ lower: Double, _ upper: Double) -> Double
    ) -> Double {
        boxes.withUnsafeBufferPointer { boxes in
            let first = node * 2 * dimensions
            var sum = 0.0
            for dimension in 0..<dimensions {
                let value = Double(point[dimension])
                let side = difference(
                    Double(boxes[first + dimension]) - value, Double(boxes[first + dimensions + dimension]) - value)
                sum += side * side
            }
            return sum
        }
    }
}
