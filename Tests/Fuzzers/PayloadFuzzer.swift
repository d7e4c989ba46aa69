import FoundationEssentials
import FuzzerSupport
import PhotozRecords

/// The input is a `payload.json`. What is taken from it, written and read again is the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    do throws(RecordError) {
        let payload = try Payload(JSONNode(Input(data, size).bytes, file: "payload.json"))
        // Files beyond the limit are dropped, and the limit then is their number.
        let taken = Payload(
            files: payload.files, batchSize: payload.batchSize, resultPath: payload.resultPath,
            dataPrefix: payload.dataPrefix)
        guard taken.fileLimit > 0 else { return 0 }
        let text = try! JSONEncoder().encode(taken)
        let again = try Payload(JSONNode(Array(text), file: "again.json"))
        precondition(again == taken)
    } catch {
        precondition(error.description.hasPrefix("payload.json: "), "\(error)")
    }
    return 0
}
