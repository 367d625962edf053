#ifndef RISKD_CCOMPRESSION_H
#define RISKD_CCOMPRESSION_H

#include <stddef.h>
#include <stdint.h>

/* Reads a gzip or xz file as a stream of plain bytes. */
typedef struct riskd_archive riskd_archive;

enum riskd_archive_kind { RISKD_ARCHIVE_GZIP = 1, RISKD_ARCHIVE_XZ = 2 };

enum riskd_archive_failure {
    RISKD_ARCHIVE_CORRUPT = -1,   /* a bad header, code or checksum */
    RISKD_ARCHIVE_CUT = -2,       /* the file ends inside a member */
    RISKD_ARCHIVE_UNREADABLE = -3, /* read failed; errno says why */
    RISKD_ARCHIVE_NO_MEMORY = -4  /* the decoder needs more than 512 MiB */
};

/* An archive over an open descriptor at the file's start, which stays the caller's; NULL without memory. */
riskd_archive *riskd_archive_open(int descriptor, int kind);

/* The next bytes: how many (> 0), 0 at the end, or a riskd_archive_failure. What was decoded before a failure is
 * returned first; a failure is returned again by every later call. */
long riskd_archive_read(riskd_archive *archive, uint8_t *bytes, size_t capacity);

/* How many bytes of the file have been taken in. */
uint64_t riskd_archive_consumed(const riskd_archive *archive);

void riskd_archive_close(riskd_archive *archive);

#endif
