// Whatever the target has without asking: SSE2 on x86-64, NEON (which fuses) on 64-bit Arm.
#define LANES 4
#if defined(__aarch64__)
#define FUSED
#define NAME "NEON"
#else
#define NAME "portable"
#endif
#define SHORT 6
#define TALL 12
#define TILES \
    TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(5, 2) TILE(6, 2) TILE(1, 1) TILE(2, 1) TILE(3, 1) \
    TILE(4, 1) TILE(5, 1) TILE(6, 1) TILE(7, 1) TILE(8, 1) TILE(9, 1) TILE(10, 1) TILE(11, 1) \
    TILE(12, 1)
#define QUERIES 2
#define KEYS 4
#define TABLE ck_portable
#include "kernels.h"
