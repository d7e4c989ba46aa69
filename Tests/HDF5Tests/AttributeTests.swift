import HDF5
import TestSupport
import Testing

extension HDF5Suite {
    /// Attributes of files and data sets.
    @Suite struct AttributeTests {
        @Test func roundTrip() throws {
            let folder = try TemporaryFolder()
            // More than the 64 KiB that older formats have room for.
            let many = (0..<10_000).map { "partition-\($0).h5" }
            do {
                let file = try File.create(folder.file("a.h5"))
                let dataset = try file.createDataset("x", of: Float.self, shape: [1])
                for holder in [file, dataset] as [AttributeHolder] {
                    try holder.setAttribute("number", Int64.min)
                    try holder.setAttribute("small", UInt8.max)
                    try holder.setAttribute("real", 1e-6)
                    try holder.setAttribute("text", "Δz")
                    try holder.setAttribute("many", many)
                    try holder.setAttribute("none", [])
                    try holder.setAttribute("empty", "")
                }
                try file.close()
            }
            let file = try File.open(folder.file("a.h5"))
            for holder in try [file, file.dataset("x")] as [AttributeHolder] {
                #expect(try holder.attribute("number", as: Int64.self) == .min)
                #expect(try holder.attribute("small", as: Int.self) == 255)
                #expect(try holder.attribute("real", as: Double.self) == 1e-6)
                #expect(try holder.attribute("real", as: Float.self) == 1e-6)
                #expect(try holder.attributeStrings("text") == ["Δz"])
                #expect(try holder.attributeStrings("many") == many)
                #expect(try holder.attributeStrings("none") == [] && holder.attributeStrings("empty") == [""])
                #expect(holder.hasAttribute("text") && !holder.hasAttribute("absent"))
            }
        }

        @Test func ofOtherPrograms() throws {
            let file = try File.open(Repository.fixture("odd-storage.h5"))
            #expect(try file.attribute("int8", as: Int.self) == -5)
            #expect(try file.attribute("uint64", as: UInt64.self) == 1 << 63)
            #expect(try file.attribute("float16", as: Double.self) == 0.5)
            #expect(try file.attribute("big_float64", as: Double.self) == 1e-6)
            #expect(try file.attribute("one_element", as: Int.self) == 12)
            #expect(try file.attributeStrings("fixed_text") == ["astromae"])
            #expect(try file.attributeStrings("variable_text") == ["astromae"])
            #expect(try file.attributeStrings("texts") == ["ab", "cde"])
        }

        @Test func mismatches() throws {
            let file = try File.open(Repository.fixture("odd-storage.h5"))
            for name in ["three_elements", "fixed_text", "flag", "empty"] {
                let error = try failure { _ = try file.attribute(name, as: Int.self) }
                #expect(error.kind == .mismatch && error.description.contains(name), "\(error)")
            }
            #expect(try failure { _ = try file.attributeStrings("int8") }.kind == .mismatch)
            #expect(try failure { _ = try file.attributeStrings("absent") }.kind == .missingObject)
            #expect(try failure { _ = try file.attribute("absent", as: Int.self) }.kind == .missingObject)
        }
    }
}
