import ArgumentParser
import PhotozJob
import Survey

/// Which columns of the partitions the predictions carry.
struct KeepOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Columns of the partitions to copy into the predictions, under their own names, such as ra,dec or group/table:ra.",
            valueName: "names"))
    var keep: String?

    private var names: [String] { keep.map(SchemaOptions.names) ?? [] }

    func validate() throws {
        guard keep == nil || !names.isEmpty else { throw ValidationError("--keep needs the name of a column.") }
        if let fault = RunOptions.fault(ofKept: names) { throw ValidationError(fault + ".") }
    }

    /// The schema, with these columns.
    func added(to schema: PartitionSchema) -> PartitionSchema {
        var schema = schema
        schema.kept = names
        return schema
    }
}
