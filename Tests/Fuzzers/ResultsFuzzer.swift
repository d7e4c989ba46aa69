import Costs
import FuzzerSupport

@testable import Report

/// The input is a `combined_data.json` and, behind a zero byte, a `Results.json`: for `photoz summarize`, and for
/// `photoz report` of one run and of two.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    let (ranks, results) = Input(data, size).halves
    folder.fill("combined_data.json", ranks)
    folder.fill("Results.json", results)
    do throws(ReportError) {
        let statistics = try PublishedStatistics(folder: folder.path, prices: Prices())
        let table = StatisticsTable([statistics])
        precondition(!table.text.isEmpty && !table.csv.isEmpty)
        _ = try? table.json()
    } catch {
        precondition(error.description.hasPrefix(folder.path), "\(error)")
    }
    guard results != nil else { return 0 }
    do throws(ReportError) {
        let record = try RunRecord(folder: folder.path)
        let ranks = RankTimes(record)
        _ = ranks?.figure
        _ = ranks?.table
        _ = try Report(folders: [folder.path, folder.path])
    } catch {
        precondition(error.description.hasPrefix(folder.path), "\(error)")
    }
    return 0
}

private let folder = MemoryFolder()
