#pragma once

#include "core/media/tools.h"
#include "foundation/async/semaphore.h"
#include "services/extras/extra_upload.h"
#include "services/scratch/scratch_space.h"

namespace tritontube::extras {

inline constexpr ByteCount kPictureBytesMax = ByteCount{10} << 20U;

// A poster that a person chooses: a moment of the video, or a picture. Whatever
// it is, a jailed tool makes a JPEG of it; what was sent is never served.
//
// At most kAtOnce are made at a time, others wait until their deadline. Safe to
// use from any thread. Errors as for Catalog; kInvalidArgument for a moment or
// a picture that there is none of, kFailedPrecondition while the video is not
// ready.
class PosterService {
 public:
  static constexpr std::size_t kAtOnce = 2;

  PosterService(ExtraStores with, scratch::ScratchSpace& scratch, media::ExtraTools& tools)
      : with_(with), scratch_(scratch), tools_(tools) {}

  async::Task<Added> TakeFrame(VideoId video, double at_seconds, Deadline deadline);
  async::Task<Added> TakePicture(VideoId video, std::string picture, Deadline deadline);

 private:
  async::Task<Result<blob::Bytes>> MakeStill(VideoId video, double at_seconds, Deadline deadline);
  async::Task<Added> Store(space::Reservation room, VideoId video, blob::Bytes poster,
                           Deadline deadline);

  ExtraStores with_;
  scratch::ScratchSpace& scratch_;
  media::ExtraTools& tools_;
  async::Semaphore at_once_{kAtOnce};
};

}  // namespace tritontube::extras
