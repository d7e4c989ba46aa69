// Open MPI's C interface, with the handles that are macros as prefixed getters: Swift imports no macro that casts.
#ifndef CMPI_H
#define CMPI_H

#include <mpi.h>

static inline MPI_Comm cmpi_comm_world(void) { return MPI_COMM_WORLD; }

#endif
