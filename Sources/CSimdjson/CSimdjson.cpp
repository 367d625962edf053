#include "CSimdjson.h"
#include "Repair.hpp"

#include <simdjson.h>

#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

// The DOM interface, not the faster on-demand one: on-demand does not check the values that nobody asks for.
namespace dom = simdjson::dom;

struct riskd_parser {
    std::unique_ptr<dom::parser> parser;
    std::vector<uint8_t> padded, repaired;
    std::vector<double> probabilities;
    std::vector<riskd_value> classes;
};

namespace {

/// A parser keeps the memory of the largest document it has met; beyond this many bytes it is let go.
constexpr size_t kept_capacity = 4 << 20;

struct Failure {
    riskd_json_status status;
    const char *detail;
};

[[noreturn]] void fail(riskd_json_status status, const char *pointer) { throw Failure{status, pointer}; }

/// One key of an object: its JSON Pointer, whose last step is the key, and the bit that says that it is repeated.
struct Field {
    const char *pointer;
    uint32_t repeated;

    std::string_view key() const { return std::strrchr(pointer, '/') + 1; }
};

/// Finds the fields of an object in one pass, the last of each, or the first; null counts only where there is nothing else.
/// `has[i]` says whether field i is there.
///
/// \returns the bits of fields that were there more than once.
template <size_t count>
uint32_t find(
    const dom::object &object, bool first, const Field (&fields)[count], dom::element (&found)[count],
    bool (&has)[count]) {
    uint32_t repeated = 0;
    for (dom::key_value_pair pair : object) {
        for (size_t index = 0; index < count; index++) {
            if (pair.key != fields[index].key()) continue;
            if (has[index]) {
                repeated |= fields[index].repeated;
                if (!found[index].is_null() && (first || pair.value.is_null())) break;
            }
            found[index] = pair.value;
            has[index] = true;
            break;
        }
    }
    return repeated;
}

riskd_text text(std::string_view view) { return {view.data(), view.size()}; }

riskd_text text(const dom::element &element, const char *pointer) {
    std::string_view view;
    if (element.get_string().get(view)) fail(RISKD_JSON_WRONG_TYPE, pointer);
    return text(view);
}

riskd_value value(const dom::element &element) {
    riskd_value value{};
    switch (element.type()) {
    case dom::element_type::NULL_VALUE: value.kind = RISKD_NULL; break;
    case dom::element_type::STRING:
        value.kind = RISKD_TEXT;
        value.text = text(element.get_string().value_unsafe());
        break;
    case dom::element_type::INT64:
        value.kind = RISKD_INTEGER;
        value.integer = element.get_int64().value_unsafe();
        value.number = static_cast<double>(value.integer);
        break;
    case dom::element_type::UINT64:
        value.kind = RISKD_NATURAL;
        value.natural = element.get_uint64().value_unsafe();
        value.number = static_cast<double>(value.natural);
        break;
    case dom::element_type::DOUBLE:
        value.kind = RISKD_NUMBER;
        value.number = element.get_double().value_unsafe();
        break;
    case dom::element_type::BOOL:
        value.kind = RISKD_BOOLEAN;
        value.integer = element.get_bool().value_unsafe() ? 1 : 0;
        break;
    default: value.kind = RISKD_OTHER;
    }
    return value;
}

double number(const dom::element &element, const char *pointer) {
    riskd_value read = value(element);
    switch (read.kind) {
    case RISKD_INTEGER:
    case RISKD_NATURAL:
    case RISKD_NUMBER: return read.number;
    case RISKD_TEXT:
        if (riskd_number(read.text.bytes, read.text.length, &read.number)) return read.number;
        [[fallthrough]];
    default: fail(RISKD_JSON_WRONG_TYPE, pointer);
    }
}

dom::object object(const dom::element &element, const char *pointer) {
    dom::object value;
    if (element.get_object().get(value)) fail(RISKD_JSON_WRONG_TYPE, pointer);
    return value;
}

dom::array array(const dom::element &element, const char *pointer) {
    dom::array value;
    if (element.get_array().get(value)) fail(RISKD_JSON_WRONG_TYPE, pointer);
    return value;
}

void need(bool has, const char *pointer) {
    if (!has) fail(RISKD_JSON_MISSING_FIELD, pointer);
}

void read_shape(riskd_tensor &tensor, const dom::element &element, const char *pointer) {
    for (dom::element entry : array(element, pointer)) {
        int64_t length;
        if (entry.get_int64().get(length)) {
            fail(entry.is_uint64() ? RISKD_JSON_WRONG_SIZE : RISKD_JSON_WRONG_TYPE, pointer);
        }
        if (tensor.rank == RISKD_MAXIMUM_RANK) fail(RISKD_JSON_WRONG_SIZE, pointer);
        tensor.shape[tensor.rank++] = length;
    }
}

void read_input(riskd_fields &fields, const dom::element &element) {
    static const Field keys[] = {
        {"/input/shape", RISKD_REPEATED_INPUT},
        {"/input/dtype", RISKD_REPEATED_INPUT},
        {"/input/data", RISKD_REPEATED_INPUT},
        {"/input/range", RISKD_REPEATED_INPUT},
        {"/input/image", RISKD_REPEATED_INPUT}};
    dom::element found[5];
    bool has[5] = {};
    fields.repeated |= find(object(element, "/input"), fields.first_counts, keys, found, has);
    if (has[4] && !found[4].is_null()) {
        fields.has_encoded_image = true;
        return;
    }
    for (size_t index = 0; index < 3; index++) need(has[index], keys[index].pointer);
    riskd_tensor &input = fields.input;
    read_shape(input, found[0], keys[0].pointer);
    input.dtype = text(found[1], keys[1].pointer);
    input.data = text(found[2], keys[2].pointer);
    if (!has[3] || found[3].is_null()) return;
    dom::array range = array(found[3], keys[3].pointer);
    if (range.size() != 2) fail(RISKD_JSON_WRONG_SIZE, keys[3].pointer);
    size_t index = 0;
    for (dom::element end : range) input.range[index++] = number(end, keys[3].pointer);
    input.has_range = true;
}

void read_features(riskd_fields &fields, const dom::element &element) {
    static const Field keys[] = {
        {"/features/shape", RISKD_REPEATED_FEATURES},
        {"/features/dtype", RISKD_REPEATED_FEATURES},
        {"/features/data", RISKD_REPEATED_FEATURES}};
    dom::element found[3];
    bool has[3] = {};
    fields.repeated |= find(object(element, "/features"), fields.first_counts, keys, found, has);
    for (size_t index = 0; index < 3; index++) need(has[index], keys[index].pointer);
    read_shape(fields.features, found[0], keys[0].pointer);
    fields.features.dtype = text(found[1], keys[1].pointer);
    fields.features.data = text(found[2], keys[2].pointer);
}

/// Reads a tensor; one that is of no use says why, and costs nothing else.
template <typename Body>
void read_tensor(riskd_tensor &tensor, Body body) {
    tensor.present = true;
    tensor.detail = "";
    try {
        body();
    } catch (const Failure &failure) {
        tensor.problem = failure.status;
        tensor.detail = failure.detail;
    }
}

void read_probabilities(riskd_parser &parser, riskd_fields &fields, const dom::element &element) {
    static const char pointer[] = "/prediction/probabilities";
    fields.has_probabilities = true;
    parser.probabilities.clear();
    try {
        for (dom::element entry : array(element, pointer)) {
            if (parser.probabilities.size() == RISKD_MAXIMUM_CLASSES) fail(RISKD_JSON_WRONG_SIZE, pointer);
            parser.probabilities.push_back(number(entry, pointer));
        }
    } catch (const Failure &failure) {
        fields.probabilities_problem = failure.status;
    }
    fields.probabilities = parser.probabilities.data();
    fields.probabilities_count = parser.probabilities.size();
}

void read_classes(riskd_parser &parser, riskd_fields &fields, const dom::element &element) {
    static const char pointer[] = "/prediction/classes";
    fields.has_classes = true;
    parser.classes.clear();
    try {
        for (dom::element entry : array(element, pointer)) {
            if (parser.classes.size() == RISKD_MAXIMUM_CLASSES) fail(RISKD_JSON_WRONG_SIZE, pointer);
            parser.classes.push_back(value(entry));
        }
    } catch (const Failure &failure) {
        fields.classes_problem = failure.status;
    }
    fields.classes = parser.classes.data();
    fields.classes_count = parser.classes.size();
}

void read_prediction(riskd_parser &parser, riskd_fields &fields, const dom::element &element) {
    static const Field keys[] = {
        {"/prediction/class", RISKD_REPEATED_CLASS},
        {"/prediction/probability", RISKD_REPEATED_PROBABILITY},
        {"/prediction/probabilities", RISKD_REPEATED_PROBABILITIES},
        {"/prediction/classes", RISKD_REPEATED_CLASSES}};
    dom::element found[4];
    bool has[4] = {};
    dom::object prediction;
    fields.prediction = RISKD_OTHER;
    if (element.get_object().get(prediction)) fail(RISKD_JSON_WRONG_TYPE, "/prediction");
    fields.repeated |= find(prediction, fields.first_counts, keys, found, has);
    if (has[0]) fields.label = value(found[0]);
    if (has[1]) fields.probability = value(found[1]);
    if (has[2] && !found[2].is_null()) read_probabilities(parser, fields, found[2]);
    if (has[3] && !found[3].is_null()) read_classes(parser, fields, found[3]);
}

void read_record(riskd_parser &parser, riskd_fields &fields, const dom::element &root) {
    static const Field keys[] = {
        {"/id", RISKD_REPEATED_ID},
        {"/time", RISKD_REPEATED_TIME},
        {"/model", RISKD_REPEATED_MODEL},
        {"/user", RISKD_REPEATED_USER},
        {"/model_version", RISKD_REPEATED_VERSION},
        {"/source", RISKD_REPEATED_SOURCE},
        {"/prediction", RISKD_REPEATED_PREDICTION},
        {"/input", RISKD_REPEATED_INPUT},
        {"/features", RISKD_REPEATED_FEATURES}};
    riskd_value *values[] = {
        &fields.identifier, &fields.time, &fields.model, &fields.user, &fields.model_version, &fields.source};
    dom::element found[9];
    bool has[9] = {};
    dom::object record;
    if (root.get_object().get(record)) fail(RISKD_JSON_NOT_AN_OBJECT, "");
    fields.repeated |= find(record, fields.first_counts, keys, found, has);
    for (size_t index = 0; index < 6; index++) {
        if (has[index]) *values[index] = value(found[index]);
    }
    need(has[6], "/prediction");
    read_prediction(parser, fields, found[6]);
    if (has[7] && !found[7].is_null()) read_tensor(fields.input, [&] { read_input(fields, found[7]); });
    if (has[8] && !found[8].is_null()) read_tensor(fields.features, [&] { read_features(fields, found[8]); });
}

/// Parses bytes that stay where they are only during the call; the document points into the parser.
simdjson::error_code parse(riskd_parser &parser, const uint8_t *bytes, size_t length, dom::element &root) {
    if (!parser.parser || parser.parser->capacity() > kept_capacity) {
        parser.parser = std::make_unique<dom::parser>();
    }
    if (parser.padded.size() > kept_capacity && length < kept_capacity) {
        std::vector<uint8_t>().swap(parser.padded);
    }
    if (parser.padded.size() < length + simdjson::SIMDJSON_PADDING) {
        parser.padded.resize(length + simdjson::SIMDJSON_PADDING);
    }
    if (length > 0) std::memcpy(parser.padded.data(), bytes, length);
    std::memset(parser.padded.data() + length, 0, simdjson::SIMDJSON_PADDING);
    // simdjson counts the document itself as a level.
    size_t capacity = std::max(length, parser.parser->capacity());
    if (capacity > parser.parser->capacity() || parser.parser->max_depth() != RISKD_MAXIMUM_DEPTH + 1) {
        auto code = parser.parser->allocate(std::max<size_t>(capacity, 4096), RISKD_MAXIMUM_DEPTH + 1);
        if (code) return simdjson::MEMALLOC;
    }
    return parser.parser->parse(parser.padded.data(), length, false).get(root);
}

riskd_json_status status(simdjson::error_code code) {
    switch (code) {
    case simdjson::UTF8_ERROR: return RISKD_JSON_INVALID_UTF8;
    case simdjson::MEMALLOC: return RISKD_JSON_NO_MEMORY;
    default: return RISKD_JSON_INVALID;
    }
}

}  // namespace

riskd_parser *riskd_parser_create(void) { return new (std::nothrow) riskd_parser; }

void riskd_parser_destroy(riskd_parser *parser) { delete parser; }

riskd_json_status riskd_parser_read(
    riskd_parser *parser, const uint8_t *bytes, size_t length, bool first, riskd_fields *fields) {
    *fields = riskd_fields{};
    fields->first_counts = first;
    fields->detail = "";
    try {
        dom::element root;
        auto code = parse(*parser, bytes, length, root);
        if (code && code != simdjson::MEMALLOC &&
            riskd_repair(bytes, length, RISKD_MAXIMUM_DEPTH, parser->repaired)) {
            // A parser takes ten times the memory of its document.
            if (parser->repaired.size() > 2 * length + (1 << 20)) {
                std::vector<uint8_t>().swap(parser->repaired);
                fields->detail = simdjson::error_message(code);
                return status(code);
            }
            auto second = parse(*parser, parser->repaired.data(), parser->repaired.size(), root);
            if (!second || second == simdjson::MEMALLOC) code = second;
        }
        if (parser->repaired.capacity() > kept_capacity) std::vector<uint8_t>().swap(parser->repaired);
        if (code) {
            fields->detail = simdjson::error_message(code);
            return status(code);
        }
        read_record(*parser, *fields, root);
        return RISKD_JSON_OK;
    } catch (const Failure &failure) {
        fields->detail = failure.detail;
        return failure.status;
    } catch (const std::bad_alloc &) {
        return RISKD_JSON_NO_MEMORY;
    } catch (const simdjson::simdjson_error &error) {
        fields->detail = simdjson::error_message(error.error());
        return RISKD_JSON_INVALID;
    }
}
