#include "foundation/config/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tritontube::config {

namespace {

// Nobody misspells more than this, and the distance takes the product of both lengths.
constexpr std::size_t kWordLengthMax = 64;

// Optimal string alignment: a swap of two neighbours counts as one.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({change, cost[i - 1][j] + 1, cost[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> Nearest(std::string_view word, std::span<const std::string> known) {
  if (word.size() > kWordLengthMax) return std::nullopt;
  std::size_t best_distance = word.size() / 3 + 1;
  std::optional<std::string> best;
  for (const std::string& candidate : known) {
    const std::size_t distance = Distance(word, candidate);
    if (distance > best_distance || (best && distance == best_distance)) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

std::string DidYouMean(std::string_view word, std::span<const std::string> known) {
  const std::optional<std::string> nearest = Nearest(word, known);
  return nearest ? fmt::format("; did you mean {}?", *nearest) : std::string();
}

}  // namespace tritontube::config
