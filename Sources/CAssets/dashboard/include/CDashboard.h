#ifndef RISKD_CDASHBOARD_H
#define RISKD_CDASHBOARD_H

#include <stddef.h>

/* A file of the dashboard, which is part of the program. */
typedef struct {
    const char *name;
    const unsigned char *bytes;
    size_t count;
} riskd_dashboard_file;

size_t riskd_dashboard_count(void);
riskd_dashboard_file riskd_dashboard(size_t index);

/* docs/openapi.yaml. */
riskd_dashboard_file riskd_openapi(void);

#endif
