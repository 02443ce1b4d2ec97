#include "foundation/config/toml_file.h"

#include <toml++/toml.h>

#include "base/printable.h"

namespace tritontube::config {

namespace {

std::string PlaceOf(std::string_view file, const toml::source_region& source) {
  return fmt::format("{}:{}", file, source.begin.line);
}

// Nothing for what no setting can be: a table, a date, an array in an array.
std::optional<std::string> TextOf(const toml::node& node);

std::optional<std::string> TextOfArray(const toml::array& array) {
  std::vector<std::string> items;
  for (const toml::node& item : array) {
    std::optional<std::string> text = item.is_array() ? std::nullopt : TextOf(item);
    // The comma is what separates items everywhere else.
    if (!text || text->contains(',')) return std::nullopt;
    items.push_back(*std::move(text));
  }
  return FormatList(items);
}

std::optional<std::string> TextOf(const toml::node& node) {
  if (const auto* const text = node.as_string()) return text->get();
  if (const auto* const number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* const number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* const flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* const array = node.as_array()) return TextOfArray(*array);
  return std::nullopt;
}

}  // namespace

Result<std::vector<Given>> ParseToml(std::string_view text, std::string_view file) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return Fail(ErrorCode::kInvalidArgument, "{}: this is not TOML: {}",
                PlaceOf(file, parsed.error().source()), Printable(parsed.error().description()));
  }
  std::vector<Given> settings;
  for (const auto& [key, value] : parsed.table()) {
    // Of the key: a table that only its dotted members imply has no place of its own.
    const std::string place = PlaceOf(file, key.source());
    std::optional<std::string> value_text = TextOf(value);
    if (!value_text) {
      return Fail(ErrorCode::kInvalidArgument,
                  "{}: \"{}\" must be a text, a number or a list of them, as in workers = 2; "
                  "there are no sections",
                  place, Printable(key.str()));
    }
    settings.push_back(
        {std::string(key.str()), *std::move(value_text), {Origin::Kind::kFile, place}});
  }
  return settings;
}

}  // namespace tritontube::config
