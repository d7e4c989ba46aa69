// What the levels of AVX-512 share: 32 registers of 16 floats.
#define LANES 16
#define FUSED
#define AVX512
#define SHORT 14
#define TALL 16
#define TILES \
    TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(5, 2) TILE(6, 2) TILE(7, 2) TILE(8, 2) TILE(9, 2) \
    TILE(10, 2) TILE(11, 2) TILE(12, 2) TILE(13, 2) TILE(14, 2) TILE(1, 1) TILE(2, 1) TILE(3, 1) \
    TILE(4, 1) TILE(5, 1) TILE(6, 1) TILE(7, 1) TILE(8, 1) TILE(9, 1) TILE(10, 1) TILE(11, 1) \
    TILE(12, 1) TILE(13, 1) TILE(14, 1) TILE(15, 1) TILE(16, 1)
#define QUERIES 6
#define KEYS 4
#include "kernels.h"
