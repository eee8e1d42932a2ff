#include "cli/text/suggest.h"

#include <algorithm>

namespace offsync::cli {
namespace {

// Optimal string alignment: Levenshtein, and two neighbours swapped count as one.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, changed});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

std::string_view bare(std::string_view word) {
  while (word.starts_with('-')) word.remove_prefix(1);
  return word;
}

}  // namespace

namespace {

// All that are equally near.
std::vector<std::string> nearest_ones(std::string_view word,
                                      const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongest = 40;
  const std::string_view meant = bare(word);
  if (meant.empty() || meant.size() > kLongest) return {};
  std::size_t least = std::min<std::size_t>(2, meant.size() / 3);  // no more than that is near
  std::vector<std::string> found;
  for (const std::string& candidate : candidates) {
    const std::string_view name = bare(candidate);
    const bool begun = meant.size() > 2 && name.starts_with(meant);
    const std::size_t cost = begun ? 1 : distance(meant, name);
    if (cost > least) continue;
    if (cost < least) found.clear();
    found.push_back(candidate);
    least = cost;
  }
  return found;
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  const auto found = nearest_ones(word, candidates);
  return found.size() == 1 ? found.front() : std::string();
}

std::string our_word_for(std::string_view word) {
  struct Meaning {
    const char* words;  // each between spaces
    const char* ours;
  };
  static constexpr Meaning kMeanings[] = {
      {" pull fetch download receive update ", "offsync sync --pull"},
      {" push send upload publish ", "offsync sync --push"},
      {" add append commit create delete new put record rm remove save set write ", "offsync emit"},
      {" cat dump entities get list ls read show ", "offsync state"},
      {" follow listen stream subscribe tail ", "offsync watch"},
      {" events history ", "offsync log"},
      {" clone setup ", "offsync init --remote URL"},
      {" drop ", "offsync queue drop"},
      {" retry ", "offsync queue retry"},
      {" export ", "offsync queue export"},
      {" outbox pending ", "offsync queue"},
      {" decide merge solve ", "offsync resolve"},
      {" info st ", "offsync status"},
      {" fold rebuild ", "offsync replay"},
      {" daemon proxy serve server ", "offsync-proxy"},
      {" version ", "offsync --version"}};
  const std::string key = " " + std::string(word) + " ";
  for (const Meaning& meaning : kMeanings) {
    if (std::string_view(meaning.words).find(key) != std::string_view::npos) return meaning.ours;
  }
  return {};
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kMost = 3;
  const auto found = nearest_ones(word, candidates);
  if (found.empty() || found.size() > kMost) return {};
  std::string text = "did you mean " + found.front();
  for (std::size_t i = 1; i < found.size(); ++i) text += " or " + found[i];
  return text + "?";
}

}  // namespace offsync::cli
