#pragma once

#include "core/media/presentation.h"
#include "domain/manifest/presentation_json.h"
#include "support/platform.h"

namespace tritontube::support {

// Videos in memory, whole or with something amiss.
class PublishedVideos : public Platform {
 protected:
  static constexpr int kBlobsOfVideo = 5;  // Original, presentation, poster, init, segment.

  struct Published {
    VideoId id;
    UploadId upload;
    UploadId output;

    blob::BlobKey Output(std::string file) const { return {id, output, std::move(file)}; }
    blob::BlobKey Source() const { return {id, upload, sources::PartFileName(0)}; }
  };

  // A ready video. What stands in `lost` is listed but not stored. When
  // `extras_attempt` is given, its extras are still being made by it.
  Published PublishedVideo(const std::string& lost = "",
                           std::optional<UploadId> extras_attempt = std::nullopt) {
    const VideoId id = CommittedVideo();
    const UploadId upload = Found(id).row.upload;
    std::optional<UploadId> output;
    Await(Publish(id, lost, std::move(extras_attempt), output));
    return {id, upload, *output};
  }

 private:
  static media::Presentation SmallPresentation() {
    media::Rendition rendition;
    rendition.id = "a0";
    rendition.kind = media::Kind::kAudio;
    rendition.codecs = "mp4a.40.2";
    rendition.channels = 2;
    rendition.sample_rate = 48'000;
    rendition.timescale = 1000;
    rendition.segments = {{.start = 0, .duration = 4000, .size = 9}};
    return {.renditions = {rendition}, .duration_seconds = 4, .has_poster = true};
  }

  async::Task<void> Publish(VideoId id, std::string lost, std::optional<UploadId> extras_attempt,
                            std::optional<UploadId>& output) {
    output = (co_await ClaimedJob()).output;
    const blob::Bytes json(manifest::PresentationToJson(SmallPresentation()));
    std::vector<blob::Blob> batch;
    const auto add = [&](std::string_view file, blob::Bytes bytes) {
      if (file == lost) return;
      batch.push_back({.key = {id, *output, std::string(file)}, .bytes = std::move(bytes)});
    };
    add(media::kPresentationFile, json);
    add(media::kPosterFile, blob::Bytes(std::string("a picture")));
    add("a0-init.mp4", blob::Bytes(std::string("the init")));
    add("a0-00001.m4s", blob::Bytes(std::string("segment 1")));
    const auto stored = co_await store_.Put(std::move(batch), Deadline::Never());
    EXPECT_TRUE(stored.has_value());
    const auto published = co_await catalog_.Publish(id, *output,
                                                     {.facts = {},
                                                      .renditions = {},
                                                      .digest = blob::DigestOf(json),
                                                      .has_poster = true,
                                                      .extras_output = std::move(extras_attempt)},
                                                     Deadline::Never());
    EXPECT_TRUE(published.has_value());
  }
};

}  // namespace tritontube::support
