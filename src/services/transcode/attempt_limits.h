#pragma once

#include "core/media/encode_plan.h"
#include "services/transcode/worker_dependencies.h"

// What the parts of an attempt, and the workers, agree on.
namespace tritontube::transcode {

// Of the work, what sound is beside a ladder.
inline constexpr double kSoundPart = 0.05;

inline Deadline CatalogDeadline() { return Deadline::After(std::chrono::seconds(10)); }
inline Deadline StoreDeadline() { return Deadline::After(std::chrono::seconds(60)); }

// No machine is so slow that a healthy encode takes longer; hangs are found
// much sooner, by the encoder itself.
inline Deadline EncodeDeadline(const media::EncodePlan& plan) {
  return Deadline::After(std::chrono::hours(1) +
                         std::chrono::seconds(static_cast<std::int64_t>(plan.duration_seconds)) *
                             60);
}

// What is stored where this attempt goes on is not what it makes.
inline bool DoesNotContinue(const Error& error) {
  return error.code() == ErrorCode::kAlreadyExists;
}

inline bool LeadsNowhere(const Error& error) { return IsLost(error) || DoesNotContinue(error); }

}  // namespace tritontube::transcode
