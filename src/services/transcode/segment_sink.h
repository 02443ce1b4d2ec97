#pragma once

#include <functional>
#include <vector>

#include "core/blob/blob_store.h"
#include "core/media/presentation.h"
#include "core/media/tools.h"
#include "services/transcode/made_tracks.h"

namespace tritontube::transcode {

// Takes what the encoder makes: checks every piece, stores it the moment it is
// there, and grows the presentation. What it accepted is contiguous: a segment
// that does not begin where the one before ended is an error, because a player
// would stall there.
//
// First stored stays. An attempt that died, or one that goes on without knowing
// that it has lost the job, may have stored a segment here that somebody has
// watched since. Then that one is the segment and ours is dropped, which is the
// same to a player as long as it begins and ends with ours and the initialisation
// segment is the same to the byte. Where it is not, because an upgrade has changed
// the plan or an encoder was stopped within a segment, the error is kAlreadyExists:
// what is stored here cannot be continued.
//
// Lives on the encoder's io_context.
class SegmentSink final : public media::EncodeSink {
 public:
  struct Place {
    VideoId video;
    UploadId output;
  };

  // `on_progress` hears of every change.
  SegmentSink(blob::BlobStore& store, Place place, const media::EncodePlan& plan,
              std::function<void(double)> on_progress);

  async::Task<Result<void>> OnInit(std::size_t output, blob::Bytes bytes) override;
  async::Task<Result<void>> OnSegment(std::size_t output, blob::Bytes bytes) override;
  void OnProgress(double fraction) override { on_progress_(fraction); }

  ByteCount stored_bytes() const { return stored_bytes_; }

  // What is stored so far: the outputs that have segments.
  std::vector<media::Rendition> Made() const { return tracks_.Renditions(); }
  // Every output has a segment: a player finds pictures and sound.
  bool HasBeginning() const;

  // What is stored. Sound that gave no segment, because none of it could be
  // decoded, is left out; kInternal when pictures are missing, or everything is.
  Result<media::Presentation> Finish() const;

 private:
  // What is stored under the name afterwards: `bytes`, or what was there before.
  async::Task<Result<blob::Bytes>> Store(std::string file, blob::Bytes bytes);

  blob::BlobStore& store_;
  const Place place_;
  MadeTracks tracks_;
  std::function<void(double)> on_progress_;
  ByteCount stored_bytes_ = 0;
};

// The track that was to be the default may have been left out.
void MakeOneAudioDefault(std::vector<media::Rendition>& renditions);

}  // namespace tritontube::transcode
