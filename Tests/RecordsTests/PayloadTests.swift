import Foundation
import PhotozRecords
import Testing

/// `payload.json`, as the serverless system and this program write it.
@Suite struct PayloadTests {
    private func payload(_ text: String) throws -> Payload {
        try Payload(JSONNode(Array(text.utf8), file: "p.json"))
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let plan = Payload(
            files: [["1.h5"], [], ["2.h5", "a\"b\\ü.h5"]], batchSize: 7, resultPath: "r/1", dataPrefix: "../s")
        let text = String(decoding: try JSONEncoder().encode(plan), as: UTF8.self)
        #expect(try payload(text) == plan)
    }

    @Test func theFileLimitHolds() throws {
        let plan = try payload(
            #"{"file_limit": "2", "data_map": {"0": ["a", "b", "c"], "1": "d"}, "result_path": "r", "world_size": 2}"#)
        #expect(plan.files == [["a", "b"], []] && plan.fileLimit == 2 && plan.batchSize == 512)
    }

    @Test(
        "What is no plan",
        arguments: [
            ("[]", "an object is expected"), ("{}", "has no \"data_map\""),
            (#"{"data_map": []}"#, "\"data_map\" is of another type"),
            (#"{"data_map": {"0": "a"}}"#, "has no \"result_path\""),
            (#"{"data_map": {"0": "a"}, "result_path": 1}"#, "\"result_path\" is of another type: a text is expected"),
            (#"{"data_map": {"0": ["a", 2]}, "result_path": ""}"#, "\"data_map.0[1]\" is of another type"),
            (#"{"data_map": {"0": ""}, "result_path": ""}"#, "\"data_map.0\" is empty"),
            (#"{"data_map": {"0": "a\u0000"}, "result_path": ""}"#, "\"data_map.0\" has a zero character"),
            (#"{"data_map": {"0": null}, "result_path": ""}"#, "\"data_map\" names no file"),
            (#"{"data_map": {"00": "a"}, "result_path": ""}"#, "data_map has no rank 0"),
            (
                #"{"data_map": {"0": "a"}, "result_path": "", "batch_size": 0}"#,
                "\"batch_size\" must be a whole number from 1"
            ),
            (#"{"data_map": {"0": "a"}, "result_path": "", "batch_size": "1e400"}"#, "\"batch_size\" must be"),
            (#"{"data_map": {"0": "a"}, "result_path": "", "world_size": 1e9}"#, "\"world_size\" must be"),
            (#"{"data_map": {"0": "a"}, "result_path": "", "file_limit": true}"#, "\"file_limit\" is of another type"),
        ])
    func refusals(text: String, words: String) {
        let error = #expect(throws: RecordError.self) { try payload(text) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
}
