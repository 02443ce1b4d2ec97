#pragma once

#include "base/deadline.h"

namespace tritontube::upload {

inline Deadline CatalogDeadline() { return Deadline::After(std::chrono::seconds(10)); }

}  // namespace tritontube::upload
