#include "CDashboard.h"

/* Every file here is served: index.html at / and at the addresses of pages, all of them at /assets/NAME. */

static const unsigned char alert_actions_js[] = {
#embed "alert-actions.js"
};
static const unsigned char announce_js[] = {
#embed "announce.js"
};
static const unsigned char api_js[] = {
#embed "api.js"
};
static const unsigned char app_js[] = {
#embed "app.js"
};
static const unsigned char chain_js[] = {
#embed "chain.js"
};
static const unsigned char clock_js[] = {
#embed "clock.js"
};
static const unsigned char components_css[] = {
#embed "components.css"
};
static const unsigned char contributions_js[] = {
#embed "contributions.js"
};
static const unsigned char dialog_js[] = {
#embed "dialog.js"
};
static const unsigned char dom_js[] = {
#embed "dom.js"
};
static const unsigned char feed_js[] = {
#embed "feed.js"
};
static const unsigned char filters_js[] = {
#embed "filters.js"
};
static const unsigned char format_js[] = {
#embed "format.js"
};
static const unsigned char freshness_js[] = {
#embed "freshness.js"
};
static const unsigned char icon_svg[] = {
#embed "icon.svg"
};
static const unsigned char images_js[] = {
#embed "images.js"
};
static const unsigned char index_html[] = {
#embed "index.html"
};
static const unsigned char keyboard_js[] = {
#embed "keyboard.js"
};
static const unsigned char lane_timeline_js[] = {
#embed "lane-timeline.js"
};
static const unsigned char layout_css[] = {
#embed "layout.css"
};
static const unsigned char levels_js[] = {
#embed "levels.js"
};
static const unsigned char page_alert_js[] = {
#embed "page-alert.js"
};
static const unsigned char page_alerts_js[] = {
#embed "page-alerts.js"
};
static const unsigned char page_audit_js[] = {
#embed "page-audit.js"
};
static const unsigned char page_calibration_js[] = {
#embed "page-calibration.js"
};
static const unsigned char page_calibrations_js[] = {
#embed "page-calibrations.js"
};
static const unsigned char page_campaigns_js[] = {
#embed "page-campaigns.js"
};
static const unsigned char page_delivery_js[] = {
#embed "page-delivery.js"
};
static const unsigned char page_detectors_js[] = {
#embed "page-detectors.js"
};
static const unsigned char page_endpoint_js[] = {
#embed "page-endpoint.js"
};
static const unsigned char page_entities_js[] = {
#embed "page-entities.js"
};
static const unsigned char page_entity_js[] = {
#embed "page-entity.js"
};
static const unsigned char page_login_js[] = {
#embed "page-login.js"
};
static const unsigned char page_models_js[] = {
#embed "page-models.js"
};
static const unsigned char page_overview_js[] = {
#embed "page-overview.js"
};
static const unsigned char page_sample_js[] = {
#embed "page-sample.js"
};
static const unsigned char page_silences_js[] = {
#embed "page-silences.js"
};
static const unsigned char page_tokens_js[] = {
#embed "page-tokens.js"
};
static const unsigned char pages_css[] = {
#embed "pages.css"
};
static const unsigned char router_js[] = {
#embed "router.js"
};
static const unsigned char series_chart_js[] = {
#embed "series-chart.js"
};
static const unsigned char session_js[] = {
#embed "session.js"
};
static const unsigned char settings_js[] = {
#embed "settings.js"
};
static const unsigned char silence_dialog_js[] = {
#embed "silence-dialog.js"
};
static const unsigned char spark_js[] = {
#embed "spark.js"
};
static const unsigned char stream_js[] = {
#embed "stream.js"
};
static const unsigned char table_js[] = {
#embed "table.js"
};
static const unsigned char theme_css[] = {
#embed "theme.css"
};
static const unsigned char theme_js[] = {
#embed "theme.js"
};
/* Of the Debian package libjs-dygraphs; its first line names its licence. */
static const unsigned char dygraph_min_js[] = {
#embed "/usr/share/javascript/dygraphs/dygraph.min.js"
};

static const riskd_dashboard_file files[] = {
    {"alert-actions.js", alert_actions_js, sizeof alert_actions_js},
    {"announce.js", announce_js, sizeof announce_js},
    {"api.js", api_js, sizeof api_js},
    {"app.js", app_js, sizeof app_js},
    {"chain.js", chain_js, sizeof chain_js},
    {"clock.js", clock_js, sizeof clock_js},
    {"components.css", components_css, sizeof components_css},
    {"contributions.js", contributions_js, sizeof contributions_js},
    {"dialog.js", dialog_js, sizeof dialog_js},
    {"dom.js", dom_js, sizeof dom_js},
    {"feed.js", feed_js, sizeof feed_js},
    {"filters.js", filters_js, sizeof filters_js},
    {"format.js", format_js, sizeof format_js},
    {"freshness.js", freshness_js, sizeof freshness_js},
    {"icon.svg", icon_svg, sizeof icon_svg},
    {"images.js", images_js, sizeof images_js},
    {"index.html", index_html, sizeof index_html},
    {"keyboard.js", keyboard_js, sizeof keyboard_js},
    {"lane-timeline.js", lane_timeline_js, sizeof lane_timeline_js},
    {"layout.css", layout_css, sizeof layout_css},
    {"levels.js", levels_js, sizeof levels_js},
    {"page-alert.js", page_alert_js, sizeof page_alert_js},
    {"page-alerts.js", page_alerts_js, sizeof page_alerts_js},
    {"page-audit.js", page_audit_js, sizeof page_audit_js},
    {"page-calibration.js", page_calibration_js, sizeof page_calibration_js},
    {"page-calibrations.js", page_calibrations_js, sizeof page_calibrations_js},
    {"page-campaigns.js", page_campaigns_js, sizeof page_campaigns_js},
    {"page-delivery.js", page_delivery_js, sizeof page_delivery_js},
    {"page-detectors.js", page_detectors_js, sizeof page_detectors_js},
    {"page-endpoint.js", page_endpoint_js, sizeof page_endpoint_js},
    {"page-entities.js", page_entities_js, sizeof page_entities_js},
    {"page-entity.js", page_entity_js, sizeof page_entity_js},
    {"page-login.js", page_login_js, sizeof page_login_js},
    {"page-models.js", page_models_js, sizeof page_models_js},
    {"page-overview.js", page_overview_js, sizeof page_overview_js},
    {"page-sample.js", page_sample_js, sizeof page_sample_js},
    {"page-silences.js", page_silences_js, sizeof page_silences_js},
    {"page-tokens.js", page_tokens_js, sizeof page_tokens_js},
    {"pages.css", pages_css, sizeof pages_css},
    {"router.js", router_js, sizeof router_js},
    {"series-chart.js", series_chart_js, sizeof series_chart_js},
    {"session.js", session_js, sizeof session_js},
    {"settings.js", settings_js, sizeof settings_js},
    {"silence-dialog.js", silence_dialog_js, sizeof silence_dialog_js},
    {"spark.js", spark_js, sizeof spark_js},
    {"stream.js", stream_js, sizeof stream_js},
    {"table.js", table_js, sizeof table_js},
    {"theme.css", theme_css, sizeof theme_css},
    {"theme.js", theme_js, sizeof theme_js},
    {"dygraph.min.js", dygraph_min_js, sizeof dygraph_min_js},
};

static const unsigned char openapi[] = {
#embed "../../../docs/openapi.yaml"
};

size_t riskd_dashboard_count(void) { return sizeof files / sizeof files[0]; }

riskd_dashboard_file riskd_dashboard(size_t index) { return files[index]; }

riskd_dashboard_file riskd_openapi(void) {
    return (riskd_dashboard_file){"openapi.yaml", openapi, sizeof openapi};
}
