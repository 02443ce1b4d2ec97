#pragma once

#include <cstdint>
#include <string>
#include <vector>

// Builds small MP4 files that are not fragmented, in every shape that our reader
// knows. Sample data is noise: it parses, but does not decode.
namespace tritontube::support {

struct FakeSample {
  std::uint32_t size = 100;
  std::uint32_t duration = 512;
  std::int32_t composition_offset = 0;
  bool sync = true;
};

struct FakeEdit {
  std::uint64_t duration = 0;
  std::int64_t media_time = 0;
};

struct FakeMovieTrack {
  std::uint32_t id = 1;
  std::string handler = "vide";
  std::uint32_t timescale = 12'288;
  std::string sample_entry = {};  // Empty: H.264 of 1280x720, or AAC for other handlers.
  std::string matrix = {};        // Empty: upright.
  std::uint32_t flags = 3;        // Of the 'tkhd'.
  std::vector<FakeEdit> edits = {};
  std::vector<FakeSample> samples = {};
  std::size_t samples_per_chunk = 10;
  // The shapes of the boxes.
  bool version_1 = false;
  bool co64 = false;
  int compact_size_bits = 0;  // Not 0: an 'stz2' with sizes of so many bits.
};

struct FakeMovie {
  std::vector<FakeMovieTrack> tracks = {};
  std::uint32_t timescale = 1000;
  bool moov_first = false;
  // Added to every chunk's offset: what a file would have in which so many
  // zero bytes (that nobody writes) stand before the data.
  std::uint64_t data_gap = 0;
};

struct MovieFile {
  std::string bytes;
  std::string moov;  // The payload.
  // The data of every sample, by track, as it stands in the file.
  std::vector<std::vector<std::string>> samples;
};

// The chunks of the tracks take turns.
MovieFile MakeMovieFile(const FakeMovie& movie);

// `count` pictures with a sync sample every `interval`. With `reordered`, as an
// encoder with two B pictures has them: I P B B P B B, shown one picture late;
// then `interval` is one more than a multiple of three, and divides `count`.
std::vector<FakeSample> FakePictures(std::size_t count, std::size_t interval,
                                     bool reordered = false);

// Sample entries; `avcc` and `more` are what stands inside.
std::string VideoEntry(int width, int height, const std::string& avcc,
                       const std::string& more = "");
std::string AudioEntry(int channels, int sample_rate, const std::string& specific);
// The nine numbers of a picture that is shown as it is.
std::string UprightMatrix();
// An 'avcC' payload of H.264 High, level 3.1, 1280x720, progressive.
std::string RealAvcConfig();

}  // namespace tritontube::support
