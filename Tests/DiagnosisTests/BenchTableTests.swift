import AstroMAE
import Foundation
import PhotozDiagnosis
import PhotozMachine
import Testing

/// The table of `photoz bench --all`, of measurements that a machine would not make at will.
@Suite struct BenchTableTests {
    private static func measurement(
        _ precision: Precision, rate: Double, peak: Double, products: Double = 90e9
    ) -> BenchMeasurement {
        BenchMeasurement(
            instructionSet: "AVX2", precision: precision, preparationSeconds: 0.25,
            galaxiesPerSecond: (rate, 1.5 * rate), operationsPerGalaxy: 2e8,
            cores: CoreSpeed(peak: peak, products: products), layers: ["heads": 1])
    }

    private static func table() -> BenchTable {
        BenchTable(BenchMachine(version: "1.2.3", threads: 2, batchSize: 224))
    }

    private static func cells(_ line: String) -> [String] {
        line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    @Test func rowsStandBesideFloat32OfTheirLevel() {
        var table = Self.table()
        let float32 = table.add(Self.measurement(.float32, rate: 400, peak: 100e9))
        let int8 = table.add(Self.measurement(.int8, rate: 600, peak: 200e9))
        #expect(Self.cells(float32) == ["AVX2", "f32", "400", "80", "100", "80", "1.00"])
        #expect(Self.cells(int8) == ["AVX2", "int8", "600", "120", "200", "60", "1.50"])
        #expect(table.note == nil)
    }

    @Test func linesAreEquallyLong() {
        var table = Self.table()
        let row = table.add(Self.measurement(.float32, rate: 400, peak: 100e9))
        let head = table.head.split(separator: "\n")
        #expect(head.count == 4 && head[2].count == row.count && head[3].count == row.count, "\(table.head)\n\(row)")
        #expect(head[0].contains("2 threads, batches of 224") && head[1].hasPrefix("photoz 1.2.3, 20"))
    }

    @Test func aPeakThatCannotBeTrueIsMarked() throws {
        var table = Self.table()
        let row = table.add(Self.measurement(.float32, rate: 400, peak: 50e9))
        #expect(Self.cells(row) == ["AVX2", "f32", "400", "80", "50 ?", "-", "1.00"])
        #expect(table.note?.hasPrefix("?: this peak cannot be true") == true)
        let object = try JSONSerialization.jsonObject(with: Data(jsonLine(table).utf8)) as? [String: Any]
        let rows = try #require(object?["combinations"] as? [[String: Any]])
        #expect(rows.count == 1 && rows[0]["fraction_of_peak"] is NSNull)
        #expect(rows[0]["preparation_seconds"] as? Double == 0.25)
        #expect(rows[0]["fastest_galaxies_per_second"] as? Double == 600)
        #expect(rows[0]["peak_gflops"] as? Double == 50 && rows[0]["galaxies_per_second"] as? Double == 400)
    }

    @Test func oneMeasurementWithSuchAPeakIsRefused() throws {
        #expect(throws: JobError.self) {
            try Self.measurement(.float32, rate: 400, peak: 50e9).requirePlausiblePeak()
        }
        try Self.measurement(.float32, rate: 400, peak: 100e9).requirePlausiblePeak()
    }

    @Test func processorsHaveNamesOrNumbers() {
        func title(_ text: String) -> String {
            Host.processorTitle(text.split(separator: "\n"), machine: "aarch64")
        }
        #expect(
            title("processor\t: 0\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\n")
                == "AMD EPYC (family 26, model 2)")
        #expect(
            title("processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd40\n")
                == "aarch64 (implementer 0x41, part 0xd40)")
        #expect(title("") == "aarch64")
    }
}
