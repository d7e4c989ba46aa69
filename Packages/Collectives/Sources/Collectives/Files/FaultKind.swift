/// The kind of an error, as ranks tell it each other.
struct FaultKind: BitwiseCopyable {
    private var (errorClass, size) = (-1, -1)

    init(_ error: CollectiveError?) {
        switch error?.kind {
        case .mpi(let errorClass): self.errorClass = errorClass
        case .endOfFile(let size): self.size = size
        default: break
        }
    }

    var kind: CollectiveError.Kind {
        errorClass >= 0 ? .mpi(errorClass: errorClass) : size >= 0 ? .endOfFile(size: size) : .misuse
    }
}
