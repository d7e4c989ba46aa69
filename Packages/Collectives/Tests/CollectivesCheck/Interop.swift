import CMPI
import Collectives

/// MPI called directly beside this library, and its errors' names.
enum Interop {
    static func check(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        let code = try world.withMPIComm { handle in
            var number = Int32(rank)
            let code = MPI_Allreduce(cmpi_in_place(), &number, 1, cmpi_int32(), cmpi_sum(), handle)
            world.expect(Int(number), size * (size - 1) / 2, "a sum of MPI's own")
            return code
        }
        world.expect(code, MPI_SUCCESS, "its code")
        try adopt(world)
        world.expectError("a class", { $0.errorClassName == "MPI_ERR_COMM" }) {
            _ = try Communicator(adopting: present(cmpi_comm_null()))
        }
        world.expectError("no class", { $0.errorClassName == nil }) { _ = try world.gather(1, root: size) }
        let part = try world.split(true)
        try part?.free()
        world.expectError("one that was freed", { $0.reason.contains("freed") }) { try part?.withMPIComm { _ in } }
    }

    /// The ranks of another's communicator, from the last to the first.
    private static func adopt(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        var reversed = cmpi_comm_null()
        try world.withMPIComm { handle in
            world.expect(MPI_Comm_split(handle, 0, Int32(size - rank), &reversed), MPI_SUCCESS, "a split of MPI's own")
        }
        let adopted = try Communicator(adopting: present(reversed))
        // What is adopted does not depend on what it comes from.
        world.expect(MPI_Comm_free(&reversed), MPI_SUCCESS, "its end")
        world.expect(try adopted.allGather(rank), (0..<size).reversed(), "ranks of what was adopted")
        try adopted.setPatience(Patience(deadline: .seconds(60)))
        world.expect(try adopted.allReduce(1, .sum), size, "a sum with a deadline")
        try adopted.free()
    }

    private static func present<Handle>(_ handle: Handle?) -> Handle { handle! }
}
