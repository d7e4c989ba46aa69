// The loops of `collectives-check latency` in C: the same calls on the same memory, the same blocks, the same table.
// With the argument `arrays`, those of `collectives-check latency-arrays`, with results in new memory as in Swift; with
// `arrays-kept`, the same with results in memory that is used again.
#define _POSIX_C_SOURCE 200809L
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCKS = 40, BLOCKS_OF_ARRAYS = 9, TESTS_BETWEEN_LOOKS = 64 };

static void *data;
static char *own;
static int bytes, numbers, rank, size;
static const double deadline = 60;

static void check(int code) {
    if (code != MPI_SUCCESS) MPI_Abort(MPI_COMM_WORLD, 4);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int is_done(MPI_Request *request) {
    int done = 0;
    for (int i = 0; i < TESTS_BETWEEN_LOOKS; i++) {
        check(MPI_Test(request, &done, MPI_STATUS_IGNORE));
        if (done) return 1;
    }
    return 0;
}

static void wait_for(MPI_Request *request) {
    if (is_done(request)) return;
    double begin = now();
    while (!is_done(request))
        if (now() - begin > deadline) MPI_Abort(MPI_COMM_WORLD, 5);
}

static void barrier(void) { check(MPI_Barrier(MPI_COMM_WORLD)); }
static void broadcast(void) { check(MPI_Bcast(data, bytes, MPI_BYTE, 0, MPI_COMM_WORLD)); }
static void reduce(void) {
    check(MPI_Reduce(rank == 0 ? MPI_IN_PLACE : data, rank == 0 ? data : NULL, numbers, MPI_DOUBLE, MPI_SUM, 0,
                     MPI_COMM_WORLD));
}
static void all_reduce(void) {
    check(MPI_Allreduce(MPI_IN_PLACE, data, numbers, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD));
}
static void gather(void) {
    check(MPI_Gather(rank == 0 ? MPI_IN_PLACE : own, bytes, MPI_BYTE, data, bytes, MPI_BYTE, 0, MPI_COMM_WORLD));
}
static void all_gather(void) {
    check(MPI_Allgather(MPI_IN_PLACE, 0, MPI_BYTE, data, bytes, MPI_BYTE, MPI_COMM_WORLD));
}
static void scatter(void) {
    check(MPI_Scatter(data, bytes, MPI_BYTE, rank == 0 ? MPI_IN_PLACE : own, bytes, MPI_BYTE, 0, MPI_COMM_WORLD));
}
static void scan(void) { check(MPI_Scan(MPI_IN_PLACE, data, numbers, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD)); }
static void exclusive_scan(void) {
    check(MPI_Exscan(MPI_IN_PLACE, data, numbers, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD));
}

static void ibarrier(void) {
    MPI_Request r;
    check(MPI_Ibarrier(MPI_COMM_WORLD, &r));
    wait_for(&r);
}
static void ibroadcast(void) {
    MPI_Request r;
    check(MPI_Ibcast(data, bytes, MPI_BYTE, 0, MPI_COMM_WORLD, &r));
    wait_for(&r);
}
static void ireduce(void) {
    MPI_Request r;
    check(MPI_Ireduce(rank == 0 ? MPI_IN_PLACE : data, rank == 0 ? data : NULL, numbers, MPI_DOUBLE, MPI_SUM, 0,
                      MPI_COMM_WORLD, &r));
    wait_for(&r);
}
static void iall_reduce(void) {
    MPI_Request r;
    check(MPI_Iallreduce(MPI_IN_PLACE, data, numbers, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD, &r));
    wait_for(&r);
}
static void igather(void) {
    MPI_Request r;
    check(MPI_Igather(rank == 0 ? MPI_IN_PLACE : own, bytes, MPI_BYTE, data, bytes, MPI_BYTE, 0, MPI_COMM_WORLD, &r));
    wait_for(&r);
}
static void iall_gather(void) {
    MPI_Request r;
    check(MPI_Iallgather(MPI_IN_PLACE, 0, MPI_BYTE, data, bytes, MPI_BYTE, MPI_COMM_WORLD, &r));
    wait_for(&r);
}
static void iscatter(void) {
    MPI_Request r;
    check(MPI_Iscatter(data, bytes, MPI_BYTE, rank == 0 ? MPI_IN_PLACE : own, bytes, MPI_BYTE, 0, MPI_COMM_WORLD, &r));
    wait_for(&r);
}
static void iscan(void) {
    MPI_Request r;
    check(MPI_Iscan(MPI_IN_PLACE, data, numbers, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD, &r));
    wait_for(&r);
}
static void iexclusive_scan(void) {
    MPI_Request r;
    check(MPI_Iexscan(MPI_IN_PLACE, data, numbers, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD, &r));
    wait_for(&r);
}

static const struct {
    const char *name;
    void (*blocking)(void);
    void (*deadline)(void);
    int has_shares;
} routines[] = {
    {"broadcast", broadcast, ibroadcast, 0}, {"reduce", reduce, ireduce, 0},
    {"allreduce", all_reduce, iall_reduce, 0}, {"gather", gather, igather, 1},
    {"allgather", all_gather, iall_gather, 1}, {"scatter", scatter, iscatter, 1},
    {"scan", scan, iscan, 0}, {"exclusive scan", exclusive_scan, iexclusive_scan, 0},
};

static void measure(const char *kind, const char *routine, void (*body)(void)) {
    int is_long = bytes > 1 << 22, blocks = is_long ? BLOCKS_OF_ARRAYS : BLOCKS;
    int calls = bytes > 0 ? (1 << 21) / bytes : 200;
    calls = is_long ? 1 : calls < 2 ? 2 : calls > 200 ? 200 : calls;
    double times[BLOCKS + 1], least = 1e30;
    for (int block = 0; block <= blocks; block++) {
        barrier();
        double start = now();
        for (int i = 0; i < calls; i++) body();
        times[block] = 1e6 * (now() - start) / calls;
    }
    check(MPI_Allreduce(MPI_IN_PLACE, times, blocks + 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD));
    for (int block = 1; block <= blocks; block++)
        if (times[block] < least) least = times[block];
    if (rank == 0) printf("%s,%s,%d,%.9g\n", kind, routine, bytes, least);
}

static void *zeroed(int count) {
    void *memory = aligned_alloc(4096, ((size_t)count + 4095) / 4096 * 4096);
    if (memory == NULL) MPI_Abort(MPI_COMM_WORLD, 4);
    return memset(memory, 0, (size_t)count);
}

static void *result;
static size_t kept;
static int keeps_memory;

static void *fresh(size_t count) {
    if (keeps_memory && count <= kept) return result;
    free(result);
    kept = count;
    result = malloc(count);
    if (result == NULL) MPI_Abort(MPI_COMM_WORLD, 4);
    return result;
}
static void array_broadcast(void) {
    check(MPI_Bcast(rank == 0 ? data : fresh(bytes), bytes, MPI_BYTE, 0, MPI_COMM_WORLD));
}
static void array_gather(void) {
    void *all = rank == 0 ? fresh((size_t)size * bytes) : NULL;
    check(MPI_Gather(data, bytes, MPI_BYTE, all, bytes, MPI_BYTE, 0, MPI_COMM_WORLD));
}
static void array_scan(void) {
    check(MPI_Scan(data, fresh(bytes), numbers, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD));
}
static void ordered(void *left, void *right, int *count, MPI_Datatype *type) {
    const double *a = left;
    double *b = right;
    (void)type;
    for (int i = 0; i < *count; i++) b[i] = 0.5 * a[i] + b[i];
}
static void array_fold(void) {
    array_gather();
    for (int r = 1; rank == 0 && r < size; r++) {
        const double *next = (double *)result + (size_t)r * numbers;
        double *folded = result;
        for (int i = 0; i < numbers; i++) folded[i] = 0.5 * folded[i] + next[i];
    }
}
static void array_reduce_scatter(void) {
    void *part = fresh(bytes / size);
    check(MPI_Reduce_scatter_block(data, part, numbers / size, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD));
}
static MPI_Op in_order;
static void array_ordered_scan(void) {
    check(MPI_Scan(data, fresh(bytes), numbers, MPI_DOUBLE, in_order, MPI_COMM_WORLD));
}

static void measure_arrays(const char *kind) {
    bytes = 8 << 23;
    numbers = bytes / 8;
    data = zeroed(bytes);
    check(MPI_Op_create(ordered, 0, &in_order));
    measure(kind, "allreduce array", all_reduce);
    measure(kind, "broadcast array", array_broadcast);
    measure(kind, "gather array", array_gather);
    measure(kind, "scan array", array_scan);
    measure(kind, "fold array in order", array_fold);
    measure(kind, "scan array in order", array_ordered_scan);
    check(MPI_Op_free(&in_order));
    measure(kind, "reduce-scatter array", array_reduce_scatter);
    // Memory that is used again.
    measure(kind, "broadcast buffer", broadcast);
    measure(kind, "scan buffer", scan);
    free(data);
    data = zeroed(bytes * size);
    own = (char *)data + (size_t)rank * (size_t)bytes;
    measure(kind, "gather buffer", gather);
    free(data);
}

int main(int argc, char **argv) {
    static const int sizes[] = {8, 64, 512, 4096, 32768, 262144, 4194304};
    int provided;
    check(MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided));
    check(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
    check(MPI_Comm_size(MPI_COMM_WORLD, &size));
    keeps_memory = argc > 1 && strcmp(argv[1], "arrays-kept") == 0;
    int arrays = keeps_memory || (argc > 1 && strcmp(argv[1], "arrays") == 0);
    for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
        const char *kind = nonblocking ? "deadline" : "blocking";
        if (arrays) {
            measure_arrays(kind);
            continue;
        }
        bytes = 0;
        measure(kind, "barrier", nonblocking ? ibarrier : barrier);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            bytes = sizes[s];
            numbers = bytes / 8;
            void *buffer = zeroed(bytes), *shares = zeroed(bytes * size);
            own = (char *)shares + (size_t)rank * (size_t)bytes;
            for (size_t i = 0; i < sizeof routines / sizeof *routines; i++) {
                data = routines[i].has_shares ? shares : buffer;
                measure(kind, routines[i].name, nonblocking ? routines[i].deadline : routines[i].blocking);
            }
            free(buffer);
            free(shares);
        }
    }
    return MPI_Finalize() == MPI_SUCCESS ? 0 : 4;
}
