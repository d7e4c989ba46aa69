// NEON with products of bytes of which one has a sign, and of bfloat16, as in Neoverse V1, N2 and V2.
#if defined(__aarch64__)
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod,i8mm,bf16"))), apply_to = function)

#define VNNI
#define BFLOAT16
#define NAME "NEON I8MM BF16"
#define OPTION "i8mm"
#define LEVEL 2
#define TABLE ck_neon_i8mm
#include "neon.h"

#pragma clang attribute pop
#endif
