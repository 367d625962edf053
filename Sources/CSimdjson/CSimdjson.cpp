#include "CSimdjson.h"

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
    std::vector<uint8_t> padded;
    std::vector<double> probabilities;
};

namespace {

/// A parser keeps the memory of the largest document it has met; beyond this many bytes it is let go.
constexpr size_t kept_capacity = 4 << 20;

struct Failure {
    riskd_json_status status;
    const char *detail;
};

[[noreturn]] void fail(riskd_json_status status, const char *pointer) { throw Failure{status, pointer}; }

/// One key of an object: its JSON Pointer, whose last step is the key.
struct Field {
    const char *pointer;
    bool required;

    std::string_view key() const { return std::strrchr(pointer, '/') + 1; }
};

/// Finds the fields of an object in one pass; `found[i]` is null (the pointer) where the field is absent.
template <size_t count>
void find(const dom::object &object, const Field (&fields)[count], dom::element (&found)[count], bool (&has)[count]) {
    bool seen[count] = {};
    for (dom::key_value_pair pair : object) {
        for (size_t index = 0; index < count; index++) {
            if (pair.key != fields[index].key()) continue;
            if (seen[index]) fail(RISKD_JSON_DUPLICATE_KEY, fields[index].pointer);
            seen[index] = true;
            found[index] = pair.value;
            has[index] = fields[index].required || !pair.value.is_null();
            break;
        }
    }
    for (size_t index = 0; index < count; index++) {
        if (fields[index].required && !seen[index]) fail(RISKD_JSON_MISSING_FIELD, fields[index].pointer);
    }
}

riskd_text text(const dom::element &element, const char *pointer) {
    std::string_view view;
    if (element.get_string().get(view)) fail(RISKD_JSON_WRONG_TYPE, pointer);
    return {view.data(), view.size()};
}

double number(const dom::element &element, const char *pointer) {
    double value;
    if (element.get_double().get(value)) fail(RISKD_JSON_WRONG_TYPE, pointer);
    return value;
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
    dom::object value = object(element, "/input");
    static const Field image[] = {{"/input/image", false}};
    dom::element found_image[1];
    bool has_image[1] = {};
    find(value, image, found_image, has_image);
    if (has_image[0]) {
        fields.encoded_image = text(found_image[0], "/input/image");
        return;
    }
    static const Field keys[] = {
        {"/input/shape", true}, {"/input/dtype", true}, {"/input/data", true}, {"/input/range", false}};
    dom::element found[4];
    bool has[4] = {};
    find(value, keys, found, has);
    riskd_tensor &input = fields.input;
    read_shape(input, found[0], keys[0].pointer);
    input.dtype = text(found[1], keys[1].pointer);
    input.data = text(found[2], keys[2].pointer);
    if (has[3]) {
        dom::array range = array(found[3], keys[3].pointer);
        if (range.size() != 2) fail(RISKD_JSON_WRONG_SIZE, keys[3].pointer);
        size_t index = 0;
        for (dom::element end : range) input.range[index++] = number(end, keys[3].pointer);
        input.has_range = true;
    }
    input.present = true;
}

void read_features(riskd_fields &fields, const dom::element &element) {
    static const Field keys[] = {{"/features/shape", true}, {"/features/dtype", true}, {"/features/data", true}};
    dom::element found[3];
    bool has[3] = {};
    find(object(element, "/features"), keys, found, has);
    read_shape(fields.features, found[0], keys[0].pointer);
    fields.features.dtype = text(found[1], keys[1].pointer);
    fields.features.data = text(found[2], keys[2].pointer);
    fields.features.present = true;
}

void read_prediction(riskd_parser &parser, riskd_fields &fields, const dom::element &element) {
    static const Field keys[] = {
        {"/prediction/class", true}, {"/prediction/probability", true}, {"/prediction/probabilities", false}};
    dom::element found[3];
    bool has[3] = {};
    find(object(element, "/prediction"), keys, found, has);
    fields.label = text(found[0], keys[0].pointer);
    fields.probability = number(found[1], keys[1].pointer);
    if (!has[2]) return;
    parser.probabilities.clear();
    for (dom::element entry : array(found[2], keys[2].pointer)) {
        if (parser.probabilities.size() == RISKD_MAXIMUM_CLASSES) fail(RISKD_JSON_WRONG_SIZE, keys[2].pointer);
        parser.probabilities.push_back(number(entry, keys[2].pointer));
    }
    fields.has_probabilities = true;
    fields.probabilities = parser.probabilities.data();
    fields.probabilities_count = parser.probabilities.size();
}

void read_record(riskd_parser &parser, riskd_fields &fields, const dom::element &root) {
    static const Field keys[] = {
        {"/id", true},          {"/time", true},   {"/model", true},  {"/user", true},    {"/prediction", true},
        {"/model_version", false}, {"/source", false}, {"/input", false}, {"/features", false}};
    dom::element found[9];
    bool has[9] = {};
    dom::object value;
    if (root.get_object().get(value)) fail(RISKD_JSON_NOT_AN_OBJECT, "");
    find(value, keys, found, has);
    fields.identifier = text(found[0], keys[0].pointer);
    fields.time = text(found[1], keys[1].pointer);
    fields.model = text(found[2], keys[2].pointer);
    fields.user = text(found[3], keys[3].pointer);
    read_prediction(parser, fields, found[4]);
    if (has[5]) fields.model_version = text(found[5], keys[5].pointer);
    if (has[6]) fields.source = text(found[6], keys[6].pointer);
    if (has[7]) read_input(fields, found[7]);
    if (has[8]) read_features(fields, found[8]);
}

riskd_json_status status(simdjson::error_code code) {
    switch (code) {
    case simdjson::UTF8_ERROR: return RISKD_JSON_INVALID_UTF8;
    case simdjson::DEPTH_ERROR: return RISKD_JSON_TOO_DEEP;
    case simdjson::MEMALLOC: return RISKD_JSON_NO_MEMORY;
    default: return RISKD_JSON_INVALID;
    }
}

}  // namespace

riskd_parser *riskd_parser_create(void) { return new (std::nothrow) riskd_parser; }

void riskd_parser_destroy(riskd_parser *parser) { delete parser; }

riskd_json_status riskd_parser_read(
    riskd_parser *parser, const uint8_t *bytes, size_t length, riskd_fields *fields) {
    *fields = riskd_fields{};
    fields->detail = "";
    try {
        if (!parser->parser || parser->parser->capacity() > kept_capacity) {
            parser->parser = std::make_unique<dom::parser>();
        }
        if (parser->padded.size() > kept_capacity && length < kept_capacity) {
            std::vector<uint8_t>().swap(parser->padded);
        }
        if (parser->padded.size() < length + simdjson::SIMDJSON_PADDING) {
            parser->padded.resize(length + simdjson::SIMDJSON_PADDING);
        }
        if (length > 0) std::memcpy(parser->padded.data(), bytes, length);
        std::memset(parser->padded.data() + length, 0, simdjson::SIMDJSON_PADDING);
        // simdjson counts the document itself as a level.
        size_t capacity = std::max(length, parser->parser->capacity());
        if (capacity > parser->parser->capacity() || parser->parser->max_depth() != RISKD_MAXIMUM_DEPTH + 1) {
            auto code = parser->parser->allocate(std::max<size_t>(capacity, 4096), RISKD_MAXIMUM_DEPTH + 1);
            if (code) return RISKD_JSON_NO_MEMORY;
        }
        dom::element root;
        auto code = parser->parser->parse(parser->padded.data(), length, false).get(root);
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
