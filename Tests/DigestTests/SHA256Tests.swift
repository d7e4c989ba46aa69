import PhotozDigest
import Testing

/// SHA-256 against the examples of NIST (FIPS 180-4 and the Secure Hash Standard's test vectors).
@Suite struct SHA256Tests {
    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]) func examplesOfTheStandard(text: String, digest: String) {
        #expect(hexadecimal(SHA256.hash(of: text.utf8)) == digest)
    }

    @Test func inPiecesAndByACopy() {
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for cut in [0, 1, 63, 64, 65, 9_999, 10_000] {
            var hash = SHA256()
            bytes[..<cut].withUnsafeBytes { hash.update($0) }
            var other = hash.copy()
            bytes[cut...].withUnsafeBytes { hash.update($0) }
            #expect(hash.finalize() == SHA256.hash(of: bytes), "cut at \(cut)")
            other.update(UnsafeRawBufferPointer(start: nil, count: 0))
            #expect(other.finalize() == SHA256.hash(of: bytes[..<cut]), "cut at \(cut)")
        }
    }
}
