// JSON's grammar where the parser library is more lenient than RFC 8259, or differs by version.
//
// Threads: free functions. Cost: linear in the token.
#pragma once

#include <string_view>

namespace freshet::pipeline {

enum class NumberKind { kInvalid, kInteger, kFloat };

// Which kind of number the whole token is: kInteger without, kFloat with a fraction or an exponent.
// Its size does not matter here.
NumberKind number_kind_of(std::string_view token);

// True when every \u escape of a UTF-16 surrogate in a string is one half of a pair. `characters`
// points after the opening quote. Requires: the escapes are well formed up to the closing quote.
bool has_paired_surrogates(const char* characters);

}  // namespace freshet::pipeline
