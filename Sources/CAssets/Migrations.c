#include "CAssets.h"

static const unsigned char pipeline[] = {
#embed "../Storage/Migrations/0001_pipeline.sql"
};
static const unsigned char facts[] = {
#embed "../Storage/Migrations/0002_facts.sql"
};
static const unsigned char history[] = {
#embed "../Storage/Migrations/0003_history.sql"
};
static const unsigned char history_features[] = {
#embed "../Storage/Migrations/0004_history_features.sql"
};
static const unsigned char opinion_models[] = {
#embed "../Storage/Migrations/0005_opinion_models.sql"
};
static const unsigned char campaigns[] = {
#embed "../Storage/Migrations/0006_campaigns.sql"
};
static const unsigned char near_images[] = {
#embed "../Storage/Migrations/0007_near_images.sql"
};
static const unsigned char alerts[] = {
#embed "../Storage/Migrations/0008_alerts.sql"
};
static const unsigned char calibration[] = {
#embed "../Storage/Migrations/0009_calibration.sql"
};
static const unsigned char answer_changes[] = {
#embed "../Storage/Migrations/0010_answer_changes.sql"
};
static const unsigned char jitter[] = {
#embed "../Storage/Migrations/0011_jitter.sql"
};
static const unsigned char api[] = {
#embed "../Storage/Migrations/0012_api.sql"
};
static const unsigned char endpoint_verification[] = {
#embed "../Storage/Migrations/0013_endpoint_verification.sql"
};
static const unsigned char audit[] = {
#embed "../Storage/Migrations/0014_audit.sql"
};
static const unsigned char retention[] = {
#embed "../Storage/Migrations/0015_retention.sql"
};
static const unsigned char sample_summaries[] = {
#embed "../Storage/Migrations/0016_sample_summaries.sql"
};
static const unsigned char erasure[] = {
#embed "../Storage/Migrations/0017_erasure.sql"
};
static const unsigned char summary_retention[] = {
#embed "../Storage/Migrations/0018_summary_retention.sql"
};
static const unsigned char steps[] = {
#embed "../Storage/Migrations/0019_steps.sql"
};
static const unsigned char source_progress[] = {
#embed "../Storage/Migrations/0020_source_progress.sql"
};
static const unsigned char record_content[] = {
#embed "../Storage/Migrations/0021_record_content.sql"
};
static const unsigned char coverage[] = {
#embed "../Storage/Migrations/0022_coverage.sql"
};
static const unsigned char lost_bytes[] = {
#embed "../Storage/Migrations/0023_lost_bytes.sql"
};
static const unsigned char told_alerts[] = {
#embed "../Storage/Migrations/0024_told_alerts.sql"
};
static const unsigned char entity_name[] = {
#embed "../Storage/Migrations/0025_entity_name.sql"
};

static const riskd_asset migrations[] = {
    {"0001_pipeline.sql", pipeline, sizeof pipeline},
    {"0002_facts.sql", facts, sizeof facts},
    {"0003_history.sql", history, sizeof history},
    {"0004_history_features.sql", history_features, sizeof history_features},
    {"0005_opinion_models.sql", opinion_models, sizeof opinion_models},
    {"0006_campaigns.sql", campaigns, sizeof campaigns},
    {"0007_near_images.sql", near_images, sizeof near_images},
    {"0008_alerts.sql", alerts, sizeof alerts},
    {"0009_calibration.sql", calibration, sizeof calibration},
    {"0010_answer_changes.sql", answer_changes, sizeof answer_changes},
    {"0011_jitter.sql", jitter, sizeof jitter},
    {"0012_api.sql", api, sizeof api},
    {"0013_endpoint_verification.sql", endpoint_verification, sizeof endpoint_verification},
    {"0014_audit.sql", audit, sizeof audit},
    {"0015_retention.sql", retention, sizeof retention},
    {"0016_sample_summaries.sql", sample_summaries, sizeof sample_summaries},
    {"0017_erasure.sql", erasure, sizeof erasure},
    {"0018_summary_retention.sql", summary_retention, sizeof summary_retention},
    {"0019_steps.sql", steps, sizeof steps},
    {"0020_source_progress.sql", source_progress, sizeof source_progress},
    {"0021_record_content.sql", record_content, sizeof record_content},
    {"0022_coverage.sql", coverage, sizeof coverage},
    {"0023_lost_bytes.sql", lost_bytes, sizeof lost_bytes},
    {"0024_told_alerts.sql", told_alerts, sizeof told_alerts},
    {"0025_entity_name.sql", entity_name, sizeof entity_name},
};

size_t riskd_migration_count(void) { return sizeof migrations / sizeof migrations[0]; }

riskd_asset riskd_migration(size_t index) { return migrations[index]; }
