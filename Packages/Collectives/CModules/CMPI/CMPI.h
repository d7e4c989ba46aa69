// MPI's C interface, with the handles that are macros as prefixed getters: Swift imports no macro that casts.
#ifndef CMPI_H
#define CMPI_H

#include <linux/membarrier.h>
#include <mpi.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

// Handles are pointers in Open MPI, where Swift must know that they may be null, and numbers in MPICH.
#ifdef OPEN_MPI
#define CMPI_HANDLE(type) type _Nullable
#else
#define CMPI_HANDLE(type) type
#endif
struct cmpi_comm { CMPI_HANDLE(MPI_Comm) handle; };
struct cmpi_group { CMPI_HANDLE(MPI_Group) handle; };
struct cmpi_win { CMPI_HANDLE(MPI_Win) handle; };
struct cmpi_datatype { CMPI_HANDLE(MPI_Datatype) handle; };
struct cmpi_op { CMPI_HANDLE(MPI_Op) handle; };
struct cmpi_request { CMPI_HANDLE(MPI_Request) handle; };
struct cmpi_message { CMPI_HANDLE(MPI_Message) handle; };
// A pointer in both.
struct cmpi_file { MPI_File _Nullable handle; };

static inline MPI_Comm cmpi_comm_null(void) { return MPI_COMM_NULL; }
static inline MPI_Group cmpi_group_null(void) { return MPI_GROUP_NULL; }
static inline MPI_Win cmpi_win_null(void) { return MPI_WIN_NULL; }
static inline MPI_Datatype cmpi_datatype_null(void) { return MPI_DATATYPE_NULL; }
static inline MPI_Op cmpi_op_null(void) { return MPI_OP_NULL; }
static inline MPI_Request cmpi_request_null(void) { return MPI_REQUEST_NULL; }
static inline MPI_Message cmpi_message_null(void) { return MPI_MESSAGE_NULL; }
static inline MPI_File cmpi_file_null(void) { return MPI_FILE_NULL; }

static inline MPI_Comm cmpi_comm_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Comm cmpi_comm_self(void) { return MPI_COMM_SELF; }
static inline MPI_Errhandler cmpi_errors_return(void) { return MPI_ERRORS_RETURN; }
static inline MPI_Info cmpi_info_null(void) { return MPI_INFO_NULL; }
static inline MPI_Status *cmpi_status_ignore(void) { return MPI_STATUS_IGNORE; }
static inline void *cmpi_in_place(void) { return MPI_IN_PLACE; }

static inline MPI_Datatype cmpi_byte(void) { return MPI_BYTE; }
static inline MPI_Datatype cmpi_int8(void) { return MPI_INT8_T; }
static inline MPI_Datatype cmpi_int16(void) { return MPI_INT16_T; }
static inline MPI_Datatype cmpi_int32(void) { return MPI_INT32_T; }
static inline MPI_Datatype cmpi_int64(void) { return MPI_INT64_T; }
static inline MPI_Datatype cmpi_uint8(void) { return MPI_UINT8_T; }
static inline MPI_Datatype cmpi_uint16(void) { return MPI_UINT16_T; }
static inline MPI_Datatype cmpi_uint32(void) { return MPI_UINT32_T; }
static inline MPI_Datatype cmpi_uint64(void) { return MPI_UINT64_T; }
static inline MPI_Datatype cmpi_float(void) { return MPI_FLOAT; }
static inline MPI_Datatype cmpi_double(void) { return MPI_DOUBLE; }

static inline MPI_Op cmpi_sum(void) { return MPI_SUM; }
static inline MPI_Op cmpi_product(void) { return MPI_PROD; }
static inline MPI_Op cmpi_min(void) { return MPI_MIN; }
static inline MPI_Op cmpi_max(void) { return MPI_MAX; }
static inline MPI_Op cmpi_and(void) { return MPI_BAND; }
static inline MPI_Op cmpi_or(void) { return MPI_BOR; }
static inline MPI_Op cmpi_xor(void) { return MPI_BXOR; }

// The version of the library that the headers belong to, such as "4.1.4"; empty where they do not tell.
static inline const char *cmpi_header_version(void) {
#if defined(OPEN_MPI)
#define CMPI_TEXT_(x) #x
#define CMPI_TEXT(x) CMPI_TEXT_(x)
    return CMPI_TEXT(OMPI_MAJOR_VERSION) "." CMPI_TEXT(OMPI_MINOR_VERSION) "." CMPI_TEXT(OMPI_RELEASE_VERSION);
#elif defined(I_MPI_VERSION)
    return I_MPI_VERSION;
#elif defined(MPICH_VERSION)
    return MPICH_VERSION;
#else
    return "";
#endif
}

// Sets a bit for each core that this process may run on; -1 where that cannot be known.
static inline long cmpi_own_cores(uint64_t *mask, size_t bytes) {
    return syscall(SYS_sched_getaffinity, 0, bytes, mask);
}

// Sets *flag to 1 if it is 0; whether this call did it. Works between processes that share the memory.
static inline int cmpi_claim(int32_t *flag) {
    int32_t expected = 0;
    return __atomic_compare_exchange_n(flag, &expected, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

// Lets this process order the memory of all of its threads at once; whether the kernel can.
static inline int cmpi_register_barrier(void) {
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0) == 0;
}

// Every other thread of the process sees what this one wrote before, and this one what they did.
static inline void cmpi_barrier_of_threads(void) { syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0); }

// Keeps the compiler from moving memory accesses across; the processor may.
static inline void cmpi_compiler_barrier(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

#endif
