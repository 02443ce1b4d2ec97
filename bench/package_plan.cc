// package_plan [hours]: what it costs to plan a film for serving out of its
// original, and to write the head of one segment. The best of nine rounds.

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "core/bmff/box_writer.h"
#include "domain/packaging/source_plan.h"
#include "support/movie_file.h"

namespace {

using namespace tritontube;

// CPU time of this process: on a busy machine the clock on the wall tells of
// other programs.
double MillisecondsSince(std::clock_t start) {
  return static_cast<double>(std::clock() - start) * 1000 / CLOCKS_PER_SEC;
}

long PeakMemoryKib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

// A film of 24 pictures per second with B pictures and a key frame every 49, and
// of AAC: what a camera's or an editor's file looks like. Only the moov is kept.
support::MovieFile MakeFilm(std::size_t hours) {
  constexpr std::size_t kInterval = 49;
  const std::size_t pictures = hours * 3600 * 24 / kInterval * kInterval;
  support::FakeMovie movie;
  movie.tracks = {{.edits = {{.media_time = 512}},
                   .samples = support::FakePictures(pictures, kInterval, true),
                   .samples_per_chunk = 12},
                  {.id = 2,
                   .handler = "soun",
                   .timescale = 48'000,
                   .samples = std::vector<support::FakeSample>(hours * 3600 * 48'000 / 1024,
                                                               {.size = 4, .duration = 1024}),
                   .samples_per_chunk = 23}};
  for (std::size_t i = 0; i < movie.tracks[1].samples.size(); ++i) {
    movie.tracks[1].samples[i].size += static_cast<std::uint32_t>(i % 3);
  }
  return support::MakeMovieFile(movie);
}

}  // namespace

int main(int argument_count, char** arguments) {
  const std::size_t hours = argument_count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 2;
  std::string moov;
  ByteCount file_size = 0;
  {
    support::MovieFile film = MakeFilm(hours);
    moov = std::move(film.moov);
    file_size = film.bytes.size();
  }
  malloc_trim(0);
  const auto used = [] { return mallinfo2().uordblks >> 10U; };
  double best_plan = 1e9;
  double best_segment = 1e9;
  std::size_t segments = 0;
  std::size_t kept_kib = 0;
  for (int round = 0; round < 9; ++round) {
    bmff::SourceBoxes boxes;
    boxes.moov = moov;
    const std::size_t before = used();
    std::clock_t start = std::clock();
    const auto source = packaging::SourceMovie::Open(std::move(boxes), file_size);
    const auto plan = packaging::SourcePlan::Make(*source, packaging::DecideCopy(**source));
    best_plan = std::min(best_plan, MillisecondsSince(start));
    kept_kib = used() - before;
    const auto& track = plan->tracks().front();
    segments = track.segments.size() + plan->tracks().back().segments.size();
    start = std::clock();
    for (std::size_t number = 1; number <= track.segments.size(); ++number) {
      if (packaging::SourcePlan::Segment(track, number)->head.empty()) return 1;
    }
    best_segment = std::min(best_segment,
                            MillisecondsSince(start) / static_cast<double>(track.segments.size()));
  }
  fmt::print("film of {} h: moov {} KiB, {} segments\n", hours, moov.size() >> 10U, segments);
  fmt::print("reading, deciding and planning: {:.1f} ms of CPU, {} KiB kept beside the moov\n",
             best_plan, kept_kib);
  fmt::print("head of one video segment: {:.1f} us of CPU\n", best_segment * 1000);
  fmt::print("peak of the process, with making the film: {} MiB\n", PeakMemoryKib() >> 10);
  return 0;
}
