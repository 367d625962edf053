#include "Repair.hpp"

#include "CSimdjson.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

bool is_space(uint8_t byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

bool is_word(uint8_t byte) {
    return is_digit(static_cast<char>(byte)) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           byte == '+' || byte == '-' || byte == '.' || byte == '_';
}

/// A number that is spelled out: sign, digits before and after the point, exponent.
struct Spelling {
    bool negative = false;
    std::string whole, fraction, exponent;

    /// Whether `word` spells a number; a leading plus, leading zeros and a missing digit beside the point do not matter.
    bool read(std::string_view word) {
        size_t place = 0;
        auto digits = [&](std::string &into) {
            while (place < word.size() && is_digit(word[place])) into += word[place++];
        };
        if (place < word.size() && (word[place] == '-' || word[place] == '+')) negative = word[place++] == '-';
        digits(whole);
        if (place < word.size() && word[place] == '.') {
            place++;
            digits(fraction);
        }
        if (whole.empty() && fraction.empty()) return false;
        if (place < word.size() && (word[place] == 'e' || word[place] == 'E')) {
            exponent = "e";
            place++;
            if (place < word.size() && (word[place] == '-' || word[place] == '+')) exponent += word[place++];
            size_t before = exponent.size();
            digits(exponent);
            if (exponent.size() == before) return false;
        }
        whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
        if (whole.empty()) whole = "0";
        return place == word.size();
    }

    bool is_whole() const { return fraction.empty() && exponent.empty(); }

    std::string text() const {
        return (negative ? "-" : "") + whole + (fraction.empty() ? "" : "." + fraction) + exponent;
    }
};

bool fits(const std::string &whole) {
    const char *end = whole.data() + whole.size();
    int64_t integer;
    uint64_t natural;
    return std::from_chars(whole.data(), end, integer).ec == std::errc() ||
           std::from_chars(whole.data(), end, natural).ec == std::errc();
}

/// How many bytes at `text` are one scalar of UTF-8; 0 where they are none.
size_t scalar_length(const uint8_t *text, size_t length) {
    uint8_t lead = text[0];
    size_t count = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || length < count) return 0;
    for (size_t index = 1; index < count; index++) {
        if ((text[index] & 0xC0) != 0x80) return 0;
    }
    if (lead == 0xE0 && text[1] < 0xA0) return 0;
    if (lead == 0xED && text[1] > 0x9F) return 0;
    if (lead == 0xF0 && text[1] < 0x90) return 0;
    if (lead == 0xF4 && text[1] > 0x8F) return 0;
    return count;
}

/// What stands for what is no character.
constexpr std::string_view no_character = "\xEF\xB7\x90";

class Repair {
public:
    Repair(
        const uint8_t *text, size_t length, size_t depth, const riskd_member *read, size_t read_count,
        std::vector<uint8_t> &out)
        : at(text), end(text + length), depth(depth), read(read), read_count(read_count), out(out) {}

    bool run() {
        if (end - at >= 3 && std::memcmp(at, "\xEF\xBB\xBF", 3) == 0) at += 3;
        skip_space();
        if (at == end || *at != '{') return false;
        if (!value()) return false;
        while (!open.empty()) {
            skip_space();
            if (at == end) return false;
            if (!(open.back() == '{' ? member() : element())) return false;
        }
        skip_space();
        return at == end;
    }

private:
    const uint8_t *at, *end;
    size_t depth;
    const riskd_member *read;
    size_t read_count;
    std::vector<uint8_t> &out;
    /// The containers that are open, by their first character, and whether each has an entry yet.
    std::vector<char> open;
    std::vector<bool> begun;
    /// The key of the member of the outermost object that is being read.
    std::string_view outer;
    /// How many containers are open around a value that nobody reads; 0 outside of one.
    size_t muted = 0;

    void skip_space() {
        while (at < end && is_space(*at)) at++;
    }

    /// Whether somebody reads a member of this key, as it is written: `inside` is the one that holds it, empty for none.
    bool is_read(std::string_view inside, std::string_view key) const {
        if (key.find('\\') != std::string_view::npos) return true;
        return std::any_of(read, read + read_count, [&](const riskd_member &member) {
            return inside == member.inside && key == member.key;
        });
    }

    bool is_kept() const { return muted == 0 && open.size() <= depth; }

    void put(uint8_t byte) {
        if (is_kept()) out.push_back(byte);
    }

    void put(std::string_view text) {
        if (is_kept()) out.insert(out.end(), text.begin(), text.end());
    }

    bool close() {
        put(*at++);
        open.pop_back();
        begun.pop_back();
        unmute();
        return true;
    }

    /// Goes on writing where a value that nobody reads is over.
    void unmute() {
        if (open.size() == muted) muted = 0;
    }

    bool comma() {
        if (begun.back()) {
            if (*at != ',') return false;
            put(*at++);
            skip_space();
        }
        begun.back() = true;
        return at < end;
    }

    bool member() {
        if (*at == '}') return close();
        if (!comma() || *at != '"') return false;
        const uint8_t *first = at + 1;
        if (!string()) return false;
        std::string_view key(reinterpret_cast<const char *>(first), static_cast<size_t>(at - first - 1));
        skip_space();
        if (at == end || *at != ':') return false;
        put(*at++);
        skip_space();
        if (at == end) return false;
        if (open.size() == 1) outer = key;
        if (muted == 0 && open.size() <= 2 && !is_read(open.size() == 1 ? "" : outer, key)) {
            put("null");
            muted = open.size();
        }
        if (!value()) return false;
        unmute();
        return true;
    }

    bool element() {
        if (*at == ']') return close();
        return comma() && value();
    }

    bool value() {
        if (*at == '{' || *at == '[') {
            if (open.size() == depth) put("null");
            open.push_back(static_cast<char>(*at));
            begun.push_back(false);
            put(*at++);
            return true;
        }
        return *at == '"' ? string() : word();
    }

    bool word() {
        const uint8_t *first = at;
        while (at < end && is_word(*at)) at++;
        if (at == first) return false;
        if (!is_kept()) return true;
        std::string_view word(reinterpret_cast<const char *>(first), static_cast<size_t>(at - first));
        if (word == "true" || word == "false" || word == "True" || word == "False") {
            put(word.size() == 4 ? "true" : "false");
            return true;
        }
        Spelling number;
        if (!number.read(word)) {
            put("null");
            return true;
        }
        std::string text = number.text();
        if (number.is_whole() ? fits(text) : std::isfinite(std::strtod(text.c_str(), nullptr))) {
            put(text);
        } else if (number.is_whole()) {
            put('"');
            put(text);
            put('"');
        } else {
            put("null");
        }
        return true;
    }

    bool string() {
        put(*at++);
        while (at < end) {
            uint8_t byte = *at;
            if (byte == '"') {
                put(*at++);
                return true;
            }
            if (byte == '\\') {
                if (!escape()) return false;
            } else if (byte < 0x20) {
                static const char plain[] = "\b\t\n\f\r", escapes[] = "btnfr";
                const char *place = byte == 0 ? nullptr : std::strchr(plain, byte);
                if (place == nullptr) {
                    put(no_character);
                } else {
                    put('\\');
                    put(static_cast<uint8_t>(escapes[place - plain]));
                }
                at++;
            } else if (byte < 0x80) {
                put(*at++);
            } else if (size_t count = scalar_length(at, static_cast<size_t>(end - at)); count > 0) {
                put(std::string_view(reinterpret_cast<const char *>(at), count));
                at += count;
            } else {
                put(no_character);
                at++;
            }
        }
        return false;
    }

    bool escape() {
        if (end - at < 2) return false;
        if (std::strchr("\"\\/bfnrt", at[1]) != nullptr && at[1] != 0) {
            put(at[0]);
            put(at[1]);
            at += 2;
            return true;
        }
        int32_t unit = at[1] == 'u' ? code_unit(at) : -1;
        if (unit < 0) {
            put("\\\\");
            at++;
            return true;
        }
        bool is_high = unit >= 0xD800 && unit < 0xDC00, is_low = unit >= 0xDC00 && unit < 0xE000;
        int32_t next = is_high ? code_unit(at + 6) : -1;
        size_t count = next >= 0xDC00 && next < 0xE000 ? 12 : 6;
        if (is_low || (is_high && count == 6)) {
            put(no_character);
        } else {
            put(std::string_view(reinterpret_cast<const char *>(at), count));
        }
        at += count;
        return true;
    }

    /// The code unit that is escaped at `place`, or -1.
    int32_t code_unit(const uint8_t *place) const {
        if (end - place < 6 || place[0] != '\\' || place[1] != 'u') return -1;
        int32_t unit = 0;
        for (int index = 2; index < 6; index++) {
            uint8_t digit = place[index];
            int32_t value = digit >= '0' && digit <= '9'   ? digit - '0'
                            : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                            : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                                           : -1;
            if (value < 0) return -1;
            unit = unit << 4 | value;
        }
        return unit;
    }
};

}  // namespace

bool riskd_repair(
    const uint8_t *text, size_t length, size_t depth, const riskd_member *read, size_t read_count,
    std::vector<uint8_t> &repaired) {
    repaired.clear();
    return Repair(text, length, depth, read, read_count, repaired).run();
}

bool riskd_number(const char *text, size_t length, double *number) {
    std::string_view rest(text, length);
    while (!rest.empty() && is_space(static_cast<uint8_t>(rest.front()))) rest.remove_prefix(1);
    while (!rest.empty() && is_space(static_cast<uint8_t>(rest.back()))) rest.remove_suffix(1);
    std::string word(rest.substr(0, std::min<size_t>(rest.size(), 400)));
    if (size_t comma = word.find(','); comma != std::string::npos) word[comma] = '.';
    Spelling spelling;
    if (word.size() != rest.size() || !spelling.read(word)) return false;
    *number = std::strtod(spelling.text().c_str(), nullptr);
    return std::isfinite(*number);
}
