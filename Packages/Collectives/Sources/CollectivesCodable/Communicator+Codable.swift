import Collectives

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Small things of any shape, such as settings: what is `Codable` goes as JSON, of whatever length.
///
/// Numbers arrive as they were, infinities and NaN too. Arrays of numbers go faster as they are: see
/// ``Collectives/Communicator/send(_:to:tag:)``.
extension Communicator {
    /// Sends a value, which the other rank receives by ``receive(decoding:from:tag:)``. May block until it does.
    ///
    /// - Throws: ``CollectiveError``; or the value's own error where it cannot be encoded, and nothing was sent.
    public func send<T: Encodable>(encoding value: T, to rank: Int, tag: Int = 0) throws {
        try send(JSON.bytes(of: value), to: rank, tag: tag)
    }

    /// Receives a value that was sent by ``send(encoding:to:tag:)``: waits until it is there.
    ///
    /// - Throws: ``CollectiveError``, as ``Collectives/Communicator/receiveArray(of:from:tag:)``; or an error of
    ///   decoding when the message is no such value. It is gone then.
    public func receive<T: Decodable>(decoding type: T.Type, from rank: Int, tag: Int = 0) throws -> T {
        try JSON.value(of: type, in: receiveArray(of: UInt8.self, from: rank, tag: tag)[...])
    }

    /// Rank `root`'s value on every rank; the others give nil. Every rank calls it.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the root gives nil, or a value that cannot be encoded; or an
    ///   error of decoding, on every rank where that fails for all.
    public func broadcast<T: Codable>(encoding value: T?, root: Int) throws -> T {
        // What cannot be encoded goes to all as a text.
        var own: [UInt8]?
        if rank == root, let value {
            do { own = try [Content.value] + JSON.bytes(of: value) } catch {
                own = [Content.complaint] + Array("\(error)".utf8)
            }
        }
        let bytes = try broadcast(own, root: root)
        guard bytes.first == Content.value else {
            let complaint = String(decoding: bytes.dropFirst(), as: UTF8.self)
            throw CollectiveError(
                routine: "broadcast", reason: "the value of rank \(root) cannot be encoded: \(complaint)")
        }
        return try JSON.value(of: T.self, in: bytes.dropFirst())
    }

    /// What follows the first byte.
    private enum Content { static let value: UInt8 = 1, complaint: UInt8 = 0 }
}

private enum JSON {
    private static let (infinity, minusInfinity, nan) = ("inf", "-inf", "nan")

    static func bytes<T: Encodable>(of value: T) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: infinity, negativeInfinity: minusInfinity, nan: nan)
        return try Array(encoder.encode(value))
    }

    static func value<T: Decodable>(of type: T.Type, in bytes: ArraySlice<UInt8>) throws -> T {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: infinity, negativeInfinity: minusInfinity, nan: nan)
        return try decoder.decode(type, from: Data(bytes))
    }
}
