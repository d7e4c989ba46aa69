import Testing

/// Denormal numbers are taken for zero on this processor, and on Arm, where another register says so.
@Suite struct FlushTests {
    @Test func hereAndOnArm() {
        var kernels = [RemoteKernels(.sanitized, level: 0)]
        #if !arch(arm64)
            kernels.append(RemoteKernels(.emulatedArm, level: 0))
        #endif
        for kernels in kernels { #expect(kernels.call(.flush, []) == 1) }
    }
}
