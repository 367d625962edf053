#include "CDashboard.h"

/* Every file here is served: index.html at / and at the addresses of pages, all of them at /assets/NAME. */

static const unsigned char index_html[] = {
#embed "index.html"
};

static const riskd_dashboard_file files[] = {
    {"index.html", index_html, sizeof index_html},
};

static const unsigned char openapi[] = {
#embed "../../../docs/openapi.yaml"
};

size_t riskd_dashboard_count(void) { return sizeof files / sizeof files[0]; }

riskd_dashboard_file riskd_dashboard(size_t index) { return files[index]; }

riskd_dashboard_file riskd_openapi(void) {
    return (riskd_dashboard_file){"openapi.yaml", openapi, sizeof openapi};
}
