/// Surveys whose files are known by name: to add one, add a case.
package enum KnownSurvey: String, CaseIterable, Sendable {
    /// GalaxiesML: HSC, grizy.
    case galaxiesml
    /// MultimodalUniverse, in its folders of parts of the sky.
    case multimodaluniverse

    /// How its files name and lay out their data.
    ///
    /// - Parameter plain: How files lie otherwise, for the network.
    package func schema(_ plain: PartitionSchema) -> PartitionSchema {
        var schema = plain
        schema.crop = true
        schema.magnitudes = ["g", "r", "i", "z", "y"].map { $0 + "_cmodel_mag" }
        schema.redshift = "specz_redshift"
        switch self {
        case .galaxiesml:
            schema.images = "image"
            schema.bandNames = BandNames(["grizy"], count: schema.bands)
        case .multimodaluniverse:
            schema.images = "image_array"
        }
        return schema
    }
}
