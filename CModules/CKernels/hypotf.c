// The Swift runtime that is linked into the shipped program has a function around hypotf, which nothing here calls. The
// C library's own has had a new version since glibc 2.35: by it alone the program would not start on RHEL 9, which has
// 2.34. (Tests/ClusterTests/PackageTests.swift looks at what the shipped program asks for.)
#include <math.h>

/// sqrt(x² + y²). Squares of float are exact and finite in double.
float hypotf(float x, float y) {
    // One that is infinite wins over one that is no number, says C.
    if (isinf(x) || isinf(y)) return INFINITY;
    return (float)sqrt((double)x * x + (double)y * y);
}
