#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

// Aborts, in every build, when our own code is wrong. What users, disks and
// networks do wrong is an Error.
#define TT_ASSERT(condition, ...)                                                      \
  do {                                                                                 \
    if (!(condition)) [[unlikely]] {                                                   \
      fmt::print(stderr, "{}:{}: TT_ASSERT({}): {}\n", __FILE__, __LINE__, #condition, \
                 fmt::format(__VA_ARGS__));                                            \
      std::abort();                                                                    \
    }                                                                                  \
  } while (false)
