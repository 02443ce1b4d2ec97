#include "support/movie_file.h"

#include <algorithm>

#include "support/fragmented_mp4.h"

namespace tritontube::support {

namespace {

// A number of 32 bits, or of 64 in the boxes of version 1.
std::string Number(std::uint64_t number, bool wide) { return BigEndian(number, wide ? 8 : 4); }

std::uint32_t Version(bool wide) { return wide ? 0x01000000 : 0; }

// Runs of equal numbers, as 'stts' and 'ctts' have them.
template <typename Value>
std::string Runs(std::string_view type, std::uint32_t version, const FakeMovieTrack& track,
                 const Value& value) {
  std::string entries;
  std::uint32_t count = 0;
  const auto& samples = track.samples;
  for (std::size_t first = 0, next = 0; first < samples.size(); first = next) {
    while (next < samples.size() && value(samples[next]) == value(samples[first])) ++next;
    entries += BigEndian(next - first, 4) + BigEndian(value(samples[first]), 4);
    ++count;
  }
  return FullBox(type, version, BigEndian(count, 4) + entries);
}

std::string Sizes(const FakeMovieTrack& track) {
  const auto& samples = track.samples;
  const std::string count = BigEndian(samples.size(), 4);
  const int bits = track.compact_size_bits;
  const bool uniform = std::ranges::all_of(
      samples, [&](const FakeSample& sample) { return sample.size == samples.front().size; });
  if (uniform && bits == 0 && !samples.empty()) {
    return FullBox("stsz", 0, BigEndian(samples.front().size, 4) + count);
  }
  std::string sizes;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (bits == 4) {
      const std::uint32_t next = i + 1 < samples.size() ? samples[i + 1].size : 0;
      sizes += BigEndian(samples[i].size << 4U | next, 1);
      ++i;
    } else {
      sizes += BigEndian(samples[i].size, bits == 0 ? 4 : bits / 8);
    }
  }
  return FullBox(bits == 0 ? "stsz" : "stz2", 0,
                 BigEndian(static_cast<std::uint64_t>(bits), 4) + count + sizes);
}

std::string SyncSamples(const FakeMovieTrack& track) {
  std::string numbers;
  for (std::size_t i = 0; i < track.samples.size(); ++i) {
    if (track.samples[i].sync) numbers += BigEndian(i + 1, 4);
  }
  if (numbers.size() == 4 * track.samples.size()) return "";
  return FullBox("stss", 0, BigEndian(numbers.size() / 4, 4) + numbers);
}

std::string Chunks(const FakeMovieTrack& track, const std::vector<std::uint64_t>& offsets) {
  const std::size_t full = track.samples.size() / track.samples_per_chunk;
  const std::size_t rest = track.samples.size() % track.samples_per_chunk;
  const auto run = [](std::size_t first, std::size_t count) {
    return BigEndian(first, 4) + BigEndian(count, 4) + BigEndian(1, 4);
  };
  std::string runs;
  if (full > 0) runs += run(1, track.samples_per_chunk);
  if (rest > 0) runs += run(full + 1, rest);
  std::string numbers;
  for (const std::uint64_t offset : offsets) numbers += Number(offset, track.co64);
  return FullBox("stsc", 0, BigEndian(runs.size() / 12, 4) + runs) +
         FullBox(track.co64 ? "co64" : "stco", 0, BigEndian(offsets.size(), 4) + numbers);
}

std::string SampleTable(const FakeMovieTrack& track, const std::vector<std::uint64_t>& offsets) {
  const bool video = track.handler == "vide";
  const std::string usual = video ? VideoEntry(1280, 720, RealAvcConfig())
                                  : AudioEntry(2, 48'000, std::string("\x11\x90", 2));
  const std::string entry = track.sample_entry.empty() ? usual : track.sample_entry;
  std::string tables = FullBox("stsd", 0, BigEndian(1, 4) + entry);
  tables += Runs("stts", 0, track, [](const FakeSample& sample) { return sample.duration; });
  const bool reordered = std::ranges::any_of(
      track.samples, [](const FakeSample& sample) { return sample.composition_offset != 0; });
  if (reordered) {
    tables += Runs("ctts", Version(track.version_1), track, [](const FakeSample& sample) {
      return static_cast<std::uint32_t>(sample.composition_offset);
    });
  }
  return MakeBox("stbl", tables + SyncSamples(track) + Sizes(track) + Chunks(track, offsets));
}

std::string Edits(const FakeMovieTrack& track) {
  if (track.edits.empty()) return "";
  std::string entries;
  for (const FakeEdit& edit : track.edits) {
    entries += Number(edit.duration, track.version_1) +
               Number(static_cast<std::uint64_t>(edit.media_time), track.version_1) +
               BigEndian(0x10000, 4);
  }
  return MakeBox("edts", FullBox("elst", Version(track.version_1),
                                 BigEndian(track.edits.size(), 4) + entries));
}

std::string Trak(const FakeMovieTrack& track, const std::vector<std::uint64_t>& offsets) {
  const bool wide = track.version_1;
  const std::string times = Zeros(wide ? 16 : 8);
  const std::string tkhd =
      FullBox("tkhd", Version(wide) | track.flags,
              times + BigEndian(track.id, 4) + Zeros(wide ? 12 : 8) + Zeros(16) +
                  (track.matrix.empty() ? UprightMatrix() : track.matrix) + Zeros(8));
  // The language is "und".
  const std::string mdhd = FullBox(
      "mdhd", Version(wide),
      times + BigEndian(track.timescale, 4) + Number(0, wide) + BigEndian(0x55c4, 2) + Zeros(2));
  const std::string hdlr = FullBox("hdlr", 0, Zeros(4) + track.handler + Zeros(13));
  const std::string dinf =
      MakeBox("dinf", FullBox("dref", 0, BigEndian(1, 4) + FullBox("url ", 1, "")));
  return MakeBox(
      "trak",
      tkhd + Edits(track) +
          MakeBox("mdia", mdhd + hdlr + MakeBox("minf", dinf + SampleTable(track, offsets))));
}

// The data of all tracks, chunk by chunk in turn, and where each chunk is in it.
struct Layout {
  std::string data;
  std::vector<std::vector<std::uint64_t>> offsets;
  std::vector<std::vector<std::string>> samples;
};

Layout LayOut(const FakeMovie& movie) {
  Layout layout;
  layout.offsets.resize(movie.tracks.size());
  layout.samples.resize(movie.tracks.size());
  unsigned noise = 1;
  for (bool more = true; more;) {
    more = false;
    for (std::size_t t = 0; t < movie.tracks.size(); ++t) {
      const FakeMovieTrack& track = movie.tracks[t];
      auto& samples = layout.samples[t];
      if (samples.size() == track.samples.size()) continue;
      layout.offsets[t].push_back(layout.data.size());
      for (std::size_t i = 0; i < track.samples_per_chunk; ++i) {
        if (samples.size() == track.samples.size()) break;
        std::string& sample = samples.emplace_back(track.samples[samples.size()].size, '\0');
        for (char& c : sample)
          c = static_cast<char>((noise = noise * 1'103'515'245 + 12'345) >> 16U);
        layout.data += sample;
      }
      more = true;
    }
  }
  return layout;
}

std::string Moov(const FakeMovie& movie, const Layout& layout, std::uint64_t data_offset) {
  std::string body =
      FullBox("mvhd", 0,
              Zeros(8) + BigEndian(movie.timescale, 4) + Zeros(20) + UprightMatrix() + Zeros(28));
  for (std::size_t t = 0; t < movie.tracks.size(); ++t) {
    std::vector<std::uint64_t> offsets = layout.offsets[t];
    for (std::uint64_t& offset : offsets) offset += data_offset + movie.data_gap;
    body += Trak(movie.tracks[t], offsets);
  }
  return body;
}

}  // namespace

std::string UprightMatrix() {
  return BigEndian(0x10000, 4) + Zeros(12) + BigEndian(0x10000, 4) + Zeros(12) +
         BigEndian(0x40000000, 4);
}

std::string RealAvcConfig() {
  return {
      "\x01\x64\x00\x1f\xff\xe1\x00\x1a\x67\x64\x00\x1f\xac\xd9\x40\x50\x05\xbb\x01\x10\x00\x00"
      "\x03\x00\x10\x00\x00\x03\x03\x00\xf1\x83\x19\x60\x01\x00\x06\x68\xeb\xe3\xcb\x22\xc0\xfd"
      "\xf8\xf8\x00",
      47};
}

std::string VideoEntry(int width, int height, const std::string& avcc, const std::string& more) {
  return MakeBox("avc1", Zeros(6) + BigEndian(1, 2) + Zeros(16) +
                             BigEndian(static_cast<std::uint64_t>(width), 2) +
                             BigEndian(static_cast<std::uint64_t>(height), 2) + Zeros(50) +
                             MakeBox("avcC", avcc) + more);
}

std::string AudioEntry(int channels, int sample_rate, const std::string& specific) {
  // ES_Descriptor, DecoderConfigDescriptor, AudioSpecificConfig.
  const std::string info = "\x05" + BigEndian(specific.size(), 1) + specific;
  const std::string config = std::string("\x40\x15", 2) + Zeros(11) + info;
  const std::string esds =
      std::string("\x00\x01\x00", 3) + "\x04" + BigEndian(config.size(), 1) + config;
  return MakeBox("mp4a", Zeros(6) + BigEndian(1, 2) + Zeros(8) +
                             BigEndian(static_cast<std::uint64_t>(channels), 2) + BigEndian(16, 2) +
                             Zeros(4) + BigEndian(static_cast<std::uint64_t>(sample_rate), 2) +
                             Zeros(2) +
                             FullBox("esds", 0, "\x03" + BigEndian(esds.size(), 1) + esds));
}

std::vector<FakeSample> FakePictures(std::size_t count, std::size_t interval, bool reordered) {
  std::vector<FakeSample> pictures(count);
  for (std::size_t i = 0; i < count; ++i) {
    FakeSample& picture = pictures[i];
    picture.sync = i % interval == 0;
    picture.size = picture.sync ? 400 : 80 + static_cast<std::uint32_t>(i % 7);
    if (!reordered) continue;
    // The P picture is decoded before the two B pictures that are shown before it.
    const std::size_t in_group = i % interval;
    const std::int32_t frames = in_group == 0 ? 1 : in_group % 3 == 1 ? 3 : 0;
    picture.composition_offset = frames * static_cast<std::int32_t>(picture.duration);
  }
  return pictures;
}

MovieFile MakeMovieFile(const FakeMovie& movie) {
  const Layout layout = LayOut(movie);
  const std::string ftyp = MakeBox("ftyp", "isom" + Zeros(4) + "isomavc1mp41");
  const std::string mdat = MakeBox("mdat", layout.data);
  MovieFile file{.bytes = ftyp, .moov = {}, .samples = layout.samples};
  // The size of the moov does not depend on the offsets in it.
  const std::size_t moov_size = 8 + Moov(movie, layout, 0).size();
  const std::size_t before_data = ftyp.size() + (movie.moov_first ? moov_size : 0) + 8;
  file.moov = Moov(movie, layout, before_data);
  const std::string moov = MakeBox("moov", file.moov);
  file.bytes += movie.moov_first ? moov + mdat : mdat + moov;
  return file;
}

}  // namespace tritontube::support
