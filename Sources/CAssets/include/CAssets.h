#ifndef RISKD_CASSETS_H
#define RISKD_CASSETS_H

#include <stddef.h>

/* A file that is part of the program. */
typedef struct {
    const char *name;
    const unsigned char *bytes;
    size_t count;
} riskd_asset;

/* The numbered migrations of the database, in order. */
size_t riskd_migration_count(void);
riskd_asset riskd_migration(size_t index);

#endif
