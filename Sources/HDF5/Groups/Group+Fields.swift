extension Group {
    /// A field of a data set of compounds by its name, `table:z`: the data set and the field. Either may have colons in
    /// its name: the longest data set that there is counts.
    ///
    /// - Returns: nil when no data set is named.
    func field(named name: String) -> (dataset: String, field: String)? {
        for colon in name.indices.reversed() where name[colon] == ":" {
            let (dataset, field) = (String(name[..<colon]), String(name[name.index(after: colon)...]))
            guard !field.isEmpty, isName(dataset), isName(field) else { continue }
            do throws(HDF5Error) {
                if try place(of: dataset) != nil { return (dataset, field) }
            } catch {
                // A link that leads nowhere is there, and says so when it is opened.
                return (dataset, field)
            }
        }
        return nil
    }

    /// Whether a name is that of a field, or of a field of what cannot be opened.
    func containsField(_ name: String) -> Bool {
        guard let parts = field(named: name) else { return false }
        do throws(HDF5Error) {
            guard let place = try place(of: parts.dataset) else { return false }
            _ = try open(place, as: name, field: parts.field)
            return true
        } catch {
            // No such field; any other fault is one of something that is there.
            return error.kind != .missingObject || (try? place(of: parts.dataset)) == nil
        }
    }
}
