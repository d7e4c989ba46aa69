// Every kernel for one instruction set, gathered in a table named TABLE.
//
// The including file defines LANES, FUSED or not, AVX512, AVX2 and AMX where the target has them, VNNI and BFLOAT16
// where it multiplies bytes and bfloat16 by their own instructions, BYTE_BIAS if those of bytes want a sign on both
// sides, REGISTERS (vectors that the processor keeps at once), SHORT and TALL (the highest tiles of two and of one
// vector: tiles.h), FAMILY where levels share tiles, QUERIES and KEYS (the block of an attention matrix that stays in
// registers), NAME, OPTION, LEVEL and TABLE. PLAIN is for the tests' model of AMX, whose vectors are wider than the
// registers.
//
// Constant parameters are templates. C has none, so a function that is to be compiled once for each format, activation
// or height of a tile is INLINE (always inlined) and takes them as parameters marked `const`, for which callers pass
// constants wherever it counts. The compiler then knows them in the body: a `switch` over the format leaves one case, a
// loop marked UNROLL has a constant length, and an array that only such loops index lives in registers. A caller that
// passes a variable instead compiles too, and is slow: the array goes to memory. Such a variable is therefore turned
// into constants first, by a `switch` or by a table of functions (attend_some, tiles).

// Each may use those in front of it.
#include "repeat.h"
#include "vector.h"
#include "elementary.h"
#include "numbers.h"
#include "rows.h"
#include "epilogue.h"
#include "matmul.h"
#include "amx.h"
#include "tiles.h"
#include "pooling.h"
#include "attention.h"
#include "pcm.h"
#include "product.h"
#include "wide_linear.h"
#include "peak.h"

const ck_kernels_t TABLE = {
    .name = NAME,
    .option = OPTION,
    .level = LEVEL,
#if defined(BFLOAT16)
    .bfloat16 = CK_BFLOAT16,
#else
    .bfloat16 = CK_WIDE_BFLOAT16,
#endif
    .int8 = CK_BYTES,
#if defined(AMX)
    .tiles = true,
#endif
    .lanes = LANES,
    .panel = 2 * LANES,
    .matmul = matmul,
    .convert = convert,
    .layer_norm = layer_norm,
    .attention_scratch = attention_scratch,
    .attention = attention,
    .pcm = pcm,
    .wide_linear = wide_linear,
    .mean_rows = mean_rows,
    .average_pool = average_pool,
    .max_pool = max_pool,
    .activate = activate,
    .product = product,
    .peak = peak,
};
