// NEON with products of bytes that both have a sign, as in Neoverse N1 and Cortex-A76.
#if defined(__aarch64__)
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#define VNNI
// Bytes of A become q - 128, which is q with its highest bit turned.
#define BYTE_BIAS 128
#define NAME "NEON DOTPROD"
#define OPTION "dotprod"
#define LEVEL 1
#define TABLE ck_neon_dotprod
#include "neon.h"

#pragma clang attribute pop
#endif
