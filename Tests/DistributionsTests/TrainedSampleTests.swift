import PhotozDistributions
import TestSupport
import Testing

/// Whether labelled galaxies were trained on.
@Suite struct TrainedSampleTests {
    private func fingerprint(_ magnitudes: [Float]) -> UInt64 {
        magnitudes.withUnsafeBufferPointer { GalaxyFingerprint.of($0) }
    }

    // python3 -c 'import struct
    // def f(m, M=2**64 - 1):
    //     x = 0x9e3779b97f4a7c15
    //     for v in m:
    //         x ^= struct.unpack("<I", struct.pack("<f", v))[0]
    //         x ^= x >> 30; x = x*0xbf58476d1ce4e5b9 & M; x ^= x >> 27; x = x*0x94d049bb133111eb & M; x ^= x >> 31
    //     return hex(x)
    // print(f([17]), f([19.655096, 18.149183, 17.298376, 16.878389, 16.562674]), f([-0.0, 21.5]),
    //   f([19.5, 18.25, 17.5, 17.125, 16.75]))'
    @Test func fingerprintsAreThoseOfPython() {
        #expect(fingerprint([17]) == 0x2bb0_a479_6bc0_b472)
        #expect(fingerprint([19.655096, 18.149183, 17.298376, 16.878389, 16.562674]) == 0x8709_8214_d304_4377)
        #expect(fingerprint([-0.0, 21.5]) == 0xec9c_6cd7_2392_68b7)
        #expect(fingerprint([19.5, 18.25, 17.5, 17.125, 16.75]) == 0x9824_69e9_7351_ed54)
    }

    private func sketch(_ fingerprints: [UInt64], _ k: Int) -> TrainedSample? {
        TrainedSample(fingerprints: Array(Set(fingerprints).sorted().prefix(k)), trained: Set(fingerprints).count)
    }

    @Test func theShareIsFound() throws {
        var random = SeededNumbers(seed: 1)
        let all = (0..<40_000).map { _ in fingerprint(random.floats(5, in: 14...22)) }
        let sample = try #require(sketch(Array(all[..<30_000]), 4096))
        // A quarter of these were trained on.
        let (checked, found) = sample.share(of: all[27_500..<37_500])
        #expect((1200...1500).contains(checked), "\(checked): about 4096/30000 of 10000")
        let error = (0.25 * 0.75 / Double(checked)).squareRoot()
        #expect(abs(Double(found) / Double(checked) - 0.25) < 4 * error)
        #expect(sample.share(of: all[30_000...]).found == 0)
        let own = sample.share(of: all[..<30_000])
        #expect(own.checked == 4096 && own.found == 4096)
    }

    @Test func aWholeSampleTellsAboutAll() throws {
        let sample = try #require(TrainedSample(fingerprints: [3, 7, 9], trained: 3))
        let (checked, found) = sample.share(of: [1, 3, 9, 9, 12])
        #expect(checked == 5 && found == 3)
        let part = try #require(TrainedSample(fingerprints: [3, 7, 9], trained: 4))
        #expect(part.share(of: [1, 3, 9, 9, 12]).checked == 4)
    }

    @Test func whatIsNoSample() {
        #expect(TrainedSample(fingerprints: [], trained: 0) == nil)
        #expect(TrainedSample(fingerprints: [1, 1], trained: 5) == nil)
        #expect(TrainedSample(fingerprints: [2, 1], trained: 5) == nil)
        #expect(TrainedSample(fingerprints: [1, 2], trained: 1) == nil)
    }
}
