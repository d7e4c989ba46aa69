import Collectives
import PhotozRecords

/// Strings of any length as HDF5 keeps them: in the data set stands where each of them is, and the strings themselves
/// stand in collections elsewhere in the file, the global heap. HDF5 would write them one after another, on one rank;
/// here each rank writes its own, so the form is that of HDF5's "File Format Specification", III.E, byte for byte.
///
/// A collection has the strings of a fixed number of galaxies: where it is cut does not depend on who has them.
struct StringHeap {
    /// Galaxies of a collection; divides a block.
    static let galaxies = 1024
    /// Bytes of a collection at least: HDF5 reads so many before it knows the size.
    private static let smallest = 4096
    /// Bytes before the strings of a collection, before each string, and of what stands for the rest.
    private static let head = 16
    /// Bytes for each string in the data set.
    static let referenceBytes = 16

    /// Where a piece of a collection goes.
    private struct Place: BitwiseCopyable {
        /// Where the collection begins.
        var collection = 0
        var bytes = 0
        /// Where the piece's first string begins.
        var first = 0
    }

    /// Neighbouring galaxies of a collection that this rank has.
    private let pieces: [Range<Int>]
    private let places: [Place]
    private let total: Int
    /// Bytes of all collections.
    let byteCount: Int

    /// Every rank calls it.
    ///
    /// - Parameters:
    ///   - found: What this rank knows.
    ///   - total: Galaxies in all.
    ///   - owners: Of the galaxies.
    ///   - world: All ranks.
    /// - Throws: A communication error.
    init(_ found: RankFindings, total: Int, _ owners: GalaxyOwners, on world: Communicator) throws {
        self.total = total
        let spans = found.pieces(every: Self.galaxies)
        let pieces = spans.map(\.galaxies)
        let lengths = spans.map { span in
            found.identifiers.strings[span.place..<span.place + span.galaxies.count]
                .reduce(0) { $0 + Self.room(of: $1.count) }
        }
        var own = 0
        places = try owners.ask(pieces, lengths) { asked in
            var places = Self.places(asked)
            own = places.last.map { $0.collection + $0.bytes } ?? 0
            let before = try world.exclusiveScan(own, .sum) ?? 0
            for index in places.indices {
                places[index].collection += before
                places[index].first += before
            }
            return places
        }
        self.pieces = pieces
        byteCount = try world.allReduce(own, .sum)
    }

    /// Bytes that a string takes in its collection.
    private static func room(of length: Int) -> Int { head + (length + 7) / 8 * 8 }

    /// Puts the collections of an owner one behind another.
    private static func places(_ asked: [GalaxyOwners.Question<Int>]) -> [Place] {
        var places: [Place] = []
        var (index, collection) = (0, 0)
        while index < asked.count {
            let number = asked[index].first / galaxies
            let members = asked[index...].prefix { $0.first / galaxies == number }
            let bytes = max(smallest, head + members.reduce(0) { $0 + $1.value } + head)
            var next = collection + head
            for member in members {
                places.append(Place(collection: collection, bytes: bytes, first: next))
                next += member.value
            }
            collection += bytes
            index += members.count
        }
        return places
    }

    // MARK: Bytes

    /// What the data set has for neighbouring galaxies of this rank, and the part of the heap with their strings.
    ///
    /// - Parameters:
    ///   - block: Galaxies between two multiples of ``galaxies``, or up to where this rank's end.
    ///   - strings: Theirs.
    ///   - start: Where in the file the first collection begins.
    /// - Returns: The references, and where the part begins in the file and its bytes.
    func bytes(
        of block: Range<Int>, _ strings: ArraySlice<[UInt8]>, from start: Int
    ) -> (references: [UInt8], place: Int, heap: [UInt8]) {
        var (references, heap) = ([UInt8](), [UInt8]())
        references.reserveCapacity(block.count * Self.referenceBytes)
        let first = pieces.firstPlace { $0.lowerBound >= block.lowerBound }
        var (piece, string) = (first, strings.startIndex)
        let begin = start + begin(of: first)
        while piece < pieces.count, pieces[piece].lowerBound < block.upperBound {
            let (galaxies, place) = (pieces[piece], places[piece])
            if galaxies.lowerBound % Self.galaxies == 0 { Self.append(head: place.bytes, to: &heap) }
            for galaxy in galaxies {
                let number = galaxy % Self.galaxies + 1
                Self.append(strings[string], number, to: &heap)
                Self.append(UInt32(strings[string].count), to: &references)
                Self.append(UInt64(start + place.collection), to: &references)
                Self.append(UInt32(number), to: &references)
                string += 1
            }
            if galaxies.upperBound % Self.galaxies == 0 || galaxies.upperBound == total {
                Self.append(rest: start + place.collection + place.bytes - begin - heap.count, to: &heap)
            }
            piece += 1
        }
        return (references, begin, heap)
    }

    /// Where what a piece adds begins in the heap.
    private func begin(of piece: Int) -> Int {
        guard piece < pieces.count else { return 0 }
        let isFirst = pieces[piece].lowerBound % Self.galaxies == 0
        return isFirst ? places[piece].collection : places[piece].first
    }

    private static func append(head bytes: Int, to heap: inout [UInt8]) {
        heap += "GCOL".utf8
        heap += [1, 0, 0, 0]
        append(UInt64(bytes), to: &heap)
    }

    /// A string with its number in the collection, used once.
    private static func append(_ string: [UInt8], _ number: Int, to heap: inout [UInt8]) {
        append(UInt16(number), to: &heap)
        append(UInt16(1), to: &heap)
        append(UInt32(0), to: &heap)
        append(UInt64(string.count), to: &heap)
        heap += string
        heap += repeatElement(0, count: room(of: string.count) - head - string.count)
    }

    /// What stands for the rest of a collection, its own head included.
    private static func append(rest bytes: Int, to heap: inout [UInt8]) {
        append(UInt64(0), to: &heap)
        append(UInt64(bytes), to: &heap)
        heap += repeatElement(0, count: bytes - head)
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
}
