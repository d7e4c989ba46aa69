/// A value, and whether the function that was to combine it has failed: in an operation that is under way, which must
/// tell other ranks by what it brings them anyway.
@usableFromInline
struct Fallible<Value: BitwiseCopyable>: BitwiseCopyable {
    @usableFromInline var value: Value
    /// That of a rank where it has failed, or 0: see ``Fault/mark(of:)``.
    @usableFromInline var mark: Int32

    @inlinable
    init(_ value: Value) { (self.value, mark) = (value, 0) }
}

/// A function that may throw, for operations that are under way. Inlined, as ``Reduction/loop(_:)`` is.
@usableFromInline
struct FallibleFunction<Value: BitwiseCopyable> {
    let combine: Reduction<Fallible<Value>>.Loop
    /// Fills memory of as many elements.
    let pack: ([Value], UnsafeMutablePointer<Fallible<Value>>) -> Void
    /// The values, and the largest mark.
    let unpack: (UnsafeBufferPointer<Fallible<Value>>) -> ([Value], Int32)

    @usableFromInline
    init(
        combine: @escaping Reduction<Fallible<Value>>.Loop,
        pack: @escaping ([Value], UnsafeMutablePointer<Fallible<Value>>) -> Void,
        unpack: @escaping (UnsafeBufferPointer<Fallible<Value>>) -> ([Value], Int32)
    ) { (self.combine, self.pack, self.unpack) = (combine, pack, unpack) }

    @inlinable
    init(_ function: @escaping (Value, Value) throws -> Value) {
        self.init(
            combine: { left, right, count in
                for index in 0..<count {
                    right[index].mark = Swift.max(left[index].mark, right[index].mark)
                    if right[index].mark > 0 { continue }
                    do { right[index].value = try function(left[index].value, right[index].value) } catch {
                        keepFault(error)
                    }
                }
                // Also of one that has communicated and passes no error on.
                if count > 0 { right[count - 1].mark = Swift.max(right[count - 1].mark, ownMark()) }
            },
            pack: { values, memory in
                for index in values.indices { memory[index] = Fallible(values[index]) }
            },
            unpack: { elements in
                (elements.map { $0.value }, elements.reduce(0) { Swift.max($0, $1.mark) })
            })
    }
}

/// See ``Combination/keep(_:)``.
@usableFromInline
func keepFault(_ error: any Error) { Combination.keep(error) }

/// See ``Combination/mark``.
@usableFromInline
func ownMark() -> Int32 { Combination.mark }
