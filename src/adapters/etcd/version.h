#pragma once

#include <string_view>

#include "base/error.h"

namespace tritontube::etcd {

// Whether an etcd of this version, "3.4.23", may be trusted with state. kFailedPrecondition, with
// the reason, when it may not.
Result<void> CheckVersion(std::string_view version);

}  // namespace tritontube::etcd
