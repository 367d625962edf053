#include "CSimdjson.h"
#include "Repair.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <vector>

// The DOM interface, not the faster on-demand one: on-demand does not check the values that nobody asks for.
namespace dom = simdjson::dom;

struct riskd_parser {
    std::unique_ptr<dom::parser> parser;
    std::vector<uint8_t> padded, repaired;
    std::vector<double> numbers;
    std::vector<riskd_value> values;
};

namespace {

/// A parser keeps the memory of the largest document it has met; beyond this many bytes it is let go.
constexpr size_t kept_capacity = 4 << 20;

static_assert(sizeof(dom::element) == sizeof(riskd_node) && std::is_trivially_copyable_v<dom::element>);

riskd_node node(const dom::element &element) {
    riskd_node node;
    std::memcpy(&node, &element, sizeof node);
    return node;
}

dom::element element(riskd_node node) {
    dom::element element;
    std::memcpy(static_cast<void *>(&element), &node, sizeof node);
    return element;
}

riskd_text text(std::string_view view) { return {view.data(), view.size()}; }

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
    case dom::element_type::ARRAY: value.kind = RISKD_ARRAY; break;
    case dom::element_type::OBJECT: value.kind = RISKD_OBJECT; break;
    }
    return value;
}

bool number(const dom::element &element, double &number) {
    riskd_value read = value(element);
    number = read.number;
    switch (read.kind) {
    case RISKD_INTEGER:
    case RISKD_NATURAL:
    case RISKD_NUMBER: return true;
    case RISKD_TEXT: return riskd_number(read.text.bytes, read.text.length, &number);
    default: return false;
    }
}

bool array(riskd_node node, dom::array &array) {
    return node.document && !element(node).get_array().get(array);
}

/// Calls `take` for each entry until it says that something is wrong.
template <typename Take>
riskd_json_status each(riskd_node node, size_t &count, Take take) {
    count = 0;
    dom::array entries;
    if (!array(node, entries)) return RISKD_JSON_WRONG_TYPE;
    for (dom::element entry : entries) {
        auto status = take(entry);
        if (status) return status;
        count++;
    }
    return RISKD_JSON_OK;
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

riskd_json_status riskd_parser_parse(
    riskd_parser *parser, const uint8_t *bytes, size_t length, const riskd_member *read, size_t read_count,
    riskd_node *root, const char **detail) {
    *detail = "";
    try {
        dom::element top;
        auto code = parse(*parser, bytes, length, top);
        if (code && code != simdjson::MEMALLOC &&
            riskd_repair(bytes, length, RISKD_MAXIMUM_DEPTH, read, read_count, parser->repaired)) {
            // A parser takes ten times the memory of its document.
            if (parser->repaired.size() > 2 * length + (1 << 20)) {
                std::vector<uint8_t>().swap(parser->repaired);
                *detail = simdjson::error_message(code);
                return status(code);
            }
            auto second = parse(*parser, parser->repaired.data(), parser->repaired.size(), top);
            if (!second || second == simdjson::MEMALLOC) code = second;
        }
        if (parser->repaired.capacity() > kept_capacity) std::vector<uint8_t>().swap(parser->repaired);
        if (code) {
            *detail = simdjson::error_message(code);
            return status(code);
        }
        *root = node(top);
        return RISKD_JSON_OK;
    } catch (const std::bad_alloc &) {
        return RISKD_JSON_NO_MEMORY;
    } catch (const simdjson::simdjson_error &error) {
        *detail = simdjson::error_message(error.error());
        return RISKD_JSON_INVALID;
    }
}

riskd_value riskd_node_value(riskd_node node) {
    return node.document ? value(element(node)) : riskd_value{};
}

uint32_t riskd_node_find(riskd_node object, const riskd_text *keys, size_t count, bool first, riskd_node *found) {
    uint32_t repeated = 0;
    std::fill_n(found, count, riskd_node{});
    dom::object members;
    if (!object.document || element(object).get_object().get(members)) return repeated;
    for (dom::key_value_pair pair : members) {
        for (size_t index = 0; index < count; index++) {
            if (pair.key != std::string_view(keys[index].bytes, keys[index].length)) continue;
            if (found[index].document) {
                repeated |= uint32_t{1} << index;
                if (!element(found[index]).is_null() && (first || pair.value.is_null())) break;
            }
            found[index] = node(pair.value);
            break;
        }
    }
    return repeated;
}

long riskd_node_size(riskd_node node) {
    dom::array entries;
    return array(node, entries) ? static_cast<long>(entries.size()) : -1;
}

riskd_json_status riskd_node_numbers(
    riskd_parser *parser, riskd_node array, size_t limit, const double **numbers, size_t *count) {
    try {
        parser->numbers.clear();
        auto status = each(array, *count, [&](const dom::element &entry) {
            if (parser->numbers.size() == limit) return RISKD_JSON_WRONG_SIZE;
            double read;
            if (!number(entry, read)) return RISKD_JSON_WRONG_TYPE;
            parser->numbers.push_back(read);
            return RISKD_JSON_OK;
        });
        *numbers = parser->numbers.data();
        return status;
    } catch (const std::bad_alloc &) {
        return RISKD_JSON_NO_MEMORY;
    }
}

riskd_json_status riskd_node_values(
    riskd_parser *parser, riskd_node array, size_t limit, const riskd_value **values, size_t *count) {
    try {
        parser->values.clear();
        auto status = each(array, *count, [&](const dom::element &entry) {
            if (parser->values.size() == limit) return RISKD_JSON_WRONG_SIZE;
            parser->values.push_back(value(entry));
            return RISKD_JSON_OK;
        });
        *values = parser->values.data();
        return status;
    } catch (const std::bad_alloc &) {
        return RISKD_JSON_NO_MEMORY;
    }
}

riskd_json_status riskd_node_integers(riskd_node array, size_t limit, int64_t *integers, size_t *count) {
    return each(array, *count, [&](const dom::element &entry) {
        int64_t integer;
        if (entry.get_int64().get(integer)) {
            return entry.is_uint64() ? RISKD_JSON_WRONG_SIZE : RISKD_JSON_WRONG_TYPE;
        }
        if (*count == limit) return RISKD_JSON_WRONG_SIZE;
        integers[*count] = integer;
        return RISKD_JSON_OK;
    });
}
