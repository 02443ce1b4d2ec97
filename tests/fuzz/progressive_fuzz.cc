#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/assert.h"
#include "core/bmff/box_splitter.h"
#include "core/bmff/fragment.h"
#include "domain/packaging/progressive_file.h"
#include "domain/packaging/source_movie.h"

// The input is a fragmented file: what it holds as segments is put together, and is
// read again.
namespace {

using namespace tritontube;

struct Segments {
  std::string init;
  std::vector<std::string> segments;
};

Segments Split(std::span<const std::byte> bytes) {
  Segments split;
  bmff::BoxSplitter splitter(1 << 20);
  const auto boxes = splitter.Push(bytes);
  if (!boxes) return split;
  for (const bmff::TopLevelBox& box : *boxes) {
    if (box.type == bmff::MakeFourCc("moof")) split.segments.emplace_back();
    (split.segments.empty() ? split.init : split.segments.back()) += box.bytes.Flatten();
  }
  return split;
}

// What a presentation says of segments that are as they should be.
media::Rendition RenditionOf(const Segments& split, const bmff::Track& track) {
  media::Rendition rendition;
  rendition.kind = track.is_video() ? media::Kind::kVideo : media::Kind::kAudio;
  rendition.timescale = track.timescale;
  for (const std::string& segment : split.segments) {
    media::Segment told{.size = segment.size()};
    if (const auto fragment = bmff::ParseFragment(AsBytes(segment), track)) {
      told.start = fragment->base_decode_time;
      told.duration = fragment->duration;
    }
    rendition.segments.push_back(told);
  }
  return rendition;
}

Result<packaging::ProgressiveFile> Build(const Segments& split, const media::Rendition& rendition) {
  TT_ASSIGN_OR_RETURN(auto builder, packaging::ProgressiveFileBuilder::Make(
                                        {{.rendition = &rendition, .init = split.init}}));
  for (const auto& segment : builder.segments()) {
    const std::string& bytes = split.segments[segment.number - 1];
    const auto head = bmff::HeadSize(AsBytes(bytes), bytes.size());
    if (!head) return std::unexpected(head.error());
    TT_RETURN_IF_ERROR(builder.Add(AsBytes(bytes)));
  }
  return std::move(builder).Finish();
}

void ReadAgain(const packaging::ProgressiveFile& file) {
  const std::string header = file.header().Flatten();
  bmff::SourceScanner scanner(file.size());
  while (const auto range = scanner.wanted()) {
    std::string bytes = header.substr(std::min<std::size_t>(range->offset, header.size()));
    bytes.resize(range->length);
    TT_ASSERT(scanner.Feed(AsBytes(bytes)).has_value(), "our own boxes are not boxes");
  }
  const auto movie = packaging::SourceMovie::Open(std::move(scanner).Take(), file.size());
  TT_ASSERT(movie.has_value() && (*movie)->candidates().size() == 1, "no track");
  const auto& track = (*movie)->candidates().front().track;
  TT_ASSERT(track.has_value(), "{}", track.error().message());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Segments split = Split(std::as_bytes(std::span(data, size)));
  const auto init = bmff::ParseInit(AsBytes(split.init));
  if (!init || split.segments.empty()) return 0;
  const media::Rendition rendition = RenditionOf(split, init->tracks.front());
  const auto file = Build(split, rendition);
  if (!file) return 0;
  const ByteCount data_size = file->size() - file->header().size();
  ByteCount sum = 0;
  for (const auto& piece : file->Pieces({0, data_size})) sum += piece.range.length;
  TT_ASSERT(sum == data_size, "{} of {} bytes", sum, data_size);
  // The reader of uploaded files takes no track that begins later.
  constexpr std::uint64_t kLateMax = std::uint64_t{1} << 31U;
  if (rendition.segments.front().start <= kLateMax) ReadAgain(*file);
  return 0;
}
