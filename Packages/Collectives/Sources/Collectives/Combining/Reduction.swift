import CMPI

/// How two values become one in a reduction. Arrays are combined element by element.
///
/// The same ranks with the same values get the same bits, however they wait and whatever their deadline. The bits of
/// sums and products of floating-point numbers still depend on what MPI makes of the array's length, on its version and
/// on the root, unless the operation is ``reproducible``.
public struct Reduction<Element: BitwiseCopyable> {
    enum Kind {
        /// MPI's own operation on MPI's own type; exact when no order of evaluation changes a bit of the result.
        case native(OperationHandle, DatatypeHandle, isExact: Bool)
        /// The smallest or largest floating-point number: ``Extreme`` says why MPI's own will not do.
        case extreme(Extreme, DatatypeHandle)
        /// The sum of integers of 8 or 16 bits: ``MPIDatatype/isSaturated`` says why MPI's own will not do.
        case wrappingSum(DatatypeHandle)
        /// Any function, over arrays.
        case function(Loop, Order)
    }

    /// Replaces the elements of a second array by those of the first combined with them.
    @usableFromInline
    typealias Loop = (UnsafePointer<Element>, UnsafeMutablePointer<Element>, Int) -> Void

    /// Inlined, so that the loop is compiled with the function and for the element that it is made for, in its client:
    /// called element by element through the type's metadata, a function took fifty times as long.
    @inlinable
    static func loop(_ combine: @escaping (Element, Element) -> Element) -> Loop {
        { left, right, count in
            for index in 0..<count { right[index] = combine(left[index], right[index]) }
        }
    }

    /// The same for a function that may throw, which is asked no more then.
    @inlinable
    static func loop(throwing combine: @escaping (Element, Element) throws -> Element) -> Loop {
        { left, right, count in
            guard ownMark() == 0 else { return }
            do {
                for index in 0..<count { right[index] = try combine(left[index], right[index]) }
            } catch { keepFault(error) }
        }
    }

    /// In which order a function is evaluated.
    enum Order {
        /// Strictly left to right in rank order.
        case strict
        /// As MPI chooses, the same each time.
        case free
        /// As MPI chooses, since all orders give the same bits.
        case exact
    }

    let kind: Kind
    private(set) var isReproducible = false
    /// The function where it may throw.
    let fallible: FallibleFunction<Element>?

    init(kind: Kind) { (self.kind, fallible) = (kind, nil) }

    @usableFromInline
    init(_ loop: @escaping Loop, isFree: Bool, fallible: FallibleFunction<Element>? = nil) {
        (kind, self.fallible) = (.function(loop, isFree ? .free : .strict), fallible)
    }

    /// The same operation in an order that is fixed by the ranks alone. Each element is combined as a value by itself
    /// would be: whatever the length of the array and the place in it, the root, the MPI library and the deadline.
    ///
    /// A reduction combines neighbours first, ranks 0 and 1, 2 and 3, then pairs of neighbours, and so on:
    /// ((v0 op v1) op (v2 op v3)) op v4 on five ranks. A scan goes from rank to rank: ((v0 op v1) op v2) op v3. What
    /// has one result in any order, and a function that is evaluated strictly left to right, stays as it is.
    ///
    /// What it costs on 2 and 4 ranks of one host, with 8 bytes to 4 MiB and Open MPI 4.1: reductions took up to 1.3
    /// times as long as in MPI's own order (2.7 times for 8 bytes on 4 ranks), scans up to 2 times (`mpirun -np 4
    /// collectives-check latency-orders`, on a busy machine). More ranks and networks were not tried: every rank sends
    /// whole arrays there.
    public var reproducible: Reduction {
        var copy = self
        copy.isReproducible = true
        return copy
    }

    /// A function of ours.
    @usableFromInline
    init(_ loop: @escaping Loop, isExact: Bool) { (kind, fallible) = (.function(loop, isExact ? .exact : .free), nil) }

    /// A function of your own. It must not communicate itself, on any communicator: MPI calls it in the midst of a
    /// reduction. Where it does, that call throws ``CollectiveError/Kind/misuse``, and so does the reduction, on every
    /// rank; the communicator works afterwards.
    ///
    /// Declared associative and commutative, it is evaluated in an order that MPI chooses, always the same for the same
    /// ranks. Otherwise it is evaluated strictly left to right in rank order, ((v0 op v1) op v2) op ...: each rank adds
    /// its own values to what comes from the rank before it, and gives that to the next, in pieces of 64 KiB. A root
    /// that has one rank behind it adds that rank's values itself.
    @inlinable
    public static func custom(
        commutative: Bool, associative: Bool, _ combine: @escaping (Element, Element) -> Element
    ) -> Reduction {
        Reduction(loop(combine), isFree: commutative && associative)
    }

    /// The same for a function that may throw. What it throws on one rank reaches all: the operation throws
    /// ``CollectiveError/Kind/functionThrew(rank:)`` on every rank, with the error as its cause where it was thrown.
    /// What was to be combined in place is then without meaning.
    @inlinable @_disfavoredOverload
    public static func custom(
        commutative: Bool, associative: Bool, _ combine: @escaping (Element, Element) throws -> Element
    ) -> Reduction {
        Reduction(
            loop(throwing: combine), isFree: commutative && associative, fallible: FallibleFunction(combine))
    }
}
