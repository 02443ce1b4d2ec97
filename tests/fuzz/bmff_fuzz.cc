#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/assert.h"
#include "core/bmff/box_splitter.h"
#include "core/bmff/fragment.h"
#include "core/bmff/init_segment.h"

namespace {

using namespace tritontube;

// However a stream is cut, the same boxes come out, and they are the stream.
void Split(std::span<const std::byte> bytes, std::size_t step) {
  bmff::BoxSplitter splitter(1 << 16);
  std::string joined;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    const auto boxes = splitter.Push(bytes.subspan(at, std::min(step, bytes.size() - at)));
    if (!boxes) return;
    for (const bmff::TopLevelBox& box : *boxes) joined += box.bytes.Flatten();
  }
  TT_ASSERT(AsText(bytes).starts_with(joined), "boxes are not the stream");
  TT_ASSERT(splitter.Finish().has_value() == (joined.size() == bytes.size()), "wrong end");
}

bmff::Track AnyTrack() {
  bmff::Track track;
  track.id = 1;
  track.handler = bmff::MakeFourCc("vide");
  track.timescale = 12'288;
  return track;
}

// What is read of a head alone is what is read of the whole.
void ReadHead(std::span<const std::byte> bytes, const bmff::Track& track) {
  const auto size = bmff::HeadSize(bytes, bytes.size());
  if (!size) return;
  TT_ASSERT(*size <= bytes.size(), "a head larger than its segment");
  const auto head = bmff::ParseFragmentHead(bytes.first(*size), bytes.size(), track);
  if (!head) return;
  TT_ASSERT(head->data_offset + head->data_size == bytes.size(), "the data is not the rest");
  const auto whole = bmff::ParseFragment(bytes, track);
  TT_ASSERT(!whole || (whole->sample_count == head->samples.size() &&
                       whole->base_decode_time == head->base_decode_time),
            "another fragment");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (bytes.empty()) return 0;
  Split(bytes, 1 + std::to_integer<std::size_t>(bytes.back()));
  bmff::Track track = AnyTrack();
  if (const auto init = bmff::ParseInit(bytes)) {
    TT_ASSERT(!init->tracks.empty() && init->tracks.front().timescale > 0, "no track");
    track = init->tracks.front();
  }
  ReadHead(bytes, track);
  if (const auto fragment = bmff::ParseFragment(bytes, track)) {
    TT_ASSERT(fragment->sample_count > 0 && fragment->duration >= fragment->sample_count,
              "a fragment without time");
    std::string copy(AsText(bytes));
    TT_ASSERT(bmff::SetSequenceNumber(std::as_writable_bytes(std::span(copy)), 7).has_value() ==
                  (bmff::ParseFragment(AsBytes(copy), track)->sequence_number == 7),
              "the sequence number was not set");
  }
  return 0;
}
