#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "foundation/config/setting.h"

namespace tritontube::config {

// Where a value was written.
struct Origin {
  enum class Kind : std::uint8_t { kDefault, kFile, kEnvironment, kFlag };
  Kind kind = Kind::kDefault;
  std::string place;  // "tube.toml:3", "TRITONTUBE_WORKERS", "--workers"; "default".
};

// A value that somebody has written for the setting `name`.
struct Given {
  std::string name;
  std::string text;
  Origin origin;
};

// The value of an environment variable, if there is one.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

struct Sources {
  std::vector<Given> flags;  // Of two for one setting the later counts.
  Environment environment;   // An empty value counts as none.
  std::vector<Given> file;
};

// What a setting is, and why.
struct Effective {
  const Setting* setting;
  std::string value;
  std::string default_value;
  Origin origin;
};

Given FromFlag(std::string_view name, std::string_view text);

// Gives every setting of `table` its value: of flag, environment and file the
// first that has one, else the default. The answer has the table's order and
// refers to it. kInvalidArgument names the place, the text that is wrong and
// what is expected there, or the name that is not known and the one that may
// have been meant; also for values that another source overrides, because they
// would surprise on the day that source goes away.
Result<std::vector<Effective>> Resolve(std::span<const Setting> table, const Sources& sources);

}  // namespace tritontube::config
