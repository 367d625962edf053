#ifndef RISKD_CSIMDJSON_H
#define RISKD_CSIMDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Takes JSON documents apart; one thread at a time. */
typedef struct riskd_parser riskd_parser;

enum { RISKD_MAXIMUM_DEPTH = 64 };

typedef enum riskd_json_status {
    RISKD_JSON_OK,
    RISKD_JSON_INVALID,
    RISKD_JSON_INVALID_UTF8,
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
    RISKD_ARRAY,
    RISKD_OBJECT
} riskd_kind;

/* What stands somewhere, whatever it is. */
typedef struct riskd_value {
    riskd_kind kind;
    riskd_text text;  /* of a text */
    int64_t integer;  /* of a whole number; 0 or 1 of a boolean */
    uint64_t natural; /* of a whole number beyond int64_t */
    double number;    /* of any number; finite */
} riskd_value;

/* A place in a document; valid until the next parse. Without a document: nothing is there. */
typedef struct riskd_node {
    const void *document;
    size_t place;
} riskd_node;

/* A member that a format reads: its key and, of an object inside the outermost one, that object's key; else "". */
typedef struct riskd_member {
    const char *inside, *key;
} riskd_member;

/* NULL without memory. */
riskd_parser *riskd_parser_create(void);
void riskd_parser_destroy(riskd_parser *parser);

/* Checks the whole document. What JSON does not allow inside a value (NaN, numbers of any size, half surrogate pairs,
 * bad UTF-8, too many levels) costs that value and not the document; members that are not among those read may be null
 * then. detail is why it is none, in simdjson's words, else "". */
riskd_json_status riskd_parser_parse(
    riskd_parser *parser, const uint8_t *bytes, size_t length, const riskd_member *read, size_t read_count,
    riskd_node *root, const char **detail);

/* What stands there. */
riskd_value riskd_node_value(riskd_node node);

/* Finds members of an object in one pass, the last of each key or the first; null counts only where there is nothing
 * else. found[i] is nothing where key i is not there. Returns bit i for every key i that was there more than once. At most
 * 32 keys; of what is no object nothing is found. */
uint32_t riskd_node_find(riskd_node object, const riskd_text *keys, size_t count, bool first, riskd_node *found);

/* How many entries an array has; -1 where it is none. */
long riskd_node_size(riskd_node array);

/* The numbers of an array, also where they are written as texts; valid until the next call or parse. WRONG_TYPE where one
 * is none, WRONG_SIZE where there are more than limit. */
riskd_json_status riskd_node_numbers(
    riskd_parser *parser, riskd_node array, size_t limit, const double **numbers, size_t *count);

/* The entries of an array; as above. */
riskd_json_status riskd_node_values(
    riskd_parser *parser, riskd_node array, size_t limit, const riskd_value **values, size_t *count);

/* The whole numbers of an array; as above, and WRONG_SIZE where one is beyond int64_t. */
riskd_json_status riskd_node_integers(riskd_node array, size_t limit, int64_t *integers, size_t *count);

/* The finite number that a text writes, with a point or a comma; false where it writes none. */
bool riskd_number(const char *text, size_t length, double *number);

/* Decodes padded base64 (RFC 4648 section 4, no white space); decoded holds length / 4 * 3 bytes.
 * Returns how many bytes were decoded, or -1. */
long riskd_base64_decode(const char *text, size_t length, uint8_t *decoded);

#ifdef __cplusplus
}
#endif

#endif
