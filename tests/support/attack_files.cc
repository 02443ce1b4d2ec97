#include "support/attack_files.h"

#include <fmt/format.h>

#include <fstream>
#include <string_view>

#include "support/fragmented_mp4.h"

namespace tritontube::support {

namespace {

namespace fs = std::filesystem;

std::string LittleEndian(std::uint32_t number, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i, number >>= 8U) bytes += static_cast<char>(number & 0xffU);
  return bytes;
}

std::uint32_t Crc32(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

std::uint32_t Adler32(std::string_view bytes) {
  std::uint32_t low = 1;
  std::uint32_t high = 0;
  for (const char byte : bytes) {
    low = (low + static_cast<unsigned char>(byte)) % 65521;
    high = (high + low) % 65521;
  }
  return high << 16U | low;
}

std::string PngChunk(std::string_view type, std::string_view body) {
  const std::string checked = std::string(type) + std::string(body);
  return BigEndian(body.size(), 4) + checked + BigEndian(Crc32(checked), 4);
}

// Grey, 16 x 16 pixels of data whatever size it states.
std::string Png(std::uint32_t stated_width, std::uint32_t stated_height) {
  std::string rows;
  for (int row = 0; row < 16; ++row) rows += std::string(1, '\0') + std::string(16, '\x80');
  const auto length = static_cast<std::uint32_t>(rows.size());
  const std::string stored = "\x78\x01\x01" + LittleEndian(length, 2) +
                             LittleEndian(~length & 0xffffU, 2) + rows +
                             BigEndian(Adler32(rows), 4);
  return "\x89PNG\r\n\x1a\n" +
         PngChunk("IHDR", BigEndian(stated_width, 4) + BigEndian(stated_height, 4) +
                              std::string("\x08\x00\x00\x00\x00", 5)) +
         PngChunk("IDAT", stored) + PngChunk("IEND", "");
}

std::string OwnData() { return MakeBox("url ", BigEndian(1, 4)); }

// QuickTime's alias: the data is in another file, of that path.
std::string DataIn(const fs::path& path) {
  const std::string text = path.string();
  return MakeBox("alis", BigEndian(0, 4) + Zeros(10) + Zeros(28) + Zeros(12) + Zeros(64) +
                             Zeros(16) + BigEndian(1, 2) + BigEndian(1, 2) + Zeros(16) +
                             BigEndian(2, 2) + BigEndian(text.size(), 2) + text +
                             Zeros(text.size() % 2) + BigEndian(0xffff, 2) + BigEndian(0, 2));
}

struct SampleTable {
  std::uint32_t width = 16;
  std::uint32_t height = 16;
  std::uint32_t frame_count = 1;
  std::uint32_t frame_duration = 1;  // Of a timescale of one per second.
  std::uint32_t sample_size = 0;
  std::uint32_t first_offset = 0;
  std::string data_reference = OwnData();
};

std::string SampleDescription(const SampleTable& table) {
  const std::string entry = Zeros(6) + BigEndian(1, 2) + Zeros(16) + BigEndian(table.width, 2) +
                            BigEndian(table.height, 2) + BigEndian(72U << 16U, 4) +
                            BigEndian(72U << 16U, 4) + BigEndian(0, 4) + BigEndian(1, 2) +
                            Zeros(32) + BigEndian(24, 2) + BigEndian(0xffff, 2);
  return FullBox("stsd", 0, BigEndian(1, 4) + MakeBox("png ", entry));
}

std::string Matrix() {
  std::string matrix;
  for (const std::uint32_t cell : {0x10000U, 0U, 0U, 0U, 0x10000U, 0U, 0U, 0U, 0x40000000U}) {
    matrix += BigEndian(cell, 4);
  }
  return matrix;
}

std::string Movie(const SampleTable& table) {
  const std::uint64_t duration = std::uint64_t{table.frame_count} * table.frame_duration;
  const std::string times = BigEndian(0, 8);
  const std::string table_boxes =
      SampleDescription(table) +
      FullBox(
          "stts", 0,
          BigEndian(1, 4) + BigEndian(table.frame_count, 4) + BigEndian(table.frame_duration, 4)) +
      FullBox(
          "stsc", 0,
          BigEndian(1, 4) + BigEndian(1, 4) + BigEndian(table.frame_count, 4) + BigEndian(1, 4)) +
      FullBox("stsz", 0, BigEndian(table.sample_size, 4) + BigEndian(table.frame_count, 4)) +
      FullBox("stco", 0, BigEndian(1, 4) + BigEndian(table.first_offset, 4));
  const std::string reference =
      MakeBox("dinf", FullBox("dref", 0, BigEndian(1, 4) + table.data_reference));
  const std::string media =
      FullBox("mdhd", 0, times + BigEndian(1, 4) + BigEndian(duration, 4) + BigEndian(0, 4)) +
      FullBox("hdlr", 0, BigEndian(0, 4) + "vide" + Zeros(13)) +
      MakeBox("minf", MakeBox("vmhd", BigEndian(1, 4) + BigEndian(0, 8)) + reference +
                          MakeBox("stbl", table_boxes));
  const std::string track =
      MakeBox("tkhd", BigEndian(7, 4) + times + BigEndian(1, 4) + BigEndian(0, 4) +
                          BigEndian(duration, 4) + Zeros(16) + Matrix() +
                          BigEndian(table.width << 16U, 4) + BigEndian(table.height << 16U, 4)) +
      MakeBox("mdia", media);
  return MakeBox("moov", FullBox("mvhd", 0,
                                 times + BigEndian(1, 4) + BigEndian(duration, 4) +
                                     BigEndian(0x10000, 4) + BigEndian(0x100, 2) + Zeros(10) +
                                     Matrix() + Zeros(24) + BigEndian(2, 4)) +
                             MakeBox("trak", track));
}

const std::string kFileType = MakeBox("ftyp", "qt  " + BigEndian(0, 4) + "qt  ");

// A sample table that claims more samples than the file has bytes.
std::string MovieOfClaims() {
  return kFileType + MakeBox("mdat", std::string(1024, 'x')) +
         Movie({.frame_count = 134'000'000, .sample_size = 1, .first_offset = 28});
}

std::string HlsPlaylist(std::string_view target) {
  return fmt::format("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n", target);
}

std::string DashManifest(std::string_view target) {
  return fmt::format(
      "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
      "mediaPresentationDuration=\"PT1S\"><Period><AdaptationSet mimeType=\"audio/mp4\">"
      "<Representation id=\"0\" bandwidth=\"1\"><BaseURL>{}</BaseURL><SegmentList duration=\"1\">"
      "<SegmentURL media=\"{}\"/></SegmentList></Representation></AdaptationSet></Period></MPD>",
      target, target);
}

std::string Concat(std::string_view target) {
  return fmt::format("ffconcat version 1.0\nfile '{}'\n", target);
}

}  // namespace

std::string VictimSound() {
  constexpr std::uint32_t kRate = 8000;
  return "RIFF" + LittleEndian(36 + kRate, 4) + "WAVEfmt " + LittleEndian(16, 4) +
         LittleEndian(1, 2) + LittleEndian(1, 2) + LittleEndian(kRate, 4) + LittleEndian(kRate, 4) +
         LittleEndian(1, 2) + LittleEndian(8, 2) + "data" + LittleEndian(kRate, 4) +
         std::string(kRate, 'V');
}

std::string PngMovie(std::uint32_t stated_width, std::uint32_t stated_height,
                     std::uint32_t frame_count, std::uint32_t frame_seconds) {
  const std::string picture = Png(stated_width, stated_height);
  std::string pictures;
  for (std::uint32_t i = 0; i < frame_count; ++i) pictures += picture;
  constexpr std::size_t kBoxHeader = 8;
  return kFileType + MakeBox("mdat", pictures) +
         Movie({.width = stated_width,
                .height = stated_height,
                .frame_count = frame_count,
                .frame_duration = frame_seconds,
                .sample_size = static_cast<std::uint32_t>(picture.size()),
                .first_offset = static_cast<std::uint32_t>(kFileType.size() + kBoxHeader)});
}

std::vector<AttackFile> WriteAttackFiles(const fs::path& folder, const fs::path& victim,
                                         std::uint16_t port) {
  const std::string url = fmt::format("http://127.0.0.1:{}/secret.ts", port);
  const std::string near = fs::relative(victim, folder / "x");
  struct Content {
    std::string name;
    std::string bytes;
  };
  const std::vector<Content> contents = {
      {"hls-absolute.mp4", HlsPlaylist(victim.string())},
      {"hls-http.mp4", HlsPlaylist(url)},
      {"dash-absolute.mp4", DashManifest(victim.string())},
      {"dash-http.mp4", DashManifest(url)},
      {"concat-relative.mp4", Concat(near)},
      {"concat-absolute.mp4", Concat(victim.string())},
      {"concat-http.mp4", Concat(url)},
      {"concat-subfile.mp4", Concat(fmt::format("subfile,,start,0,end,999,,:{}", victim.string()))},
      {"data-reference.mov",
       kFileType +
           Movie({.sample_size = 400, .first_offset = 44, .data_reference = DataIn(victim)})},
      {"text.mp4", "It was a dark and stormy night.\n"},
      {"page.mp4", "<!doctype html><html><body>404 Not Found</body></html>\n"},
      {"empty.mp4", ""},
      {"index-missing.mp4", kFileType + MakeBox("mdat", std::string(4096, 'x'))},
      {"huge-picture.mov", PngMovie(16'000, 16'000, 1, 1)},
      {"huge-index.mov", MovieOfClaims()},
      {"sparse.mov", PngMovie(16, 16, 2, 36'000)},
  };
  std::vector<AttackFile> attacks;
  for (const Content& content : contents) {
    const fs::path own_folder = folder / content.name;
    fs::create_directories(own_folder);
    attacks.push_back({.name = content.name, .path = own_folder / "in"});
    std::ofstream(attacks.back().path, std::ios::binary) << content.bytes;
  }
  return attacks;
}

}  // namespace tritontube::support
