#pragma once

#include "domain/jobs/job_queue.h"
#include "domain/manifest/presentation_json.h"
#include "support/platform.h"

namespace tritontube::extras {

// A platform with a video that is ready: for tests of what goes with one.
class ReadyVideoTest : public support::Platform {
 protected:
  static media::Rendition Rendition(std::string id, media::Kind kind, int width,
                                    std::size_t segments) {
    media::Rendition rendition{.id = std::move(id),
                               .kind = kind,
                               .codecs = "avc1.64001f",
                               .width = width,
                               .height = width * 9 / 16,
                               .frame_rate = {25, 1},
                               .language = {},
                               .label = {},
                               .timescale = 1000,
                               .segments = {}};
    for (std::size_t i = 0; i < segments; ++i) {
      rendition.segments.push_back({.start = i * 4000, .duration = 4000, .size = 2});
    }
    return rendition;
  }
  // Segment n of "v360" holds "n ".
  VideoId ReadyVideo(std::size_t segments, bool has_pictures = true) {
    const VideoId id = CommittedVideo();
    presentation_ = {};
    presentation_.duration_seconds = static_cast<double>(segments) * 4;
    if (has_pictures) {
      presentation_.renditions = {Rendition("v1080", media::Kind::kVideo, 1920, segments),
                                  Rendition("v360", media::Kind::kVideo, 640, segments)};
    }
    presentation_.renditions.push_back(Rendition("a0", media::Kind::kAudio, 0, segments));
    Await(Publish(id));
    return id;
  }
  async::Task<void> Publish(VideoId id) {
    output_ = (co_await ClaimedJob()).output;
    const blob::Bytes json(manifest::PresentationToJson(presentation_));
    std::vector<blob::Blob> batch;
    const auto add = [&](const std::string& file, blob::Bytes bytes) {
      batch.push_back({.key = {id, *output_, file}, .bytes = std::move(bytes)});
    };
    add(std::string(media::kPresentationFile), json);
    for (const media::Rendition& rendition : presentation_.renditions) {
      add(media::InitFileName(rendition.id), blob::Bytes(rendition.id + ": "));
      for (std::size_t i = 0; i < rendition.segments.size(); ++i) {
        add(media::SegmentFileName(rendition.id, i + 1), blob::Bytes(fmt::format("{} ", i)));
      }
    }
    const auto stored = co_await store_.Put(std::move(batch), Deadline::Never());
    EXPECT_TRUE(stored.has_value());
    const UploadId extras = jobs_.NewOutput();
    const auto published = co_await catalog_.Publish(
        id, *output_, {.facts = {}, .digest = blob::DigestOf(json), .extras_output = extras},
        Deadline::Never());
    EXPECT_TRUE(published.has_value());
    output_ = extras;
  }

  jobs::JobQueue jobs_{coordination_, catalog_, random_};
  media::Presentation presentation_;
  std::optional<UploadId> output_;  // Of the claim, for extras.
};

}  // namespace tritontube::extras
