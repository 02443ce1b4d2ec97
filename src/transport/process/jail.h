#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace tritontube::process {

// Exactly what a child process may reach and use up. A child that reads what
// strangers sent is taken to be theirs from its first byte on.
//
// Beside what is listed here every child gets: no new privileges, no core dump,
// no file descriptor but its own pipes, no socket and none of the system calls
// that reach other processes, mounts or the kernel's inner parts, SIGKILL when
// its parent's thread ends, the last place among those who wait for a disk, and of the file system
// only the system's programs and libraries, to read and execute.
struct Jail {
  ByteCount address_space_max = ByteCount{4} << 30U;
  // Of all threads together. SIGKILL ends the child beyond it.
  std::chrono::seconds cpu_max{60};
  // Of any one file; SIGXFSZ ends the child beyond it. Pipes do not count.
  ByteCount file_size_max = 0;
  int open_files_max = 64;
  // Added to the parent's own, so that a server that was started with nice can start children too.
  int nice = 0;
  // Files, or folders with all that is below them. They have to exist.
  std::vector<std::string> read_only_paths = {};
  std::vector<std::string> read_write_paths = {};
  // Kernels before 5.13, or with Landlock turned off, cannot keep a child away
  // from files. There a child is started only where this is false.
  bool require_landlock = true;
};

}  // namespace tritontube::process
