import CMPI

/// A handle of MPI: a pointer in Open MPI, a number in MPICH and those that keep its binary interface. Swift sees which
/// by the field of a C structure.
protocol HandleHolder {
    associatedtype Handle: Hashable
    var handle: Handle { get }
}

extension cmpi_comm: HandleHolder {}
extension cmpi_group: HandleHolder {}
extension cmpi_win: HandleHolder {}
extension cmpi_datatype: HandleHolder {}
extension cmpi_op: HandleHolder {}
extension cmpi_request: HandleHolder {}
extension cmpi_message: HandleHolder {}
extension cmpi_file: HandleHolder {}

typealias CommunicatorHandle = cmpi_comm.Handle
typealias GroupHandle = cmpi_group.Handle
typealias WindowHandle = cmpi_win.Handle
typealias DatatypeHandle = cmpi_datatype.Handle
typealias OperationHandle = cmpi_op.Handle
typealias RequestHandle = cmpi_request.Handle
typealias MessageHandle = cmpi_message.Handle
typealias FileHandle = cmpi_file.Handle
