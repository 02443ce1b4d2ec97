#pragma once

#include <optional>
#include <vector>

#include "core/blob/blob_store.h"
#include "domain/catalog/video.h"

// What is stored of a video that is ready.
namespace tritontube::extras {

// kFailedPrecondition while there is none, kCorrupt when it is not the published
// one.
async::Task<Result<media::Presentation>> LoadPresentation(blob::BlobStore& store,
                                                          catalog::VideoRow row, Deadline deadline);

// The blobs that are one file together: the beginning and some segments of a
// rendition, which count from 0.
std::vector<blob::BlobKey> FileOf(const catalog::VideoRow& row, const std::string& rendition,
                                  const std::vector<std::size_t>& segments);

}  // namespace tritontube::extras
