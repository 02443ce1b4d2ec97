#include "support/fragmented_mp4.h"

#include "support/movie_file.h"

namespace tritontube::support {

namespace {

std::string MediaBox(const FakeTrack& track) {
  const std::string usual =
      track.video
          ? VideoEntry(track.width, track.height, std::string("\x01\x64\x00\x1f\xff\xe1\x00", 7))
          : AudioEntry(track.channels, track.sample_rate, std::string("\x11\x90", 2));
  const std::string& entry = track.sample_entry.empty() ? usual : track.sample_entry;
  const std::string tables = FullBox("stsd", 0, BigEndian(1, 4) + entry) +
                             FullBox("stts", 0, Zeros(4)) + FullBox("stsc", 0, Zeros(4)) +
                             FullBox("stsz", 0, Zeros(8)) + FullBox("stco", 0, Zeros(4));
  return MakeBox("mdia",
                 FullBox("mdhd", 0, Zeros(8) + BigEndian(track.timescale, 4) + Zeros(8)) +
                     FullBox("hdlr", 0, Zeros(4) + (track.video ? "vide" : "soun") + Zeros(13)) +
                     MakeBox("minf", MakeBox("stbl", tables)));
}

}  // namespace

std::string Zeros(std::size_t count) {
  return std::string(count, '\0');  // NOLINT(modernize-return-braced-init-list): braces make a list
}

std::string BigEndian(std::uint64_t number, int width) {
  std::string text;
  for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) {
    text += static_cast<char>(number >> static_cast<unsigned>(shift));
  }
  return text;
}

std::string MakeBox(std::string_view type, std::string_view body) {
  return BigEndian(body.size() + 8, 4) + std::string(type) + std::string(body);
}

std::string FullBox(std::string_view type, std::uint32_t version_and_flags, std::string_view body) {
  return MakeBox(type, BigEndian(version_and_flags, 4) + std::string(body));
}

std::string MakeInit(const FakeTrack& track) {
  const std::string edits = track.edit_media_time == 0
                                ? ""
                                : MakeBox("edts", FullBox("elst", 0,
                                                          BigEndian(1, 4) + Zeros(4) +
                                                              BigEndian(track.edit_media_time, 4) +
                                                              BigEndian(0x10000, 4)));
  const std::string tkhd = FullBox(
      "tkhd", 3, Zeros(8) + BigEndian(track.id, 4) + Zeros(24) + UprightMatrix() + Zeros(8));
  const std::string trak = MakeBox("trak", tkhd + edits + MediaBox(track));
  const std::string trex = FullBox("trex", 0, BigEndian(track.id, 4) + BigEndian(1, 4) + Zeros(12));
  const std::string moov =
      MakeBox("moov", FullBox("mvhd", 0, Zeros(32) + UprightMatrix() + Zeros(28)) + trak +
                          MakeBox("mvex", trex));
  return MakeBox("ftyp", "iso6" + Zeros(4) + "iso6cmfcmp41") + moov;
}

std::string MakeFragment(const FakeFragment& fragment) {
  constexpr std::uint32_t kNonSync = 0x01010000;
  constexpr std::uint32_t kSync = 0x02000000;
  const std::string tfhd =
      FullBox("tfhd", 0x020038,
              BigEndian(fragment.track_id, 4) + BigEndian(fragment.sample_duration, 4) +
                  BigEndian(fragment.sample_size, 4) + BigEndian(kNonSync, 4));
  const std::string tfdt = FullBox("tfdt", 0x01000000, BigEndian(fragment.base_decode_time, 8));
  const std::string mfhd = FullBox("mfhd", 0, BigEndian(fragment.sequence_number, 4));
  // moof 8, mfhd, traf 8, tfhd, tfdt, trun 24, and the header of the mdat.
  const std::size_t offset = 8 + mfhd.size() + 8 + tfhd.size() + tfdt.size() + 24 + 8;
  const std::string trun = FullBox("trun", 0x01000005,
                                   BigEndian(fragment.sample_count, 4) + BigEndian(offset, 4) +
                                       BigEndian(fragment.sync ? kSync : kNonSync, 4));
  const std::string data(std::size_t{fragment.sample_count} * fragment.sample_size, 'x');
  return MakeBox("moof", mfhd + MakeBox("traf", tfhd + tfdt + trun)) + MakeBox("mdat", data);
}

}  // namespace tritontube::support
