#include "foundation/config/resolve.h"

#include <algorithm>

#include "base/printable.h"
#include "foundation/config/nearest.h"

namespace tritontube::config {

namespace {

using Kind = Origin::Kind;

Result<void> RequireKnown(std::span<const Setting> table, const Given& given) {
  if (std::ranges::find(table, given.name, &Setting::name) != table.end()) return {};
  std::vector<std::string> names;
  for (const Setting& setting : table) names.push_back(setting.name);
  return Fail(ErrorCode::kInvalidArgument, "{}: there is no setting \"{}\"{}", given.origin.place,
              Printable(given.name), DidYouMean(given.name, names));
}

// What sources say of one setting, the weakest first.
std::vector<Given> Collect(const Setting& setting, const Sources& sources) {
  std::vector<Given> all;
  const auto take = [&](const std::vector<Given>& given) {
    std::ranges::copy_if(given, std::back_inserter(all),
                         [&](const Given& one) { return one.name == setting.name; });
  };
  take(sources.file);
  const std::string variable = setting.EnvironmentName();
  if (const auto text = sources.environment(variable); text && !text->empty()) {
    all.push_back({setting.name, *text, {Kind::kEnvironment, variable}});
  }
  take(sources.flags);
  return all;
}

Result<void> Set(const Setting& setting, const Given& given) {
  if (setting.set(given.text)) return {};
  // A place in a file does not say which setting it is.
  const std::string name = given.origin.kind == Kind::kFile ? setting.name + ": " : std::string();
  return Fail(ErrorCode::kInvalidArgument, "{}: {}\"{}\" is not {}", given.origin.place, name,
              Printable(given.text), setting.expected);
}

}  // namespace

Given FromFlag(std::string_view name, std::string_view text) {
  return {std::string(name), std::string(text), {Kind::kFlag, fmt::format("--{}", name)}};
}

Result<std::vector<Effective>> Resolve(std::span<const Setting> table, const Sources& sources) {
  for (const std::vector<Given>* given : {&sources.flags, &sources.file}) {
    for (const Given& one : *given) TT_RETURN_IF_ERROR(RequireKnown(table, one));
  }
  std::vector<Effective> effective;
  for (const Setting& setting : table) {
    Effective result{.setting = &setting,
                     .value = {},
                     .default_value = setting.text(),
                     .origin = {Kind::kDefault, "default"}};
    for (const Given& given : Collect(setting, sources)) {
      TT_RETURN_IF_ERROR(Set(setting, given));
      result.origin = given.origin;
    }
    result.value = setting.text();
    effective.push_back(std::move(result));
  }
  return effective;
}

}  // namespace tritontube::config
