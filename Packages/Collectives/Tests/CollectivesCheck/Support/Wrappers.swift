import Collectives

/// A number of a user's own, that is another one in memory.
protocol Wrapper: MPINumber where Magnitude == Self, IntegerLiteralType == Int {
    associatedtype Value: MPINumber
    var value: Value { get set }
    init(value: Value)
    init(_ number: Int)
}

extension Wrapper {
    init(integerLiteral value: Int) { self.init(value) }
    init?(exactly source: some BinaryInteger) { self.init(Int(source)) }
    var magnitude: Self { self }
    static func < (a: Self, b: Self) -> Bool { a.value < b.value }
    static func + (a: Self, b: Self) -> Self { Self(value: a.value + b.value) }
    static func - (a: Self, b: Self) -> Self { Self(value: a.value - b.value) }
    static func * (a: Self, b: Self) -> Self { Self(value: a.value * b.value) }
    static func *= (a: inout Self, b: Self) { a.value *= b.value }
}

struct Metres: Wrapper {
    static var mpiDatatype: MPIDatatype? { .double }
    var value: Double
}

struct Pixel: Wrapper {
    static var mpiDatatype: MPIDatatype? { .uint8 }
    var value: UInt8
}

/// One that says what cannot be.
struct Mistaken: Wrapper {
    static var mpiDatatype: MPIDatatype? { .double }
    var value: Float
}

extension Metres { init(_ number: Int) { value = Double(number) } }
extension Pixel { init(_ number: Int) { value = UInt8(number) } }
extension Mistaken { init(_ number: Int) { value = Float(number) } }
