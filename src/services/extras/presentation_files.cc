#include "services/extras/presentation_files.h"

#include "base/assert.h"
#include "domain/manifest/presentation_json.h"

namespace tritontube::extras {

async::Task<Result<media::Presentation>> LoadPresentation(blob::BlobStore& store,
                                                          catalog::VideoRow row,
                                                          Deadline deadline) {
  if (!row.presentation) {
    co_return Fail(ErrorCode::kFailedPrecondition, "The video is not ready yet; try again later.");
  }
  TT_CO_ASSIGN_OR_RETURN(
      const blob::Bytes json,
      co_await store.GetWhole(
          {row.id, row.presentation->output, std::string(media::kPresentationFile)}, deadline));
  if (blob::DigestOf(json) != row.presentation->digest) {
    co_return Fail(ErrorCode::kCorrupt, "the presentation of video {} is not the published one",
                   row.id.text());
  }
  co_return manifest::PresentationFromJson(json.Flatten());
}

std::vector<blob::BlobKey> FileOf(const catalog::VideoRow& row, const std::string& rendition,
                                  const std::vector<std::size_t>& segments) {
  TT_ASSERT(row.presentation, "video {} has no files", row.id.text());
  const UploadId& output = row.presentation->output;
  std::vector<blob::BlobKey> keys = {{row.id, output, media::InitFileName(rendition)}};
  for (const std::size_t segment : segments) {
    keys.push_back({row.id, output, media::SegmentFileName(rendition, segment + 1)});
  }
  return keys;
}

}  // namespace tritontube::extras
