import PhotozText

/// A value of a JSON file together with where it stands, so that whoever asks it for what it is not can say where.
package struct JSONNode: Sendable {
    /// Bytes that no JSON file of a run or a plan exceeds.
    private static let largestFile = 1 << 28

    /// What stands there.
    package let value: JSONValue
    private let file: String
    /// The keys that lead there, such as `data_map.0`; empty for the whole file.
    private let path: String
    /// What messages call it instead of its path.
    private let name: String?

    /// Reads a file.
    ///
    /// - Returns: nil when there is no file of that name.
    /// - Throws: ``RecordError`` when it cannot be read, is no JSON, or gives a key twice.
    package static func read(_ file: String) throws(RecordError) -> JSONNode? {
        guard let bytes = try contents(ofFile: file, limit: largestFile) else { return nil }
        return try JSONNode(bytes, file: file)
    }

    /// - Parameters:
    ///   - bytes: The text.
    ///   - file: Where it is from, for messages.
    /// - Throws: ``RecordError`` when it is no JSON, or gives a key twice.
    package init(_ bytes: [UInt8], file: String) throws(RecordError) {
        guard !bytes.starts(with: [0xff, 0xfe]), !bytes.starts(with: [0xfe, 0xff]) else {
            throw RecordError(file: file, "is UTF-16 text; save it as UTF-8")
        }
        do throws(JSONParser.Fault) {
            let value = try bytes.withUnsafeBufferPointer { bytes throws(JSONParser.Fault) in
                try JSONParser.parse(bytes)
            }
            self.init(value, file: file, path: "")
        } catch {
            throw RecordError(file: file, Self.words(error, in: bytes))
        }
    }

    private static func words(_ fault: JSONParser.Fault, in bytes: [UInt8]) -> String {
        let before = bytes[..<fault.place]
        let line = before.reduce(1) { $0 + ($1 == 0x0a ? 1 : 0) }
        guard let path = fault.repeated else {
            let column = fault.place - (before.lastIndex(of: 0x0a) ?? -1)
            return "is no proper JSON: line \(line), column \(column): \(fault.reason)"
        }
        let key = JSONValue.shortened(path)
        return "gives \"\(key)\" twice, again in line \(line), and only one of the two can be meant"
    }

    private init(_ value: JSONValue, file: String, path: String, name: String? = nil) {
        self.value = value
        self.file = file
        self.path = path
        self.name = name
    }

    /// The same, called something else in messages.
    package func named(_ name: String) -> JSONNode { JSONNode(value, file: file, path: path, name: name) }

    // MARK: Faults

    /// A fault of this value.
    package func fault(_ reason: String) -> RecordError {
        let quoted = path.isEmpty ? nil : "\"\(JSONValue.shortened(path))\""
        return RecordError(file: file, (name ?? quoted).map { "\($0) \(reason)" } ?? reason)
    }

    private func expected(_ what: String) -> RecordError {
        fault("is of another type: \(what) is expected, and it is \(value.words)")
    }

    // MARK: Parts

    /// The entry of an object under a key; nil when there is none.
    ///
    /// - Throws: ``RecordError`` when this is no object.
    package func optional(_ key: String) throws(RecordError) -> JSONNode? {
        guard case .object(let entries) = value else { throw expected("an object") }
        return entries[key].map { child($0, key) }
    }

    /// The entry of an object under a key; nil when there is none or it is null.
    ///
    /// - Throws: ``RecordError`` when this is no object.
    package func known(_ key: String) throws(RecordError) -> JSONNode? {
        guard let node = try optional(key), node.value != .null else { return nil }
        return node
    }

    /// The entry of an object under a key.
    ///
    /// - Throws: ``RecordError`` when this is no object, or has no such entry.
    package func entry(_ key: String) throws(RecordError) -> JSONNode {
        guard let node = try optional(key) else { throw fault("has no \"\(key)\"") }
        return node
    }

    /// All entries of an object.
    ///
    /// - Throws: ``RecordError`` when this is no object.
    package func entries() throws(RecordError) -> [String: JSONNode] {
        guard case .object(let entries) = value else { throw expected("an object") }
        var nodes: [String: JSONNode] = [:]
        for (key, value) in entries { nodes[key] = child(value, key) }
        return nodes
    }

    /// Whether this is a list.
    package var isList: Bool { if case .list = value { true } else { false } }

    /// All elements of a list.
    ///
    /// - Throws: ``RecordError`` when this is no list.
    package func list() throws(RecordError) -> [JSONNode] {
        guard case .list(let items) = value else { throw expected("a list") }
        return items.enumerated().map { JSONNode($1, file: file, path: "\(path)[\($0)]") }
    }

    private func child(_ value: JSONValue, _ key: String) -> JSONNode {
        JSONNode(value, file: file, path: path.isEmpty ? key : "\(path).\(key)")
    }

    // MARK: Plain values

    /// A text.
    ///
    /// - Throws: ``RecordError`` when it is something else.
    package func text() throws(RecordError) -> String {
        guard case .text(let text) = value else { throw expected("a text") }
        return text
    }

    /// A text that the system can take for a path: a zero character would end it there.
    ///
    /// - Throws: ``RecordError`` when it is something else.
    package func filePath() throws(RecordError) -> String {
        let text = try text()
        guard !text.utf8.contains(0) else { throw fault("has a zero character in it, and no file name has") }
        return text
    }

    /// A finite number.
    ///
    /// - Throws: ``RecordError`` when it is something else.
    package func number() throws(RecordError) -> Double {
        guard case .number(let text) = value else { throw expected("a number") }
        guard let number = Double(text), number.isFinite else { throw fault("is \(value.words), which is too large") }
        return number
    }

    /// A whole number in a range, however it is written.
    ///
    /// - Throws: ``RecordError`` when it is something else, or outside of the range.
    package func whole(in range: ClosedRange<Int> = 0...Int.max) throws(RecordError) -> Int {
        guard case .number(let text) = value else { throw expected("a whole number") }
        return try whole(text, range)
    }

    /// The same, which may also be written as a text.
    ///
    /// - Throws: ``RecordError`` when it is something else, or outside of the range.
    package func wholeOrText(in range: ClosedRange<Int>) throws(RecordError) -> Int {
        switch value {
        case .number(let text), .text(let text): return try whole(text, range)
        default: throw expected("a whole number")
        }
    }

    private func whole(_ text: String, _ range: ClosedRange<Int>) throws(RecordError) -> Int {
        // From 2^53 on a float64 no longer tells whole numbers apart.
        let float = Double(text).flatMap { abs($0) < 0x1p53 ? Int(exactly: $0) : nil }
        guard let number = Int(text) ?? float, range.contains(number) else {
            let limit = range.upperBound < .max ? " to \(range.upperBound)" : ""
            throw fault("must be a whole number from \(range.lowerBound)\(limit), and is \(value.words)")
        }
        return number
    }
}
