// What a mistyped word may have meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace offsync::cli {

// The candidate nearest to `word` (letters left out, added, wrong or swapped); empty where none is
// near enough to be meant, or two are equally near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// "did you mean --data?", "did you mean state or status?" where up to three are equally near; else
// nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

// What we call a command that other programs call `word`: "offsync sync --pull" for "pull"; empty
// where there is none.
std::string our_word_for(std::string_view word);

}  // namespace offsync::cli
