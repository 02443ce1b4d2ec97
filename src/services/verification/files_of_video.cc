#include "services/verification/files_of_video.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "core/media/presentation.h"
#include "core/media/storyboard.h"
#include "domain/catalog/view.h"
#include "domain/manifest/growth.h"
#include "domain/manifest/presentation_json.h"
#include "domain/sources/source_parts.h"

namespace tritontube::verification {

namespace {

using Files = std::map<blob::BlobKey, FileToCheck>;

FileToCheck& Promise(Files& files, const blob::BlobKey& key) {
  FileToCheck& file = files.try_emplace(key, FileToCheck{.key = key}).first->second;
  file.promised = true;
  return file;
}

void AddSource(Files& files, const catalog::VideoRow& row) {
  const catalog::SourceFile& source = *row.source;
  for (std::uint64_t part = 0; part < source.part_count; ++part) {
    FileToCheck& file = Promise(files, {row.id, row.upload, sources::PartFileName(part)});
    file.size = std::min(source.part_bytes, source.size - part * source.part_bytes);
    file.is_source_part = true;
  }
}

async::Task<Result<void>> AddPresentation(Files& files, blob::BlobStore& store,
                                          const catalog::VideoRow& row, Deadline deadline) {
  const UploadId& output = row.presentation->output;
  const blob::BlobKey key{row.id, output, std::string(media::kPresentationFile)};
  Promise(files, key).digest = row.presentation->digest;
  const Result<blob::Bytes> json = co_await store.GetWhole(key, deadline);
  if (!json) {
    const ErrorCode code = json.error().code();
    if (code == ErrorCode::kNotFound || code == ErrorCode::kCorrupt) co_return Result<void>();
    co_return std::unexpected(json.error());
  }
  const auto presentation = manifest::PresentationFromJson(json->Flatten());
  if (!presentation) co_return Result<void>();  // Its digest will tell.
  for (media::ListedFile& listed : media::FilesOf(*presentation)) {
    Promise(files, {row.id, output, std::move(listed.name)}).size = listed.size;
  }
  co_return Result<void>();
}

// What says which segments of a transcode under way can be watched.
void AddGrowth(Files& files, const catalog::VideoRecord& record) {
  if (!record.progress || !record.progress->growth) return;
  const catalog::Growth& growth = *record.progress->growth;
  for (std::uint64_t step = 1; step <= growth.steps; ++step) {
    Promise(files, {record.row.id, growth.output, manifest::GrowthFileName(step)});
  }
}

// What a finished video has besides its presentation.
void AddExtras(Files& files, const catalog::VideoRow& row) {
  const catalog::VideoExtras& extras = row.extras;
  const std::vector<media::TextTrack> tracks = catalog::TextTracks(extras);
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    Promise(files, {row.id, extras.captions[i].upload, media::CaptionFileName(tracks[i])});
  }
  if (extras.poster) {
    Promise(files, {row.id, *extras.poster, catalog::ChosenPosterFile(*extras.poster)});
  }
  if (!extras.storyboard) return;
  Promise(files, {row.id, *extras.storyboard, std::string(media::kStoryboardFile)});
  for (std::size_t sheet = 1; sheet <= extras.storyboard_sheets; ++sheet) {
    Promise(files, {row.id, *extras.storyboard, media::StoryboardSheetFile(sheet)});
  }
}

}  // namespace

async::Task<Result<std::vector<blob::ScanItem>>> StoredFilesOf(blob::BlobStore& store,
                                                               const catalog::VideoRecord& record,
                                                               Deadline deadline) {
  std::vector<blob::ScanItem> items;
  for (const UploadId& upload : catalog::UploadsOf(record)) {
    blob::ScanRequest request{.upload = std::pair(record.row.id, upload)};
    for (bool more = true; more;) {
      TT_CO_ASSIGN_OR_RETURN(blob::ScanPage page, co_await store.Scan(request, deadline));
      more = page.more && !page.items.empty();
      if (more) request.after = page.items.back().key;
      std::ranges::move(page.items, std::back_inserter(items));
    }
  }
  co_return items;
}

async::Task<Result<std::vector<FileToCheck>>> FilesOfVideo(blob::BlobStore& store,
                                                           const catalog::VideoRecord& record,
                                                           Deadline deadline) {
  Files files;
  TT_CO_ASSIGN_OR_RETURN(const std::vector<blob::ScanItem> stored,
                         co_await StoredFilesOf(store, record, deadline));
  for (const blob::ScanItem& item : stored) files.emplace(item.key, FileToCheck{.key = item.key});
  if (record.row.source) AddSource(files, record.row);
  if (record.row.presentation) {
    TT_CO_RETURN_IF_ERROR(co_await AddPresentation(files, store, record.row, deadline));
  }
  AddGrowth(files, record);
  AddExtras(files, record.row);
  std::vector<FileToCheck> sorted;
  sorted.reserve(files.size());
  for (auto& [key, file] : files) sorted.push_back(std::move(file));
  co_return sorted;
}

}  // namespace tritontube::verification
