#ifndef RISKD_CSIMDJSON_H
#define RISKD_CSIMDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Takes records apart; one thread at a time. */
typedef struct riskd_parser riskd_parser;

enum { RISKD_MAXIMUM_RANK = 8, RISKD_MAXIMUM_DEPTH = 64, RISKD_MAXIMUM_CLASSES = 65536 };

typedef enum riskd_json_status {
    RISKD_JSON_OK,
    RISKD_JSON_INVALID,
    RISKD_JSON_INVALID_UTF8,
    RISKD_JSON_TOO_DEEP,
    RISKD_JSON_DUPLICATE_KEY,
    RISKD_JSON_NOT_AN_OBJECT,
    RISKD_JSON_MISSING_FIELD,
    RISKD_JSON_WRONG_TYPE,
    RISKD_JSON_WRONG_SIZE,
    RISKD_JSON_NO_MEMORY
} riskd_json_status;

/* UTF-8, unescaped, not terminated; bytes is NULL where the field is absent. Valid until the next parse. */
typedef struct riskd_text {
    const char *bytes;
    size_t length;
} riskd_text;

/* An array written as {shape, dtype, data}. */
typedef struct riskd_tensor {
    bool present;
    riskd_text dtype;
    riskd_text data;
    int64_t shape[RISKD_MAXIMUM_RANK];
    size_t rank;
    bool has_range;
    double range[2];
} riskd_tensor;

/* One native record; optional fields that are null count as absent. */
typedef struct riskd_fields {
    riskd_text identifier, time, model, user, label, model_version, source;
    double probability;
    bool has_probabilities;
    const double *probabilities;
    size_t probabilities_count;
    riskd_tensor input, features;
    riskd_text encoded_image;
    /* Where a failure lies: a JSON Pointer for the last six failures, simdjson's words for the first ones. */
    const char *detail;
} riskd_fields;

/* NULL without memory. */
riskd_parser *riskd_parser_create(void);
void riskd_parser_destroy(riskd_parser *parser);

/* Checks the whole document and fills in the fields; types only, values are the caller's to judge. */
riskd_json_status riskd_parser_read(riskd_parser *parser, const uint8_t *bytes, size_t length, riskd_fields *fields);

/* Decodes padded base64 (RFC 4648 section 4, no white space); decoded holds length / 4 * 3 bytes.
 * Returns how many bytes were decoded, or -1. */
long riskd_base64_decode(const char *text, size_t length, uint8_t *decoded);

#ifdef __cplusplus
}
#endif

#endif
