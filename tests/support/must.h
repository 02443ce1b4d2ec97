#pragma once

#include <type_traits>
#include <utility>

#include "base/assert.h"
#include "base/error.h"

namespace tritontube::support {

// The value of a result that a test cannot go on without.
template <typename T>
T Must(Result<T> result) {
  TT_ASSERT(result.has_value(), "{}: {}", ToString(result.error().code()),
            result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// The code of an error; none of the codes when there is no error.
template <typename T>
ErrorCode CodeOf(const Result<T>& result) {
  return result ? ErrorCode{} : result.error().code();
}

}  // namespace tritontube::support
