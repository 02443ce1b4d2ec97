#include "services/transcode/transcode_room.h"

#include "services/space/needs.h"

namespace tritontube::transcode {

namespace {

std::unexpected<Error> NoRoom(const space::Shortage& shortage) {
  return Fail(ErrorCode::kResourceExhausted, "{}", shortage.ToText());
}

}  // namespace

async::Task<Result<TranscodeRoom>> TranscodeRoom::Open(space::Space& space,
                                                       const catalog::VideoRow& video,
                                                       Deadline deadline) {
  const ByteCount need = space::JobNeed(video);
  TT_CO_ASSIGN_OR_RETURN(auto reservation, co_await space.Reserve(video.id, need, deadline));
  if (!reservation) co_return NoRoom(reservation.error());
  reservation->LeaveBehind(need);
  co_return TranscodeRoom(*std::move(reservation), video.source->size);
}

async::Task<Result<void>> TranscodeRoom::Fit(const media::EncodePlan& plan, Deadline deadline) {
  const ByteCount need = space::TranscodeNeed(source_bytes_, plan) - source_bytes_;
  TT_CO_ASSIGN_OR_RETURN(const auto shortage, co_await reservation_.Resize(need, deadline));
  if (shortage) co_return NoRoom(*shortage);
  co_return Result<void>();
}

// Fewer than before when something is made anew.
void TranscodeRoom::OnStored(ByteCount bytes) {
  if (bytes > stored_bytes_) reservation_.Written(bytes - stored_bytes_);
  stored_bytes_ = bytes;
}

}  // namespace tritontube::transcode
