#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/catalog/video.h"
#include "simulation/context.h"

namespace tritontube::simulation {

// What the clients were told, kept outside of the system, and what must follow from it.
class Ledger {
 public:
  explicit Ledger(Context& context) : context_(context) {}

  enum class Outcome : std::uint8_t { kNo, kPerhaps, kYes };

  // One attempt to bring a video in. Its bytes follow from its number, so that anybody can check
  // them.
  struct Attempt {
    UploadId upload;
    std::uint64_t number = 0;
    std::size_t parts = 0;
    std::size_t sent = 0;  // Of these; fewer when the sender goes away.
    bool resumable = false;
    std::set<std::size_t> acknowledged = {};
    Outcome committed = Outcome::kNo;
  };
  struct Video {
    VideoId id;
    std::vector<Attempt> attempts = {};
    bool deletion_begun = false;
    std::optional<SteadyTime> deleted = {};

    bool IsCommitted() const;
  };

  // A blob of which a client was told that it is safe.
  struct Acknowledged {
    blob::BlobKey key;
    blob::Digest digest;
    const Video* video;
  };

  std::string BytesOf(const Attempt& attempt, std::size_t part) const;
  static blob::BlobKey KeyOf(const VideoId& video, const UploadId& upload, std::size_t part);

  Video& AddVideo(VideoId id);
  Attempt& AddAttempt(Video& video, UploadId upload, std::size_t parts);
  const Acknowledged& Acknowledge(const Video& video, Attempt& attempt, std::size_t part);
  const std::vector<Acknowledged>& acknowledged() const { return acknowledged_; }
  // Anything that somebody may watch or has deleted; null when there is nothing yet.
  const Video* AnyVideo();
  std::map<VideoId, Video>& videos() { return videos_; }

  // Whether the catalog may say this of the video now, when it was asked at `asked` and the video
  // was committed by then or not.
  void CheckRow(const Video& video, bool was_committed, SteadyTime asked,
                const Result<catalog::VideoRecord>& found);
  // The attempt that a row stands for; null after a violation.
  const Attempt* AttemptOf(const Video& video, const catalog::VideoRow& row);
  // Whether a read may have given this.
  void CheckBytes(const Video& video, const Attempt& attempt, std::size_t part,
                  const Result<blob::Bytes>& read);

 private:
  Context& context_;
  std::uint64_t next_number_ = 1;
  std::map<VideoId, Video> videos_ = {};
  std::vector<Acknowledged> acknowledged_ = {};
};

}  // namespace tritontube::simulation
