#pragma once

#include <atomic>
#include <filesystem>

#include "core/blob/blob_store.h"
#include "core/media/encode_plan.h"
#include "core/media/tools.h"
#include "domain/catalog/video.h"
#include "services/scratch/scratch_space.h"

namespace tritontube::extras {

// Since the start, over all videos.
struct ExtrasCounts {
  std::uint64_t storyboards = 0;
  std::uint64_t captions = 0;
  std::uint64_t loudness = 0;
  std::uint64_t comparisons = 0;  // Of a ladder with its source.
  std::uint64_t failures = 0;     // Of one extra each; the others were made.
};

// Makes what comes with a video by itself: storyboard, loudness, captions of the
// subtitles in the file, and how like its renditions are to it.
//
// Safe to use from any thread.
class ExtrasMaker {
 public:
  // How the rungs were made.
  struct Ladder {
    media::EncodePlan plan = {};
    std::filesystem::path source = {};
  };
  struct Job {
    catalog::VideoRow video;  // With a presentation.
    UploadId output;          // What is made is stored under it.
    media::Presentation presentation;
    std::vector<media::Rendition> shown = {};  // Tracks of the source that are shown as they are.
    media::EncodePlan plan;
    std::filesystem::path source;
    Ladder ladder = {};  // Without pictures when there are no rungs.
    // Nothing will be tried again: what cannot be made now is left out.
    bool is_last_attempt = false;
  };

  ExtrasMaker(blob::BlobStore& store, scratch::ScratchSpace& scratch, media::ExtraTools& tools)
      : store_(store), scratch_(scratch), tools_(tools) {}

  // What could be made. An error means that the machine failed and all is to be
  // tried again; a file or a tool that fails costs that one extra.
  async::Task<Result<catalog::VideoExtras>> Make(Job job);

  ExtrasCounts counts() const;

 private:
  async::Task<Result<void>> AddStoryboard(const Job& job, catalog::VideoExtras& extras);
  async::Task<Result<blob::Bytes>> SheetOfSource(const Job& job, const media::StoryboardPlan& plan);
  async::Task<Result<blob::Bytes>> MakeSheet(const Job& job, const media::StoryboardPlan& plan,
                                             std::size_t sheet);
  async::Task<Result<void>> AddLoudness(const Job& job, catalog::VideoExtras& extras);
  async::Task<Result<void>> AddCaptions(const Job& job, const media::SubtitlePlan& subtitles,
                                        catalog::VideoExtras& extras);
  async::Task<Result<void>> AddSsim(const Job& job, catalog::VideoExtras& extras);
  async::Task<Result<void>> Store(const Job& job, std::string file, blob::Bytes bytes);
  // What a failed extra means for the others.
  Result<void> Survive(const Job& job, std::string_view what, Result<void> made);

  blob::BlobStore& store_;
  scratch::ScratchSpace& scratch_;
  media::ExtraTools& tools_;
  std::atomic<std::uint64_t> storyboards_ = 0;
  std::atomic<std::uint64_t> captions_ = 0;
  std::atomic<std::uint64_t> loudness_ = 0;
  std::atomic<std::uint64_t> comparisons_ = 0;
  std::atomic<std::uint64_t> failures_ = 0;
};

}  // namespace tritontube::extras
