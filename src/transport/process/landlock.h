#pragma once

#include <string>
#include <vector>

#include "base/error.h"

// Landlock: the kernel's file access rules that a process lays on itself for
// good. See landlock(7).
namespace tritontube::process {

struct FileAccess {
  std::vector<std::string> programs;  // Read and execute; what does not exist is left out.
  std::vector<std::string> read_only;
  std::vector<std::string> read_write;
};

// Applies to the calling thread and what it executes. Where the kernel can (6.7
// and later), TCP is closed as well, and from 6.12 on signals to others and
// abstract sockets. Errors: kUnimplemented on a kernel without Landlock.
Result<void> RestrictFileAccess(const FileAccess& access);

}  // namespace tritontube::process
