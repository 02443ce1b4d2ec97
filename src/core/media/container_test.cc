#include "core/media/container.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/bytes.h"

namespace tritontube::media {
namespace {

using namespace std::string_literals;

std::optional<Container> Sniff(const std::string& text) { return SniffContainer(AsBytes(text)); }

// A file of packets of `stride` bytes that carry the sync byte at `sync`.
std::string TransportStream(std::size_t stride, std::size_t sync, std::size_t packets) {
  std::string text(stride * packets, '\x11');
  for (std::size_t i = 0; i < packets; ++i) text[i * stride + sync] = '\x47';
  return text;
}

// Two frames of `size` bytes, each with this header.
std::string TwoFrames(const std::string& header, std::size_t size) {
  const std::string frame = header + std::string(size - header.size(), '\0');
  return frame + frame;
}

TEST(SniffContainer, KnowsEveryContainerByItsFirstBytes) {
  const struct {
    std::string bytes;
    Container container;
  } rows[] = {
      {"\0\0\0\x18"
       "ftypisom\0\0\2\0isommp41"s,
       Container::kMov},
      {"\0\0\0\x14"
       "ftypqt  \0\0\2\0qt  "s,
       Container::kMov},
      {"\0\0\1\0moov\0\0\0\x6cmvhd"s, Container::kMov},
      {"\0\0\0\x08wide\0\1\0\0mdat1234"s, Container::kMov},
      {"\0\0\0\x0c"
       "free1234\0\0\0\1mdat\0\0\0\1\0\0\0\0"s,
       Container::kMov},
      {"\0\0\0\0mdat1234"s, Container::kMov},
      {"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\x82\x88matroska"s, Container::kMatroska},
      {"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\x82\x84webm"s, Container::kMatroska},
      {"RIFF\x24\x10\0\0AVI LIST"s, Container::kAvi},
      {"RIFF\x24\x10\0\0WAVEfmt "s, Container::kWav},
      {"FLV\1\5\0\0\0\x09\0\0\0\0"s, Container::kFlv},
      {"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C"s, Container::kAsf},
      {"OggS\0\2"s + std::string(30, '\0'), Container::kOgg},
      {"fLaC\0\0\0\x22"s, Container::kFlac},
      {"ID3\4\0\0\0\0\x10\x20"s, Container::kMp3},
      {TwoFrames("\xFF\xFB\x90\x64"s, 417), Container::kMp3},
      {TwoFrames("\xFF\xF1\x50\x80\x0C\x9F\xFC"s, 100), Container::kAac},
      {TransportStream(188, 0, 8), Container::kMpegTs},
      {TransportStream(192, 4, 8), Container::kMpegTs},
      {TransportStream(204, 0, 8), Container::kMpegTs},
      {"\0\0\1\xBA\x44\0\4\0\4\1\0\0\3\xF8\0\0\1\xBB"s, Container::kMpegPs},
      {"\0\0\1\xBA\x21\0\1\0\1\x80\0\1\0\0\1\xBB"s, Container::kMpegPs},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Sniff(row.bytes), row.container) << testing::PrintToString(row.bytes.substr(0, 24));
  }
}

// What would make a demuxer open other files, and what is no video at all.
TEST(SniffContainer, RefusesTextPicturesAndNonsenseWhateverTheyAreCalled) {
  const std::string rows[] = {
      "",
      "\0"s,
      "#EXTM3U\n#EXT-X-VERSION:7\n",
      "\xEF\xBB\xBF#EXTM3U\n",
      "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\nftypisom",
      "<?xml version=\"1.0\"?><MPD/>",
      "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\">",
      "ffconcat version 1.0\nfile x.mp4\n",
      "file 'x.mp4'\n",
      "[playlist]\nFile1=x\n",
      "<!DOCTYPE html><html>",
      "<html><video src=x></html>",
      "<smil><body/></smil>",
      "WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n",
      "v=0\no=- 0 0 IN IP4 127.0.0.1\n",
      "just text, with ftyp moov mdat in it",
      "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s,
      "\xFF\xD8\xFF\xE0\0\x10JFIF\0"s,
      "GIF89a\1\0\1\0"s,
      "BM\x36\0\0\0\0\0"s,
      "II*\0\x10\0\0\0CR\2\0"s,
      "\0\0\0\x0CjP  \r\n\x87\n"s,
      "\0\0\0\x18"
      "ftypheic\0\0\0\0mif1heic"s,
      "\0\0\0\x18"
      "ftypavif\0\0\0\0mif1avif"s,
      "RIFF\x24\x10\0\0WEBPVP8 "s,
      "%PDF-1.7\n",
      "PK\3\4\x14\0"s,
      "\x7F"
      "ELF\2\1\1\0"s,
      "#!/bin/sh\n",
      // A container's own beginning, but impossible.
      "\0\0\0\x02"
      "ftypisom\0\0\2\0isommp41"s,
      "\0\1\0\0"
      "ftypisom\0\0\2\0isommp41"s,
      "\xFF\xFF\xFF\xFF"
      "free1234"s,
      "\0\0\0\1mdat\0\0\0\0\0\0\0\2"s,
      "\x1A\x45\xDF\xA3\x9F\x42\x82\x84text"s,
      "FLV\1\xFF\0\0\0\x09"s,
      "OggS\1\2"s + std::string(30, '\0'),
      "OggS\0\2"s,
      "fLaC\0\0\0\x21"s,
      "ID3 is a tag format",
      "ID3\4\0\0\xFF\xFF\xFF\xFF"s,
      "\0\0\1\xBA\x44\0\4\0\4\1\0\0\3\xF8xyz"s,
      "\0\0\1\xBA\x99\0\4\0\4\1\0\0\3\xF8\0\0\1\xBB"s,
      TransportStream(188, 0, 3),
      TransportStream(187, 0, 30),
      // One frame alone, or one that leads nowhere.
      TwoFrames("\xFF\xFB\x90\x64"s, 417).substr(0, 417),
      TwoFrames("\xFF\xFB\x90\x64"s, 400),
      TwoFrames("\xFF\xF1\x50\x80\x0C\x9F\xFC"s, 99),
      std::string(4096, '\xFF'),
      std::string(4096, '\0'),
  };
  for (const std::string& row : rows) {
    EXPECT_EQ(Sniff(row), std::nullopt) << testing::PrintToString(row.substr(0, 32));
  }
}

TEST(SniffContainer, NeverReadsBeyondWhatItIsGiven) {
  const std::string rows[] = {
      "\0\0\0\x18"
      "ftypisom\0\0\2\0isommp41"s,
      "\0\0\1\xBA\x44\0\4\0\4\1\0\0\3\xF8\0\0\1\xBB"s, TransportStream(192, 4, 5),
      TwoFrames("\xFF\xFB\x90\x64"s, 417)};
  for (const std::string& row : rows) {
    for (std::size_t size = 0; size <= row.size(); ++size) {
      const std::vector<char> exact(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(size));
      SniffContainer(std::as_bytes(std::span(exact)));
    }
  }
}

TEST(Container, HasAName) {
  EXPECT_EQ(DemuxerName(Container::kMov), "mov");
  EXPECT_EQ(DemuxerName(Container::kMpegPs), "mpeg");
  for (int i = 0; i <= static_cast<int>(Container::kAac); ++i) {
    const auto container = static_cast<Container>(i);
    EXPECT_EQ(ContainerFromString(ToString(container)), container);
    EXPECT_FALSE(FileExtension(container).empty());
    EXPECT_NE(ContentType(container).find('/'), std::string_view::npos);
  }
  EXPECT_EQ(ContainerFromString("hls"), std::nullopt);
}

// The container that a sample's file name promises.
Container Promised(const std::filesystem::path& path) {
  const std::string extension = path.extension();
  if (extension == ".webm" || extension == ".mkv") return Container::kMatroska;
  if (extension == ".avi") return Container::kAvi;
  return Container::kMov;
}

TEST(SniffContainer, KnowsEverySampleFile) {
  const char* configured = std::getenv("TRITONTUBE_MEDIA_DIR");
  const std::filesystem::path folder = configured == nullptr ? TRITONTUBE_MEDIA_DIR : configured;
  if (!std::filesystem::is_directory(folder)) {
    GTEST_SKIP() << "no sample files in " << folder << ": set TRITONTUBE_MEDIA_DIR";
  }
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string extension = entry.path().extension();
    if (!entry.is_regular_file() || extension == ".md") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::string head(kSniffBytes, '\0');
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(file.gcount()));
    EXPECT_EQ(Sniff(head), Promised(entry.path())) << entry.path();
    ++count;
  }
  EXPECT_GT(count, 0);
}

}  // namespace
}  // namespace tritontube::media
