import CKernels

/// The rows of the tokens of some galaxies. Their order, patch tokens first and class tokens last, is that of
/// `ck_token_row` and stands nowhere else.
struct TokenRows {
    let galaxies: Int
    /// Patch tokens of a galaxy.
    let patches: Int

    /// The row of a galaxy's first patch token; the others follow it.
    func firstPatch(of galaxy: Int) -> Int { ck_token_row(galaxies, patches, galaxy, 0) }

    /// The row of a galaxy's class token.
    func classToken(of galaxy: Int) -> Int { ck_token_row(galaxies, patches, galaxy, patches) }

    /// All rows.
    var all: Range<Int> { 0..<galaxies * (patches + 1) }

    /// The rows of patch tokens.
    var ofPatches: Range<Int> { firstPatch(of: 0)..<classToken(of: 0) }

    /// The rows of the patch tokens of some galaxies.
    func ofPatches(in galaxies: Range<Int>) -> Range<Int> {
        firstPatch(of: galaxies.lowerBound)..<firstPatch(of: galaxies.upperBound - 1) + patches
    }
}
