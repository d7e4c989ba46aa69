import CPhotozCrypto

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece, by OpenSSL's libcrypto.
package struct SHA256: ~Copyable {
    /// Bytes of a digest.
    package static let size = 32

    private let state: OpaquePointer

    package init() {
        state = Self.newState()
        precondition(EVP_DigestInit_ex(state, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
    }

    private init(of other: OpaquePointer) {
        state = Self.newState()
        precondition(EVP_MD_CTX_copy_ex(state, other) == 1, "libcrypto cannot copy a SHA-256")
    }

    deinit { EVP_MD_CTX_free(state) }

    private static func newState() -> OpaquePointer {
        guard let state = EVP_MD_CTX_new() else { fatalError("no memory for a SHA-256") }
        return state
    }

    /// One that has had the same bytes, and goes on by itself.
    package func copy() -> SHA256 { SHA256(of: state) }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(state, bytes.baseAddress, bytes.count) == 1, "libcrypto refuses bytes")
    }

    /// The digest of all bytes so far.
    package consuming func finalize() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.size) { digest, count in
            precondition(EVP_DigestFinal_ex(state, digest.baseAddress, nil) == 1, "libcrypto gives no digest")
            count = Self.size
        }
    }

    /// The digest of bytes that are there as a whole.
    package static func hash(of bytes: some Sequence<UInt8>) -> [UInt8] {
        var hash = SHA256()
        Array(bytes).withUnsafeBytes { hash.update($0) }
        return hash.finalize()
    }
}
