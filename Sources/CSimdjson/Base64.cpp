#include "CSimdjson.h"

namespace {

constexpr uint8_t bad = 0x80;

struct Table {
    uint8_t value[256];

    constexpr Table() : value() {
        const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for (int index = 0; index < 256; index++) value[index] = bad;
        for (int index = 0; index < 64; index++) {
            value[static_cast<uint8_t>(alphabet[index])] = static_cast<uint8_t>(index);
        }
    }
};

constexpr Table table;

uint32_t digit(const char *text, size_t index) { return table.value[static_cast<uint8_t>(text[index])]; }

}  // namespace

long riskd_base64_decode(const char *text, size_t length, uint8_t *decoded) {
    if (length % 4 != 0) return -1;
    if (length == 0) return 0;
    size_t padding = text[length - 1] == '=' ? (text[length - 2] == '=' ? 2 : 1) : 0;
    size_t whole = padding > 0 ? length - 4 : length;
    uint8_t *out = decoded;
    uint32_t seen = 0;
    for (size_t index = 0; index < whole; index += 4) {
        uint32_t a = digit(text, index), b = digit(text, index + 1);
        uint32_t c = digit(text, index + 2), d = digit(text, index + 3);
        seen |= a | b | c | d;
        uint32_t word = a << 18 | b << 12 | c << 6 | d;
        out[0] = static_cast<uint8_t>(word >> 16);
        out[1] = static_cast<uint8_t>(word >> 8);
        out[2] = static_cast<uint8_t>(word);
        out += 3;
    }
    if (padding > 0) {
        uint32_t a = digit(text, whole), b = digit(text, whole + 1);
        uint32_t c = padding == 1 ? digit(text, whole + 2) : 0;
        seen |= a | b | c;
        *out++ = static_cast<uint8_t>(a << 2 | b >> 4);
        if (padding == 1) *out++ = static_cast<uint8_t>(b << 4 | c >> 2);
    }
    return (seen & bad) != 0 ? -1 : static_cast<long>(out - decoded);
}
