#ifndef RISKD_REPAIR_HPP
#define RISKD_REPAIR_HPP

#include <cstddef>
#include <cstdint>
#include <vector>

#include "CSimdjson.h"

/// Writes an object as JSON again that a logger wrote nearly as JSON, so that what stands in one value costs no other.
///
/// A number that nobody can hold becomes its digits as text where it is whole, else null; so do NaN, Infinity and
/// other bare words. Half a surrogate pair, bytes that are no UTF-8 and control characters become U+FDD0, which is no
/// character; an escape that JSON does not know is kept as it stands. Values of members that nobody reads become null,
/// and so do levels deeper than `depth`. The structure itself must be right: braces, quotes, colons, commas, and
/// nothing after the object.
///
/// \param text what a parser refused.
/// \param length its bytes.
/// \param depth levels that are kept.
/// \param read the members that are read.
/// \param read_count how many these are.
/// \param repaired gets the document; at most three bytes for each of `text`'s in members that are read, and a few.
/// \returns whether it is an object at all.
bool riskd_repair(
    const uint8_t *text, size_t length, size_t depth, const riskd_member *read, size_t read_count,
    std::vector<uint8_t> &repaired);

#endif
