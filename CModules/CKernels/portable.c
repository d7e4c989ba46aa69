// Whatever the target has without asking: SSE2 on x86-64 (16 registers), NEON on 64-bit Arm (32, and it fuses).
#define LANES 4
#define TALL 12
#if defined(__aarch64__)
#define FUSED
#define SHORT 12
#define MORE_TILES TILE(7, 2) TILE(8, 2) TILE(9, 2) TILE(10, 2) TILE(11, 2) TILE(12, 2)
#define QUERIES 4
#define NAME "NEON"
#else
#define SHORT 6
#define MORE_TILES
#define QUERIES 2
#define NAME "portable"
#endif
#define KEYS 4
#define TILES \
    TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(5, 2) TILE(6, 2) MORE_TILES TILE(1, 1) TILE(2, 1) TILE(3, 1) \
    TILE(4, 1) TILE(5, 1) TILE(6, 1) TILE(7, 1) TILE(8, 1) TILE(9, 1) TILE(10, 1) TILE(11, 1) TILE(12, 1)
#define TABLE ck_portable
#include "kernels.h"
