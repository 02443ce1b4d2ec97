// download_plan [hours] [bits per second]: what the first request for a download
// costs, and a part of the file afterwards, with segments of four seconds in memory.

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>

#include "core/bmff/box_writer.h"
#include "foundation/async/io_pool.h"
#include "services/delivery/downloads.h"
#include "support/fragmented_mp4.h"
#include "support/memory_blob_store.h"

namespace {

using namespace tritontube;

constexpr std::uint32_t kPicturesPerSecond = 24;
constexpr std::uint32_t kSegmentSeconds = 4;

long PeakMemoryKib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

struct Shape {
  std::uint32_t samples = 0;  // In a segment.
  std::uint32_t duration = 0;
  std::uint32_t sample_size = 0;
  bool reordered = false;
};

// A segment as the encoder writes it: each sample has its size, each picture its
// flags and when it is shown. The bytes of the samples are nothing but zeros.
std::string MakeSegment(const Shape& shape, std::uint64_t start, std::uint32_t number) {
  using bmff::MakeFourCc;
  bmff::BoxWriter writer;
  const std::uint32_t flags = shape.reordered ? 0x000e01 : 0x000201;
  ByteCount data = 0;
  std::size_t offset_at = 0;
  writer.Box(MakeFourCc("moof"), [&] {
    writer.FullBox(MakeFourCc("mfhd"), 0, 0, [&] { writer.U32(number); });
    writer.Box(MakeFourCc("traf"), [&] {
      writer.FullBox(MakeFourCc("tfhd"), 0, 0x020008, [&] {
        writer.U32(1);
        writer.U32(shape.duration);
      });
      writer.FullBox(MakeFourCc("tfdt"), 1, 0, [&] { writer.U64(start); });
      writer.FullBox(MakeFourCc("trun"), 1, flags, [&] {
        writer.U32(shape.samples);
        offset_at = writer.size();
        writer.U32(0);
        for (std::uint32_t i = 0; i < shape.samples; ++i) {
          const std::uint32_t size = shape.sample_size + i % 7;
          data += size;
          writer.U32(size);
          if (!shape.reordered) continue;
          writer.U32(i == 0 ? 0x02000000 : 0x01010000);
          constexpr std::int32_t kOrder[] = {0, 2, -1, -1};
          writer.I32(kOrder[i % 4] * static_cast<std::int32_t>(shape.duration));
        }
      });
    });
  });
  writer.ReplaceU32(offset_at, static_cast<std::uint32_t>(writer.size() + 8));
  writer.U32(static_cast<std::uint32_t>(data + 8));
  writer.U32(MakeFourCc("mdat"));
  return writer.Take() + std::string(data, '\0');
}

class Film {
 public:
  Film(blob::BlobStore& store, async::Executor executor) : store_(store), executor_(executor) {}

  media::Rendition Add(const std::string& id, media::Kind kind, std::uint32_t timescale,
                       const Shape& shape, std::size_t segments) {
    media::Rendition rendition;
    rendition.id = id;
    rendition.kind = kind;
    rendition.timescale = timescale;
    rendition.is_default = true;
    const bool pictures = kind == media::Kind::kVideo;
    Put(media::InitFileName(id),
        support::MakeInit(
            {.video = pictures, .timescale = timescale, .edit_media_time = pictures ? 0U : 1024U}));
    std::uint64_t start = 0;
    for (std::size_t number = 1; number <= segments; ++number) {
      std::string bytes = MakeSegment(shape, start, static_cast<std::uint32_t>(number));
      const std::uint64_t duration = std::uint64_t{shape.samples} * shape.duration;
      rendition.segments.push_back({.start = start, .duration = duration, .size = bytes.size()});
      start += duration;
      Put(media::SegmentFileName(id, number), std::move(bytes));
    }
    return rendition;
  }

  const VideoId video = *VideoId::Parse("videovideo0");
  const UploadId output = *UploadId::Parse("outputoutpu");

 private:
  void Put(std::string file, std::string bytes) {
    std::vector<blob::Blob> batch;
    batch.push_back(
        {.key = {video, output, std::move(file)}, .bytes = blob::Bytes(std::move(bytes))});
    if (!async::BlockOn(executor_, store_.Put(std::move(batch), Deadline::Never()))) std::abort();
  }

  blob::BlobStore& store_;
  async::Executor executor_;
};

std::shared_ptr<const delivery::PublishedVideo> Publish(const Film& film,
                                                        std::vector<media::Rendition> renditions) {
  delivery::Composition composition;
  for (media::Rendition& rendition : renditions) {
    composition.available.push_back(rendition.segments.size());
    composition.listed.push_back(rendition.segments.size());
    composition.of_source.push_back(false);
    composition.presentation.renditions.push_back(std::move(rendition));
  }
  delivery::Watchable watchable;
  watchable.stored = catalog::StoredPresentation{.output = film.output, .digest = {}};
  return std::make_shared<const delivery::PublishedVideo>(
      film.video, "a film", std::move(watchable), std::move(composition), catalog::VideoExtras(),
      std::vector<media::Rendition>());
}

}  // namespace

int main(int argument_count, char** arguments) {
  const std::size_t hours = argument_count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 2;
  const std::size_t bits = argument_count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 400'000;
  const std::size_t segments = hours * 3600 / kSegmentSeconds;
  support::MemoryBlobStore store;
  const async::IoPool io(1);
  async::BlockingPool blocking(2, 64);
  Film film(store, io.executor(0));
  std::vector<media::Rendition> renditions;
  renditions.push_back(
      film.Add("v360", media::Kind::kVideo, 12'288,
               {.samples = kPicturesPerSecond * kSegmentSeconds,
                .duration = 512,
                .sample_size = static_cast<std::uint32_t>(bits / 8 / kPicturesPerSecond),
                .reordered = true},
               segments));
  renditions.push_back(film.Add("a0", media::Kind::kAudio, 48'000,
                                {.samples = 188, .duration = 1024, .sample_size = 340}, segments));
  const auto video = Publish(film, std::move(renditions));
  malloc_trim(0);
  const long before_kib = PeakMemoryKib();
  const auto used = [] { return mallinfo2().uordblks + mallinfo2().hblkhd; };
  double best_cpu = 1e9;
  double best_wall = 1e9;
  double best_part = 1e9;
  std::size_t kept = 0;
  ByteCount header = 0;
  for (int round = 0; round < 9; ++round) {
    delivery::SourcePlans sources(store, blocking, {});
    delivery::Downloads downloads(store, sources, blocking, {});
    const std::size_t used_before = used();
    const std::clock_t cpu = std::clock();
    const auto wall = std::chrono::steady_clock::now();
    const auto since = [](auto start) {
      return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
          .count();
    };
    const auto found =
        async::BlockOn(io.executor(0), downloads.Find(video, {0, 1}, Deadline::Never()));
    if (!found) {
      fmt::print("{}\n", found.error().message());
      return 1;
    }
    best_wall = std::min(best_wall, since(wall));
    best_cpu = std::min(best_cpu, static_cast<double>(std::clock() - cpu) * 1000 / CLOCKS_PER_SEC);
    kept = used() - used_before;
    header = found->plan->file.header().size();
    const auto part = std::chrono::steady_clock::now();
    const blob::ByteRange middle{.offset = found->size() / 2, .length = ByteCount{1} << 20U};
    if (!async::BlockOn(io.executor(0), downloads.Read(*found, middle, Deadline::Never())))
      return 1;
    best_part = std::min(best_part, since(part));
  }
  fmt::print("film of {} h: {} segments, a header of {} KiB\n", hours, 2 * segments, header >> 10U);
  fmt::print(
      "the first request: {:.1f} ms, {:.1f} ms of CPU; {} KiB kept, {} KiB more at its peak\n",
      best_wall, best_cpu, kept >> 10U, PeakMemoryKib() - before_kib);
  fmt::print("a MiB from the middle: {:.2f} ms\n", best_part);
  return 0;
}
