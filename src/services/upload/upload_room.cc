#include "services/upload/upload_room.h"

#include <algorithm>

#include "services/space/needs.h"

namespace tritontube::upload {

namespace {

// A file of unknown length is admitted by so much at a time.
constexpr ByteCount kStepBytes = ByteCount{16} << 20U;

}  // namespace

async::Task<Result<space::OrShortage<UploadRoom>>> UploadRoom::Open(space::Space& space,
                                                                    VideoId video,
                                                                    std::optional<ByteCount> length,
                                                                    Deadline deadline) {
  const ByteCount admitted = length.value_or(kStepBytes);
  TT_CO_ASSIGN_OR_RETURN(auto reservation,
                         co_await space.Reserve(video, space::UploadNeed(admitted), deadline));
  if (!reservation) co_return space::OrShortage<UploadRoom>(std::unexpected(reservation.error()));
  co_return UploadRoom(*std::move(reservation), admitted);
}

async::Task<Result<std::optional<space::Shortage>>> UploadRoom::Take(ByteCount bytes,
                                                                     Deadline deadline) {
  if (taken_ + bytes > admitted_) {
    const ByteCount admitted = std::max(admitted_ + kStepBytes, taken_ + bytes);
    TT_CO_ASSIGN_OR_RETURN(
        const auto shortage,
        co_await reservation_.Resize(space::UploadNeed(admitted) - taken_, deadline));
    if (shortage) co_return shortage;
    admitted_ = admitted;
  }
  taken_ += bytes;
  reservation_.Written(bytes);
  co_return std::nullopt;
}

void UploadRoom::Commit() { reservation_.LeaveBehind(space::TranscodeNeed(taken_)); }

}  // namespace tritontube::upload
