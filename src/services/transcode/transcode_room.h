#pragma once

#include "core/media/encode_plan.h"
#include "domain/catalog/video.h"
#include "services/space/space.h"

namespace tritontube::transcode {

// The room that one attempt has on the disk: the copy of the original and what
// is made of it. Without room an attempt does not begin; that is the machine's
// setback, never the file's fault, and the job waits. When the attempt fails the
// job's share stays reserved, because the next attempt needs it.
class TranscodeRoom {
 public:
  // kResourceExhausted when there is none. Requires: the video has a source.
  static async::Task<Result<TranscodeRoom>> Open(space::Space& space,
                                                 const catalog::VideoRow& video, Deadline deadline);

  void OnSourceCopied() { reservation_.Written(source_bytes_); }
  // Asks for what the plan needs, now that it is known.
  async::Task<Result<void>> Fit(const media::EncodePlan& plan, Deadline deadline);
  // So much is stored by now.
  void OnStored(ByteCount bytes);
  // The video is ready: nothing is owed to it any more.
  void OnPublished() { reservation_.LeaveBehind(0); }

 private:
  TranscodeRoom(space::Reservation reservation, ByteCount source_bytes)
      : reservation_(std::move(reservation)), source_bytes_(source_bytes) {}

  space::Reservation reservation_;
  ByteCount source_bytes_;
  ByteCount stored_bytes_ = 0;
};

}  // namespace tritontube::transcode
