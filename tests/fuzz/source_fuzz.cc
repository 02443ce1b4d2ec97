#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/assert.h"
#include "core/bmff/aac_config.h"
#include "core/bmff/avc_config.h"
#include "core/bmff/fragment_table.h"
#include "core/bmff/init_segment.h"
#include "core/bmff/movie.h"
#include "core/bmff/sample_entry.h"
#include "core/bmff/sample_table.h"
#include "core/bmff/source_scanner.h"
#include "domain/packaging/source_plan.h"

// A whole uploaded file: its boxes are found, its tables read, its codecs looked
// at. Whatever was believed about it must hold.
namespace {

using namespace tritontube;

constexpr std::size_t kSamplesVisited = 20'000;

void ReadCodecs(std::span<const std::byte> stbl) {
  const auto stsd = bmff::FindOptional(stbl, bmff::MakeFourCc("stsd"));
  if (!stsd || !*stsd) return;
  const auto entry = bmff::FindSampleEntry((*stsd)->payload, 1);
  if (!entry) return;
  if (const auto audio = bmff::ParseAudioEntry(*entry)) {
    const auto decoder = bmff::ParseEsds(audio->esds);
    if (decoder) Ignore(bmff::ParseAacConfig(decoder->specific), "only that it returns");
  }
  const auto video = bmff::ParseVideoEntry(*entry);
  if (!video) return;
  const auto avcc = bmff::FindOptional(video->boxes, bmff::MakeFourCc("avcC"));
  if (!avcc || !*avcc) return;
  const auto config = bmff::ParseAvcConfig((*avcc)->payload);
  if (!config) return;
  for (const auto set : config->sequence_sets) {
    const auto sequence = bmff::ParseAvcSequence(set);
    TT_ASSERT(!sequence || (sequence->width > 0 && sequence->height > 0), "no picture");
  }
  for (const auto set : config->picture_sets) Ignore(bmff::HasSliceGroups(set), "as above");
}

void ReadSamples(std::span<const std::byte> stbl, ByteCount file_size, std::uint64_t first) {
  const auto table = bmff::SampleTable::Parse(stbl, file_size, first);
  if (!table) return;
  std::size_t visited = 0;
  std::uint64_t time = table->first_decode_time();
  bmff::SampleCursor cursor(*table);
  for (; !cursor.done() && visited < kSamplesVisited; cursor.Advance(), ++visited) {
    const bmff::Sample sample = cursor.sample();
    TT_ASSERT(
        sample.data.offset <= file_size && sample.data.length <= file_size - sample.data.offset,
        "a sample outside the file");
    TT_ASSERT(sample.decode_time == time, "time is not the sum of durations");
    time += sample.duration;
  }
  if (cursor.done()) {
    TT_ASSERT(visited == table->sample_count(), "samples were lost");
    TT_ASSERT(time == table->first_decode_time() + table->duration(), "time was lost");
  }
}

void ReadMovie(const bmff::SourceBoxes& boxes, ByteCount file_size) {
  const auto movie = bmff::ParseMovie(AsBytes(boxes.moov));
  if (!movie) return;
  bmff::FragmentTableBuilder builder(*movie);
  bool gathered = !boxes.moofs.empty();
  for (const auto& moof : boxes.moofs) {
    gathered = gathered && builder.Add(moof.offset, boxes.moof_payload(moof));
  }
  for (const bmff::MovieTrack& track : movie->tracks) {
    Ignore(bmff::ParseEdit(track.elst), "only that it returns");
    if (gathered && (track.is_video() || track.is_audio())) {
      const bmff::FragmentTable table = builder.Finish(track.id);
      ReadSamples(AsBytes(table.stbl), file_size, table.first_decode_time);
    }
    const auto stbl = bmff::FindOptional(track.minf, bmff::MakeFourCc("stbl"));
    if (!stbl || !*stbl) continue;
    ReadCodecs((*stbl)->payload);
    ReadSamples((*stbl)->payload, file_size, 0);
  }
}

// What is safe is served: every segment as long as planned, and inside the file.
void Package(bmff::SourceBoxes boxes, ByteCount file_size) {
  const auto movie = packaging::SourceMovie::Open(std::move(boxes), file_size);
  if (!movie) return;
  const packaging::CopyReport report = packaging::DecideCopy(**movie);
  const auto plan = packaging::SourcePlan::Make(*movie, report);
  if (!plan) return;
  for (const auto& track : plan->tracks()) {
    TT_ASSERT(report.is_safe(track.source->header.id), "an unsafe track was planned");
    const std::string init = packaging::SourcePlan::Init(track);
    TT_ASSERT(bmff::ParseInit(AsBytes(init)).has_value(), "our own reader refuses it");
    const std::size_t count = std::min<std::size_t>(track.segments.size(), 50);
    for (std::size_t number = 1; number <= count; ++number) {
      const auto list = packaging::SourcePlan::Segment(track, number);
      TT_ASSERT(list->size() == track.rendition.segments[number - 1].size, "another size");
      for (const bmff::ByteRange& range : list->ranges) {
        TT_ASSERT(range.end() <= file_size, "a range outside the file");
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = std::as_bytes(std::span(data, size));
  if (file.empty()) return 0;
  bmff::SourceScanner scanner(file.size());
  ByteCount before = 0;
  while (const auto range = scanner.wanted()) {
    TT_ASSERT(range->length > 0 && range->end() <= file.size(), "wants what is not there");
    TT_ASSERT(range->offset >= before, "goes back");
    before = range->offset;
    if (!scanner.Feed(file.subspan(range->offset, range->length))) return 0;
  }
  bmff::SourceBoxes boxes = std::move(scanner).Take();
  ReadMovie(boxes, file.size());
  Package(std::move(boxes), file.size());
  return 0;
}
