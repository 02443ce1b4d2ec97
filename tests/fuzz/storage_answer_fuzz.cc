// What a content node answers, as anybody could send it: it is refused, or it is what was asked
// for.
#include <cstdint>
#include <string>

#include "adapters/storage_client/responses.h"
#include "base/assert.h"

namespace tritontube::storage_client {
namespace {

blob::BlobKey Key(std::string file) {
  return {.video = *VideoId::Parse("video-00001"),
          .upload = *UploadId::Parse("uplod-00001"),
          .file = std::move(file)};
}

void CheckScan(const blob::Bytes& bytes, const blob::ScanRequest& request) {
  const auto answer = ParseScan(bytes, request);
  if (!answer) return;
  TT_ASSERT(answer->page.items.size() <= request.limit, "more than was asked for");
  std::optional<blob::BlobKey> before = request.after;
  for (const blob::ScanItem& item : answer->page.items) {
    TT_ASSERT(blob::IsWellFormedFileName(item.key.file), "a name that cannot be");
    TT_ASSERT(!before || *before < item.key, "out of order");
    before = item.key;
  }
  const bool goes_on = !answer->page.more || !answer->page.items.empty() || answer->last;
  TT_ASSERT(goes_on, "a scan that never ends");
  if (answer->last && before) TT_ASSERT(*before < *answer->last, "a scan that never ends");
}

void CheckSlots(const blob::Bytes& bytes, const replication::SlotScanRequest& request) {
  const auto page = ParseScanSlots(bytes, request);
  if (!page) return;
  TT_ASSERT(page->items.size() <= request.limit, "more than was asked for");
  for (const blob::ScanItem& item : page->items) {
    TT_ASSERT(request.slots.test(placement::SlotOf(item.key)), "of another slot");
    TT_ASSERT(item.key <= *page->last, "the next page begins before the last item");
  }
  TT_ASSERT(!page->more || page->last, "a scan that never ends");
}

void Check(const std::string& text) {
  const blob::Bytes bytes(text);
  const auto ranged = ParseGet(bytes, blob::ByteRange{.offset = 1, .length = 4});
  TT_ASSERT(!ranged || ranged->size() == 4, "other bytes than were asked for");
  Ignore(ParseGet(bytes, std::nullopt), "any length is allowed");
  Ignore(ParseStat(bytes), "any size is allowed");
  Ignore(ParseStatus(bytes), "any number is allowed");
  CheckScan(bytes, {.limit = 3});
  CheckSlots(bytes, {.slots = placement::SlotSet().set(), .limit = 3});
  const auto confirmed = ParseConfirm(bytes, 3);
  TT_ASSERT(!confirmed || confirmed->size() == 3, "answers about other blobs");
  CheckScan(bytes,
            {.after = Key("m"), .upload = std::pair(Key("m").video, Key("m").upload), .limit = 3});
}

}  // namespace
}  // namespace tritontube::storage_client

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tritontube::storage_client::Check(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
