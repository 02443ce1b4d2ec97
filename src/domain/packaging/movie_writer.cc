#include "domain/packaging/movie_writer.h"

#include <algorithm>
#include <limits>

namespace tritontube::packaging {

namespace {

using bmff::BoxWriter;
using bmff::MakeFourCc;

constexpr std::uint32_t kNormalRate = 0x00010000;

void WriteMatrix(BoxWriter& writer) {
  writer.U32(0x00010000);
  writer.Zeros(12);
  writer.U32(0x00010000);
  writer.Zeros(12);
  writer.U32(0x40000000);
}

// Boxes with times have 32 bits for each, and 64 from version 1 on.
bool IsWide(std::uint64_t duration) { return duration > std::numeric_limits<std::uint32_t>::max(); }

void WriteTime(BoxWriter& writer, bool wide, std::uint64_t time) {
  if (wide) {
    writer.U64(time);
  } else {
    writer.U32(static_cast<std::uint32_t>(time));
  }
}

// When it was made and changed: nothing of that is known.
void WriteDates(BoxWriter& writer, bool wide) { writer.Zeros(wide ? 16 : 8); }

}  // namespace

void WriteMvhd(BoxWriter& writer, const MovieHeader& header) {
  const bool wide = IsWide(header.duration);
  writer.FullBox(MakeFourCc("mvhd"), wide ? 1 : 0, 0, [&] {
    WriteDates(writer, wide);
    writer.U32(header.timescale);
    WriteTime(writer, wide, header.duration);
    writer.U32(kNormalRate);
    writer.U16(0x0100);  // Normal volume.
    writer.Zeros(10);
    WriteMatrix(writer);
    writer.Zeros(24);
    writer.U32(header.next_track_id);
  });
}

void WriteTkhd(BoxWriter& writer, const InitDescription& description, const TrackHeader& header) {
  constexpr std::uint32_t kEnabledInMovieAndPreview = 7;
  const bool wide = IsWide(header.duration);
  writer.FullBox(MakeFourCc("tkhd"), wide ? 1 : 0, kEnabledInMovieAndPreview, [&] {
    WriteDates(writer, wide);
    writer.U32(header.id);
    writer.Zeros(4);
    WriteTime(writer, wide, header.duration);
    writer.Zeros(12);
    writer.U16(description.video ? 0 : 0x0100);  // Volume.
    writer.U16(0);
    WriteMatrix(writer);
    writer.U32(static_cast<std::uint32_t>(description.width) << 16U);
    writer.U32(static_cast<std::uint32_t>(description.height) << 16U);
  });
}

void WriteMediaHeaders(BoxWriter& writer, const InitDescription& description,
                       const TrackHeader& header) {
  const bool wide = IsWide(header.media_duration);
  writer.FullBox(MakeFourCc("mdhd"), wide ? 1 : 0, 0, [&] {
    WriteDates(writer, wide);
    writer.U32(description.timescale);
    WriteTime(writer, wide, header.media_duration);
    writer.U16(description.language);
    writer.U16(0);
  });
  writer.FullBox(MakeFourCc("hdlr"), 0, 0, [&] {
    writer.U32(0);
    writer.U32(description.video ? MakeFourCc("vide") : MakeFourCc("soun"));
    writer.Zeros(13);
  });
}

void WriteMediaInformation(BoxWriter& writer, const InitDescription& description) {
  if (description.video) {
    writer.FullBox(MakeFourCc("vmhd"), 0, 1, [&] { writer.Zeros(8); });
  } else {
    writer.FullBox(MakeFourCc("smhd"), 0, 0, [&] { writer.Zeros(4); });
  }
  writer.Box(MakeFourCc("dinf"), [&] {
    writer.FullBox(MakeFourCc("dref"), 0, 0, [&] {
      writer.U32(1);
      writer.FullBox(MakeFourCc("url "), 0, 1, [] {});
    });
  });
}

void WriteStsd(BoxWriter& writer, const std::string& sample_entry) {
  writer.FullBox(MakeFourCc("stsd"), 0, 0, [&] {
    writer.U32(1);
    writer.Append(AsBytes(sample_entry));
  });
}

void WriteEdts(BoxWriter& writer, const EditList& edits) {
  if (edits.late == 0 && edits.media_time == 0) return;
  // A media time is signed: -1 says that nothing is shown.
  const bool wide = IsWide(std::max(edits.late, edits.duration)) ||
                    edits.media_time > std::numeric_limits<std::int32_t>::max();
  writer.Box(MakeFourCc("edts"), [&] {
    writer.FullBox(MakeFourCc("elst"), wide ? 1 : 0, 0, [&] {
      writer.U32(edits.late == 0 ? 1 : 2);
      if (edits.late != 0) {
        WriteTime(writer, wide, edits.late);
        WriteTime(writer, wide, std::numeric_limits<std::uint64_t>::max());
        writer.U32(kNormalRate);
      }
      WriteTime(writer, wide, edits.duration);
      WriteTime(writer, wide, edits.media_time);
      writer.U32(kNormalRate);
    });
  });
}

}  // namespace tritontube::packaging
