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
    RISKD_JSON_NOT_AN_OBJECT,
    RISKD_JSON_MISSING_FIELD,
    RISKD_JSON_WRONG_TYPE,
    RISKD_JSON_WRONG_SIZE,
    RISKD_JSON_NO_MEMORY
} riskd_json_status;

/* UTF-8, unescaped, not terminated. Valid until the next parse. U+FDD0 stands for what is no character: half a
 * surrogate pair, bytes that are no UTF-8, bare control characters; an escaped NUL stays one. */
typedef struct riskd_text {
    const char *bytes;
    size_t length;
} riskd_text;

typedef enum riskd_kind {
    RISKD_ABSENT,
    RISKD_NULL,
    RISKD_TEXT,
    RISKD_INTEGER,
    RISKD_NATURAL,
    RISKD_NUMBER,
    RISKD_BOOLEAN,
    RISKD_OTHER
} riskd_kind;

/* What stands in a field, whatever it is. */
typedef struct riskd_value {
    riskd_kind kind;
    riskd_text text;  /* of a text */
    int64_t integer;  /* of a whole number; 0 or 1 of a boolean */
    uint64_t natural; /* of a whole number beyond int64_t */
    double number;    /* of any number; finite */
} riskd_value;

/* Fields by the bit that says that their key stood there more than once; the last one counts. */
enum {
    RISKD_REPEATED_ID = 1 << 0,
    RISKD_REPEATED_TIME = 1 << 1,
    RISKD_REPEATED_MODEL = 1 << 2,
    RISKD_REPEATED_USER = 1 << 3,
    RISKD_REPEATED_PREDICTION = 1 << 4,
    RISKD_REPEATED_VERSION = 1 << 5,
    RISKD_REPEATED_SOURCE = 1 << 6,
    RISKD_REPEATED_INPUT = 1 << 7,
    RISKD_REPEATED_FEATURES = 1 << 8,
    RISKD_REPEATED_CLASS = 1 << 9,
    RISKD_REPEATED_PROBABILITY = 1 << 10,
    RISKD_REPEATED_PROBABILITIES = 1 << 11,
    RISKD_REPEATED_CLASSES = 1 << 12
};

/* An array written as {shape, dtype, data}. */
typedef struct riskd_tensor {
    bool present;
    /* Where it is of no use: why, and the JSON Pointer of the part at fault. */
    riskd_json_status problem;
    const char *detail;
    riskd_text dtype;
    riskd_text data;
    int64_t shape[RISKD_MAXIMUM_RANK];
    size_t rank;
    bool has_range;
    double range[2];
} riskd_tensor;

/* One native record; optional fields that are null count as absent. */
typedef struct riskd_fields {
    riskd_value identifier, time, model, user, label, probability, model_version, source;
    riskd_kind prediction;
    /* Which keys are there more than once, and whether their first values are read instead of the last. */
    uint32_t repeated;
    bool first_counts;
    bool has_probabilities, has_classes;
    /* Where they are of no use: why. */
    riskd_json_status probabilities_problem, classes_problem;
    const double *probabilities;
    size_t probabilities_count;
    const riskd_value *classes;
    size_t classes_count;
    riskd_tensor input, features;
    bool has_encoded_image;
    /* Why a document is none, in simdjson's words. */
    const char *detail;
} riskd_fields;

/* NULL without memory. */
riskd_parser *riskd_parser_create(void);
void riskd_parser_destroy(riskd_parser *parser);

/* Checks the whole document and fills in the fields; types only, values are the caller's to judge. What JSON does not
 * allow inside a value (NaN, numbers of any size, half surrogate pairs, bad UTF-8, too many levels) costs that value
 * and not the document. Of a key that is repeated the last value is read, or the first. */
riskd_json_status riskd_parser_read(
    riskd_parser *parser, const uint8_t *bytes, size_t length, bool first, riskd_fields *fields);

/* The finite number that a text writes, with a point or a comma; false where it writes none. */
bool riskd_number(const char *text, size_t length, double *number);

/* Decodes padded base64 (RFC 4648 section 4, no white space); decoded holds length / 4 * 3 bytes.
 * Returns how many bytes were decoded, or -1. */
long riskd_base64_decode(const char *text, size_t length, uint8_t *decoded);

#ifdef __cplusplus
}
#endif

#endif
