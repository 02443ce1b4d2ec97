#pragma once

#include <cstdint>
#include <filesystem>

#include "base/error.h"
#include "transport/process/file_descriptor.h"

namespace tritontube::local_files {

enum class Overwrite : std::uint8_t { kNo, kYes };

// Gives a finished file its name, at once. kAlreadyExists, and nothing happens,
// when something has that name and is not to be overwritten.
Result<void> Rename(const std::filesystem::path& from, const std::filesystem::path& to,
                    Overwrite overwrite);

// The names in `folder` survive a power cut.
Result<void> SyncFolder(const std::filesystem::path& folder);

// Nobody else gets it until the descriptor is closed. kFailedPrecondition when
// another process, or another caller, has it. Says nothing to those who do not ask.
Result<process::FileDescriptor> LockFolder(const std::filesystem::path& folder);

// "PATH: what errno says"; kResourceExhausted when the disk is full.
std::unexpected<Error> FailWithErrno(const std::filesystem::path& path);

}  // namespace tritontube::local_files
