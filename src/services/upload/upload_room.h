#pragma once

#include "services/space/space.h"

namespace tritontube::upload {

// The room that one upload has on the disk, and the transcode that follows it:
// asked for before the first byte when the sender has told the length, otherwise
// in steps while the bytes come. Given back when this goes.
class UploadRoom {
 public:
  static async::Task<Result<space::OrShortage<UploadRoom>>> Open(space::Space& space, VideoId video,
                                                                 std::optional<ByteCount> length,
                                                                 Deadline deadline);

  // To be asked before `bytes` more are stored.
  async::Task<Result<std::optional<space::Shortage>>> Take(ByteCount bytes, Deadline deadline);

  // Every byte is stored: what the transcode needs stays reserved.
  void Commit();

  // What it still has.
  ByteCount bytes() const { return reservation_.bytes(); }

 private:
  UploadRoom(space::Reservation reservation, ByteCount admitted)
      : reservation_(std::move(reservation)), admitted_(admitted) {}

  space::Reservation reservation_;
  ByteCount admitted_;   // So long may the file be.
  ByteCount taken_ = 0;  // So long it is.
};

}  // namespace tritontube::upload
