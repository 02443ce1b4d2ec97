#include "domain/packaging/init_writer.h"

#include <optional>

#include "core/bmff/box_writer.h"
#include "domain/packaging/movie_writer.h"

namespace tritontube::packaging {

namespace {

using bmff::BoxWriter;
using bmff::MakeFourCc;

void WriteFtyp(BoxWriter& writer) {
  writer.Box(MakeFourCc("ftyp"), [&] {
    writer.U32(MakeFourCc("iso6"));
    writer.U32(0);
    for (const auto brand : {MakeFourCc("iso6"), MakeFourCc("cmfc"), MakeFourCc("mp41")}) {
      writer.U32(brand);
    }
  });
}

// Sample tables without samples: those are in the segments.
void WriteStbl(BoxWriter& writer, const std::string& sample_entry) {
  writer.Box(MakeFourCc("stbl"), [&] {
    WriteStsd(writer, sample_entry);
    writer.FullBox(MakeFourCc("stts"), 0, 0, [&] { writer.U32(0); });
    writer.FullBox(MakeFourCc("stsc"), 0, 0, [&] { writer.U32(0); });
    writer.FullBox(MakeFourCc("stsz"), 0, 0, [&] { writer.U64(0); });
    writer.FullBox(MakeFourCc("stco"), 0, 0, [&] { writer.U32(0); });
  });
}

void WriteMinf(BoxWriter& writer, const InitDescription& description) {
  writer.Box(MakeFourCc("minf"), [&] {
    WriteMediaInformation(writer, description);
    WriteStbl(writer, description.sample_entry);
  });
}

void WriteMvex(BoxWriter& writer) {
  writer.Box(MakeFourCc("mvex"), [&] {
    writer.FullBox(MakeFourCc("trex"), 0, 0, [&] {
      writer.U32(kTrackId);
      writer.U32(1);
      writer.Zeros(12);
    });
  });
}

// The first fields of every sample entry (8.5.2.2).
void WriteEntryHead(BoxWriter& writer) {
  writer.Zeros(6);
  writer.U16(1);  // The data reference.
}

}  // namespace

std::string WriteInit(const InitDescription& description) {
  const TrackHeader header{.id = kTrackId};
  BoxWriter writer;
  WriteFtyp(writer);
  writer.Box(MakeFourCc("moov"), [&] {
    WriteMvhd(writer, {.next_track_id = kTrackId + 1});
    writer.Box(MakeFourCc("trak"), [&] {
      WriteTkhd(writer, description, header);
      // The duration is zero: to the end of all fragments.
      WriteEdts(writer, {.media_time = description.edit_media_time});
      writer.Box(MakeFourCc("mdia"), [&] {
        WriteMediaHeaders(writer, description, header);
        WriteMinf(writer, description);
      });
    });
    WriteMvex(writer);
  });
  return writer.Take();
}

std::string WriteVideoEntry(const bmff::VideoEntry& entry, std::span<const std::byte> avcc) {
  constexpr std::uint32_t kDotsPerInch = 0x00480000;  // 72, by custom.
  BoxWriter writer;
  writer.Box(MakeFourCc("avc1"), [&] {
    WriteEntryHead(writer);
    writer.Zeros(16);
    writer.U16(static_cast<std::uint16_t>(entry.width));
    writer.U16(static_cast<std::uint16_t>(entry.height));
    writer.U32(kDotsPerInch);
    writer.U32(kDotsPerInch);
    writer.Zeros(4);
    writer.U16(1);  // Pictures per sample.
    writer.Zeros(32);
    writer.U16(0x0018);  // Colour without transparency.
    writer.U16(0xffff);
    writer.Box(MakeFourCc("avcC"), [&] { writer.Append(avcc); });
    const auto colr = bmff::FindOptional(entry.boxes, MakeFourCc("colr"));
    if (!colr || !*colr) return;
    // QuickTime's 'nclc' says the same in another form that players ignore.
    bmff::ByteReader type((*colr)->payload);
    if (type.U32() != MakeFourCc("nclx")) return;
    writer.Box(MakeFourCc("colr"), [&] { writer.Append((*colr)->payload); });
  });
  return writer.Take();
}

std::string WriteAudioEntry(const bmff::AudioEntry& entry, int channels) {
  BoxWriter writer;
  writer.Box(MakeFourCc("mp4a"), [&] {
    WriteEntryHead(writer);
    writer.Zeros(8);
    writer.U16(static_cast<std::uint16_t>(channels));
    writer.U16(16);  // Bits per sample, by custom.
    writer.Zeros(4);
    writer.U32(static_cast<std::uint32_t>(entry.sample_rate) << 16U);
    writer.Box(MakeFourCc("esds"), [&] { writer.Append(entry.esds); });
  });
  return writer.Take();
}

}  // namespace tritontube::packaging
