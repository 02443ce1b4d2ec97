#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "adapters/ffmpeg/extra_tools.h"
#include "adapters/ffmpeg/tools_fixture_test.h"
#include "chunked/clapper.h"
#include "core/bmff/fragment.h"
#include "core/bmff/init_segment.h"
#include "domain/manifest/presentation_json.h"
#include "services/transcode/workshop.h"
#include "support/platform.h"
#include "support/shell.h"

// Whoever watches a video that was made in chunks hears every sound at the picture it belongs to.
namespace tritontube::chunked {
namespace {

namespace fs = std::filesystem;
using media::Kind;
using media::Rendition;
using support::Shell;

constexpr std::int64_t kSeconds = 72;
// The chunks begin at 0, 4 and 36 seconds.
constexpr std::int64_t kFirstJoin = 100;
constexpr std::int64_t kSecondJoin = 900;
constexpr std::int64_t kAacFrame = 1024;
// What an AAC encoder needs to get going. Only MP4 tells that it is not to be heard; in other files
// it is heard, and the pictures are as late as the sound.
constexpr std::int64_t kRunUp = 1024;
constexpr std::int64_t kMillisecond = kSampleRate / 1000;

// Every three seconds, at a join, and closely before and behind each.
std::vector<std::int64_t> ClapFrames() {
  std::vector<std::int64_t> frames = {kFirstJoin - 3, kFirstJoin + 3, kSecondJoin - 2,
                                      kSecondJoin + 1};
  for (std::int64_t frame = kFrameRate; frame < kSeconds * kFrameRate;
       frame += std::int64_t{3} * kFrameRate) {
    frames.push_back(frame);
  }
  std::ranges::sort(frames);
  return frames;
}

struct Recording {
  std::string name;
  std::string file;
  // Of the pictures and the sound that come one from `pictures.mkv` and one from `claps.wav`: how
  // they are brought together.
  std::string arguments;
  // How much later the file has them than they were recorded: pictures in frames, where what is
  // between two of them belongs to the nearest, and sound in samples.
  std::int64_t pictures_late = 0;
  std::int64_t sound_late = 0;
  // Between these seconds nothing is left of the sound.
  std::int64_t gap_begin = 0;
  std::int64_t gap_end = 0;
};

void PrintTo(const Recording& recording, std::ostream* out) { *out << recording.name; }

std::string BytesOf(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class SoundTest : public support::Platform, public testing::WithParamInterface<Recording> {
 protected:
  class Witness final : public transcode::WorkerObserver {
   public:
    void OnChunkMade(const VideoId& /*video*/, std::uint32_t /*number*/,
                     const media::EncodeSummary& /*summary*/) override {
      ++chunk_count;
    }
    void OnJobFailed(const VideoId& /*video*/, const Error& error, bool /*retried*/) override {
      ADD_FAILURE() << error.message();
      ended.Notify();
    }
    void OnExtrasDone(const VideoId& /*video*/, const catalog::VideoExtras& /*made*/) override {
      ended.Notify();
    }
    int chunk_count = 0;
    async::Event ended;
  };

  fs::path path(std::string_view name) const { return temp_.path() / name; }

  fs::path Record(const Recording& recording) {
    WriteClaps(path("claps.wav"), ClapFrames(), kSeconds);
    Shell(
        fmt::format("cd {} && ffmpeg -v error -nostdin -y -f lavfi -i color=c=black:s=160x90:r={}"
                    ":d={} -vf \"{}\" -c:v libx264 -preset ultrafast -g 77 pictures.mkv",
                    temp_.path().string(), kFrameRate, kSeconds, FlashFilter(ClapFrames())));
    Shell(fmt::format("cd {} && ffmpeg -v error -nostdin -y {} {}", temp_.path().string(),
                      recording.arguments, recording.file));
    return path(recording.file);
  }

  // As a process of two slots does it, from the committed source to the last extra.
  void Make() { Await(Work()); }
  async::Task<void> Work() {
    ffmpeg::FfmpegExtraTools extra_tools(tools_->options());
    extras::ExtrasMaker extras(store_, *scratch_, extra_tools);
    transcode::Workshop workshop({.name = "a worker",
                                  .coordination = coordination_,
                                  .catalog = catalog_,
                                  .jobs = jobs_,
                                  .store = store_,
                                  .space = space_,
                                  .scratch = *scratch_,
                                  .prober = *tools_,
                                  .encoder = *tools_,
                                  .extras = extras,
                                  .lease = lease_,
                                  .clock = clock_,
                                  .random = random_,
                                  .observer = witness_,
                                  .executor = io_.executor(0)},
                                 /*slots=*/2);
    const auto seen = witness_.ended.count();
    workshop.Start();
    co_await witness_.ended.WaitBeyond(seen, Deadline::After(std::chrono::minutes(3)));
    co_await workshop.Stop();
  }

  media::Presentation Published(const VideoId& id) {
    const auto& stored = Found(id).row.presentation;
    if (!stored) return {};
    output_ = stored->output;
    return manifest::PresentationFromJson(Stored(id, std::string(media::kPresentationFile)))
        .value();
  }
  std::string Stored(const VideoId& id, const std::string& file) {
    const auto bytes = Value(store_.GetWhole({id, *output_, file}, Deadline::Never()));
    EXPECT_TRUE(bytes) << file;
    return bytes ? bytes->Flatten() : std::string();
  }

  // Writes what a player would be given, one behind the other, and sees that it leaves no gap.
  fs::path Join(const VideoId& id, const Rendition& rendition) {
    std::string joined = Stored(id, media::InitFileName(rendition.id));
    const auto init = bmff::ParseInit(AsBytes(joined)).value();
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < rendition.segments.size(); ++i) {
      const std::string segment = Stored(id, media::SegmentFileName(rendition.id, i + 1));
      const auto fragment = bmff::ParseFragment(AsBytes(segment), init.tracks.front()).value();
      EXPECT_EQ(fragment.base_decode_time, end) << rendition.id << " " << i;
      EXPECT_EQ(fragment.duration, rendition.segments[i].duration) << rendition.id << " " << i;
      if (i == 0 && rendition.kind == Kind::kVideo) {
        EXPECT_EQ(fragment.earliest_presentation_time,
                  static_cast<std::int64_t>(rendition.presentation_offset));
      }
      end = fragment.base_decode_time + fragment.duration;
      joined += segment;
    }
    fs::path file = path(rendition.id + ".mp4");
    std::ofstream(file, std::ios::binary) << joined;
    return file;
  }

  // Every sample that is stored, those before the beginning too.
  std::vector<std::int16_t> Hear(const fs::path& file) {
    Shell(
        fmt::format("cd {} && ffmpeg -v error -nostdin -y -ignore_editlist 1 -f mov -i {} -ac 1 "
                    "-f s16le heard",
                    temp_.path().string(), file.string()));
    const std::string bytes = BytesOf(path("heard"));
    std::vector<std::int16_t> samples(bytes.size() / sizeof(std::int16_t));
    std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(std::int16_t));
    return samples;
  }
  // The frames that are white, and how many there are in all.
  std::vector<std::int64_t> See(const fs::path& file, std::int64_t& count) {
    Shell(
        fmt::format("cd {} && ffmpeg -v error -nostdin -y -f mov -i {} -vf scale=1:1,format=gray "
                    "-fps_mode passthrough -f rawvideo seen",
                    temp_.path().string(), file.string()));
    const std::string pixels = BytesOf(path("seen"));
    count = static_cast<std::int64_t>(pixels.size());
    std::vector<std::int64_t> white;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      if (static_cast<unsigned char>(pixels[i]) > 128) {
        white.push_back(static_cast<std::int64_t>(i));
      }
    }
    return white;
  }

  void ExpectPictures(const VideoId& id, const Rendition& pictures) {
    std::int64_t count = 0;
    const auto white = See(Join(id, pictures), count);
    std::vector<std::int64_t> expected = ClapFrames();
    for (std::int64_t& frame : expected) frame += GetParam().pictures_late;
    EXPECT_EQ(white, expected);
    EXPECT_EQ(count, kSeconds * kFrameRate + GetParam().pictures_late);
  }

  void ExpectSound(const VideoId& id, const Rendition& sound) {
    const Recording& recording = GetParam();
    ASSERT_EQ(sound.timescale, static_cast<std::uint32_t>(kSampleRate));
    const fs::path file = Join(id, sound);
    const std::vector<std::int16_t> samples = Hear(file);
    const media::Segment& last = sound.segments.back();
    // The last frame is filled up.
    const auto end = static_cast<std::int64_t>(last.start + last.duration);
    EXPECT_LT(static_cast<std::int64_t>(samples.size()) - end, kAacFrame);
    EXPECT_GE(static_cast<std::int64_t>(samples.size()), end) << "some of it cannot be decoded";
    // A player begins here.
    const auto begin = static_cast<std::int64_t>(sound.presentation_offset);
    EXPECT_NEAR(static_cast<double>(end - begin),
                static_cast<double>(kSeconds * kSampleRate + recording.sound_late), kAacFrame);
    std::int64_t worst = 0;
    for (const std::int64_t frame : ClapFrames()) {
      if (frame >= recording.gap_begin * kFrameRate && frame < recording.gap_end * kFrameRate) {
        continue;
      }
      const std::int64_t at = begin + frame * kSamplesPerFrame + recording.sound_late;
      const auto heard = FindClap(samples, at);
      ASSERT_TRUE(heard) << "no clap at frame " << frame;
      worst = std::max(worst, std::abs(*heard - at));
    }
    EXPECT_LE(worst, kMillisecond) << "samples";
    fmt::print("  {} samples, of which {} before the beginning; a clap is {} samples off at most\n",
               samples.size(), begin, worst);
  }

  std::unique_ptr<ffmpeg::FfmpegTools> tools_ = ffmpeg::OpenTools(ffmpeg::TestOptions());
  Witness witness_;
  std::optional<UploadId> output_;
};

TEST_P(SoundTest, IsHeardWhereItBelongs) {
  const fs::path file = Record(GetParam());
  const std::string bytes = BytesOf(file);
  const auto container = media::SniffContainer(AsBytes(bytes.substr(0, media::kSniffBytes)));
  ASSERT_TRUE(container);
  const VideoId id = CommittedVideo(blob::Bytes(bytes), std::nullopt, *container);
  Make();
  EXPECT_GE(witness_.chunk_count, 3);
  const media::Presentation presentation = Published(id);
  ASSERT_EQ(presentation.renditions.size(), 2U);
  ExpectPictures(id, presentation.renditions.front());
  ExpectSound(id, presentation.renditions.back());
}

INSTANTIATE_TEST_SUITE_P(
    Recordings, SoundTest,
    testing::Values(
        Recording{"Mp4", "a.mp4", "-i pictures.mkv -i claps.wav -c:v copy -c:a aac -b:a 128k"},
        Recording{"Mp4OfAnotherRate", "a.mp4",
                  "-i pictures.mkv -i claps.wav -c:v copy -c:a aac -b:a 128k -ar 44100 -ac 2"},
        Recording{"Matroska", "a.mkv", "-i pictures.mkv -i claps.wav -c:v copy -c:a aac",
                  /*pictures_late=*/1, /*sound_late=*/kRunUp},
        Recording{"MatroskaOfOpus", "a.mkv",
                  "-i pictures.mkv -i claps.wav -c:v copy -c:a libopus -b:a 96k"},
        Recording{"TransportStream", "a.ts", "-i pictures.mkv -i claps.wav -c:v copy -c:a aac",
                  /*pictures_late=*/1, /*sound_late=*/kRunUp},
        Recording{"PicturesStartLater", "a.mkv",
                  "-itsoffset 1 -i pictures.mkv -i claps.wav -c:v copy -c:a aac",
                  /*pictures_late=*/kFrameRate + 1, /*sound_late=*/kRunUp},
        Recording{"SoundStartsLater", "a.mp4",
                  "-i pictures.mkv -itsoffset 0.4 -i claps.wav -c:v copy -c:a aac",
                  /*pictures_late=*/0, /*sound_late=*/kSampleRate * 4 / 10},
        Recording{.name = "SoundWithAGap",
                  .file = "a.mkv",
                  .arguments = "-i claps.wav -c:a aac whole.mka && ffmpeg -v error -nostdin -y -i "
                               "pictures.mkv -i whole.mka -c copy "
                               "-bsf:a 'noise=drop=between(pts*tb\\,34.5\\,38.5)'",
                  .sound_late = kRunUp,
                  .gap_begin = 34,
                  .gap_end = 39}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace tritontube::chunked
