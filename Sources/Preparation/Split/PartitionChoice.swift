import Interchange
import PhotozMachine
import PhotozText

/// Which place of a PyTorch file holds the galaxies.
enum PartitionChoice {
    /// The places that may be a partition: tensors in a row, and dictionaries with images among them.
    ///
    /// - Parameter names: What the user calls the arrays.
    static func all(in places: [TorchPlace], _ names: ArrayNames) -> [TorchPlace] {
        let images = names.images.map { [$0] } ?? ["images", "image", "cube", "x", "X"]
        return places.filter { place in
            switch place.kind {
            // In a list of lists each is a galaxy, and has no rows.
            case .sequence: place.names.count > 1 && place.path.allSatisfy { Int($0) == nil }
            case .dictionary: place.path.first.flatMap(Int.init) == nil && place.names.contains { images.contains($0) }
            case .module: false
            }
        }
    }

    /// The one that is meant.
    ///
    /// - Parameters:
    ///   - all: Those that there are.
    ///   - wanted: The keys that lead to it; nil for the only one.
    ///   - file: The file.
    ///   - places: All places of the file, for messages.
    ///   - source: The file's path.
    /// - Throws: ``JobError`` with code 65 when there is none, or it is a part of an object that may choose among its
    ///   rows; 64 when there are several or none of that name.
    static func choose(
        _ all: [TorchPlace], _ wanted: String?, of file: TorchFile, _ places: [TorchPlace], source: String
    ) throws -> TorchPlace {
        guard !all.isEmpty else { throw nothing(file, places, source: source) }
        var meant = all
        if let wanted { meant = all.filter { label($0) == wanted } }
        // What stands at the top is meant before what stands inside of other things.
        if wanted == nil, let top = all.first, top.path.isEmpty { meant = [top] }
        guard let place = meant.first, meant.count == 1 else {
            let entries = all.map(label).joined(separator: ", ")
            throw JobError(
                .wrongUsage,
                wanted.map { "\(source): has no tensors at --entry \($0); there are some at: \(entries)" }
                    ?? "\(source): has tensors of galaxies in \(all.count) places; give --entry with one of: \(entries)"
            )
        }
        if let holder = place.holder {
            throw JobError(
                .badData,
                "\(source): holds a \(holder), which may choose, change or add to the rows of its tensors; save a TensorDataset or the tensors themselves"
            )
        }
        return place
    }

    private static func label(_ place: TorchPlace) -> String {
        place.path.isEmpty ? "." : place.path.joined(separator: "/")
    }

    /// Why a file has nothing that can be imported.
    private static func nothing(_ file: TorchFile, _ places: [TorchPlace], source: String) -> JobError {
        if !file.calls.isEmpty, places.allSatisfy({ $0.tensorNames.isEmpty }) {
            return JobError(
                .badData,
                "\(source): asks to run \(shortened(file.calls)) when it is loaded, which files of tensors and modules do not; nothing was run. Do not load this file with PyTorch unless you trust who made it"
            )
        }
        guard let place = places.first(where: { !$0.tensorNames.isEmpty }) else {
            return JobError(
                .badData,
                "\(source): holds \(file.contents), and neither a TensorDataset nor a module nor a state dict; save one of these"
            )
        }
        if place.path.first.flatMap(Int.init) == 0 {
            return JobError(
                .badData,
                "\(source): holds a list with the tensors of one galaxy after the other; make one tensor of all with torch.stack, and save a TensorDataset or a dictionary of them"
            )
        }
        let names = shortened(place.names.filter { place.tensorNames.contains($0) }, 6)
        let what = place.kind == .module ? "a module" : "tensors"
        return JobError(
            .badData,
            "\(source): is no AstroMAE redshift network and no partition: it has \(what) \(names)\(place.path.isEmpty ? "" : " under \(label(place))"), without cls_token, pos_embed and the like, and without images and magnitudes; for galaxies under other names give --images, --magnitudes and --redshift"
        )
    }
}
