import PhotozMachine
import Testing

/// Which command lines and variables of launchers leave no place for a bar.
@Suite struct LauncherMarksTests {
    private static let program = ["/home/u/photoz", "run", "--output", "x", "-l"]

    private func marks(_ options: String, environment: [Substring] = [], program: [String] = Self.program) -> Bool {
        let words = "mpirun \(options)".split(separator: " ") + program.map { $0[...] }
        return LauncherMarks.areSet(
            by: words, before: Self.program.dropFirst().map { $0[...] }, environment: environment)
    }

    @Test(arguments: [
        "--tag-output", "-np 2 --tag-output", "--output=tag", "--output tag", "-prepend-rank", "-l",
        "--wdir /home/u/photoz --output-filename x", "--wdir /home/u/photoz -np 2 --xterm 0",
        "--mca orte_tag_output 1", "-mca btl self --prtemca prte_timestamp_output true", "-x PATH -prepend-pattern %r:",
        "--tag-output sh -c $0",
    ])
    func linesAreMarked(options: String) { #expect(marks(options)) }

    @Test(arguments: [
        "", "-np 2", "--wdir /home/u/photoz", "--wdir output -np 2", "--mca orte_tag_output 0", "--mca btl self",
        "--mca orte_tag_output", "-np 2 sh -c $0",
    ])
    func linesAreAsRanksWriteThem(options: String) { #expect(!marks(options)) }

    @Test func variables() {
        for name in ["OMPI_MCA_orte_tag_output", "OMPI_MCA_orte_output_filename", "PRTE_MCA_prte_tag_output"] {
            #expect(marks("-np 2", environment: ["HOME=/home/u", "\(name)=1"]), "\(name)")
            for value in ["", "0", "false"] {
                #expect(!marks("-np 2", environment: ["\(name)=\(value)"]), "\(name)=\(value)")
            }
        }
        #expect(!marks("-np 2", environment: ["orte_tag_output=1", "OMPI_MCA_btl=self", "OMPI_MCA_orte_tag_output"]))
    }

    /// A script's words may be the program's: a bar is not worth a log with its characters in it.
    @Test func allWordsOfAScript() { #expect(marks("-np 2", program: ["job.sh", "--output", "x"])) }
}
