#pragma once

#include <filesystem>

#include "adapters/ffmpeg/options.h"
#include "base/deadline.h"
#include "base/error.h"
#include "foundation/async/task.h"

namespace tritontube::ffmpeg {

// That ffmpeg and ffprobe run, are recent enough and have what we ask of them.
// Errors: kUnavailable.
async::Task<Result<void>> CheckPrograms(FfmpegOptions options, Deadline deadline);

// Lets ffmpeg read playlists that pretend to be videos and point at a file that
// is not theirs, twice: with our arguments but a jail that would let it, and
// with careless arguments in our jail. Neither may give a byte of that file
// away, for each of the two walls has to hold when the other fails. Works in a
// new folder in `scratch`, and removes it. Errors: kFailedPrecondition when
// something leaked.
async::Task<Result<void>> AttackOurselves(FfmpegOptions options, std::filesystem::path scratch,
                                          Deadline deadline);

// What the test's attacks look like to an ffmpeg that nothing protects: true
// when one of them succeeds, and the test therefore shows something.
async::Task<Result<bool>> AttackWithoutProtection(FfmpegOptions options,
                                                  std::filesystem::path scratch, Deadline deadline);

}  // namespace tritontube::ffmpeg
