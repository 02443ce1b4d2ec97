#pragma once

#include <cstdint>
#include <filesystem>

// A power cut without cutting power. recording_calls.cc, linked into a process,
// writes down which changes of files were made and which were synced; after the
// process was killed, CutPower() takes back what was not.
namespace tritontube::durability {

// The environment of the recording process: the folder that is watched, the
// journal (outside of it), and optionally the part of a file name whose syncs
// are to count for nothing, as if the store had forgotten them.
inline constexpr const char* kWatchedFolderVariable = "TT_POWER_CUT_FOLDER";
inline constexpr const char* kJournalVariable = "TT_POWER_CUT_JOURNAL";
inline constexpr const char* kForgottenSyncVariable = "TT_POWER_CUT_FORGET";

// Leaves of the folder what a disk may hold that lost power when the process
// died:
//   a file's bytes     up to its last fsync, and a random part of what followed
//   a file's name      if its directory was fsynced after it was made
//   a renaming         likewise; otherwise the earlier file is back
//   a deletion         at once: the order that is worst for the store
// Then empties the journal. What is left counts as durable from here on.
void CutPower(const std::filesystem::path& journal, std::uint64_t seed);

}  // namespace tritontube::durability
