#pragma once

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <string_view>

namespace tritontube::app {

// The names in the table of docs/operations.md that the line beginning with `heading` introduces.
inline std::set<std::string> DocumentedMetrics(std::string_view heading) {
  std::ifstream file(TRITONTUBE_SOURCE_DIR "/docs/operations.md");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  text.erase(0, text.find("\n" + std::string(heading)));
  const std::size_t table = text.find("\n|");
  text.erase(text.find("\n\n", table));
  const std::regex row("\n\\| `(tritontube_[a-z_]+)");
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), row), end; it != end; ++it) {
    names.insert((*it)[1]);
  }
  return names;
}

}  // namespace tritontube::app
