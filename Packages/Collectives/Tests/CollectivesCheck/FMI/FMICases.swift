import Collectives

/// FMI's cases with numbers of one type, alone and in lists.
struct FMICases<Number: MPINumber> {
    let world: Communicator
    /// All values are small multiples of it, so that no order of evaluation rounds a sum or a product.
    let unit: Number
    let functions: [FMIFunction<Number>]

    private var rank: Int { world.rank }
    private var size: Int { world.size }
    /// All peers, or in a large world some.
    private var someRoots: [Int] { size > 8 ? [0, size / 2, size - 1] : Array(0..<size) }

    func check() throws {
        for root in 0..<size { try move(root) }
        for root in someRoots { try message(root) }
        for function in functions { try reduce(function) }
        try worked()
    }

    /// What a peer has at a place of its list.
    private func value(_ rank: Int, _ place: Int = 0) -> Number { number(1 + (7 * rank + place) % 3) }

    private func number(_ multiple: Int) -> Number { Number(exactly: multiple)! * unit }

    private func list(_ rank: Int, _ count: Int) -> [Number] { (0..<count).map { value(rank, $0) } }

    private func expect<T: Equatable>(_ actual: T, _ expected: T, _ what: String) {
        world.expect(actual, expected, "\(what) of \(Number.self)")
    }

    /// To every other peer and back, one behind another: a value, a second one, and lists.
    private func message(_ root: Int) throws {
        func send(to peer: Int) throws {
            try world.send(value(rank), to: peer)
            try world.send(number(42 + rank), to: peer)
            for count in [1, 2, 5] { try world.send(list(rank, count), to: peer) }
        }
        func receive(from peer: Int) throws {
            expect(try world.receive(Number.self, from: peer), value(peer), "recv")
            expect(try world.receive(Number.self, from: peer), number(42 + peer), "recv of the second")
            for count in [1, 2, 5] { expect(try world.receiveArray(from: peer), list(peer, count), "recv of a list") }
        }
        guard rank == root else {
            try receive(from: root)
            return try send(to: root)
        }
        for peer in 0..<size where peer != root { try send(to: peer) }
        for peer in 0..<size where peer != root { try receive(from: peer) }
    }

    /// bcast, gather and scatter.
    private func move(_ root: Int) throws {
        let isRoot = rank == root
        expect(try world.broadcast(isRoot ? number(42) : number(rank), root: root), number(42), "bcast")
        let all = (0..<size).map { value($0) }
        expect(try world.gather(value(rank), root: root), isRoot ? all : nil, "gather")
        expect(try world.scatter(isRoot ? all : nil, root: root), [value(rank)], "scatter")
        for count in size > 8 ? [[1, 2, 5][root % 3]] : [1, 2, 5] {
            let all = (0..<size).flatMap { list($0, count) }
            expect(try world.broadcast(isRoot ? list(root, count) : nil, root: root), list(root, count), "bcast")
            expect(try world.gather(list(rank, count), root: root), isRoot ? all : nil, "gather")
            expect(try world.scatter(isRoot ? all : nil, root: root), list(rank, count), "scatter")
        }
        let uneven = (0..<size).map { list($0, $0 % 3) }
        expect(try world.gatherVarying(uneven[rank], root: root), isRoot ? uneven : nil, "uneven gather")
        expect(try world.scatterVarying(isRoot ? uneven : nil, root: root), uneven[rank], "uneven scatter")
    }

    /// reduce, allreduce and scan: a value, and a list element by element.
    private func reduce(_ function: FMIFunction<Number>) throws {
        let (operation, name, count) = (function.operation, function.name, 3)
        let prefixes = (1..<size).reduce(into: [list(0, count)]) {
            $0.append(zip($0[$1 - 1], list($1, count)).map(function.combine))
        }
        let (own, all) = (list(rank, count), prefixes[size - 1])
        for root in someRoots {
            let isRoot = rank == root
            expect(try world.reduce(own[0], operation, root: root), isRoot ? all[0] : nil, "reduce(\(name))")
            expect(try world.reduce(own, operation, root: root), isRoot ? all : nil, "reduce(\(name)) of a list")
        }
        expect(try world.allReduce(own[0], operation), all[0], "allreduce(\(name))")
        expect(try world.allReduce(own, operation), all, "allreduce(\(name)) of a list")
        expect(try world.scan(own[0], operation), prefixes[rank][0], "scan(\(name))")
        expect(try world.scan(own, operation), prefixes[rank], "scan(\(name)) of a list")
        expect(
            try world.exclusiveScan(own[0], operation), rank == 0 ? nil : prefixes[rank - 1][0],
            "exclusive scan(\(name))")
    }

    /// Values that are worked out by a formula.
    private func worked() throws {
        let (own, last) = (number(rank + 1), size - 1)
        expect(try world.allReduce(own, .sum), number(size * (size + 1) / 2), "allreduce(rank + 1, sum)")
        expect(try world.scan(own, .sum), number((rank + 1) * (rank + 2) / 2), "scan(rank + 1, sum)")
        expect(try world.reduce(own, .min, root: last), rank == last ? number(1) : nil, "reduce(rank + 1, min)")
        expect(try world.reduce(own, .max, root: last), rank == last ? number(size) : nil, "reduce(rank + 1, max)")
    }
}
