#include "services/upload/source_analyst.h"

#include <gtest/gtest.h>

#include "services/upload/stored_source.h"
#include "support/movie_file.h"
#include "support/platform.h"

namespace tritontube::upload {
namespace {

using support::FakeMovie;

// Pictures with a key frame each second, and sound, of 20 seconds.
FakeMovie UsualMovie(bool moov_first) {
  const std::vector<support::FakeSample> frames(std::size_t{20} * 47,
                                                {.size = 180, .duration = 1024});
  return {.tracks = {{.samples = support::FakePictures(500, 25)},
                     {.id = 2, .handler = "soun", .timescale = 48'000, .samples = frames}},
          .moov_first = moov_first};
}

// A file of which only some bytes have arrived.
class FakeArriving final : public SourceReader {
 public:
  explicit FakeArriving(std::string bytes) : bytes_(std::move(bytes)) {}

  void Bring(blob::ByteRange range) { arrived_.push_back(range); }
  void BringAll() { Bring({0, size()}); }
  int read_count = 0;

  ByteCount size() const override { return bytes_.size(); }
  bool Holds(blob::ByteRange range) const override {
    return std::ranges::any_of(arrived_, [&](const blob::ByteRange& there) {
      return there.offset <= range.offset && range.end() <= there.end();
    });
  }
  async::Task<Result<blob::Bytes>> Read(blob::ByteRange range, Deadline /*deadline*/) override {
    ++read_count;
    EXPECT_TRUE(Holds(range));
    co_return blob::Bytes(bytes_.substr(range.offset, range.length));
  }

 private:
  std::string bytes_;
  std::vector<blob::ByteRange> arrived_;
};

class SourceAnalystTest : public support::Platform {
 protected:
  Analysis Analyse(SourceReader& file, media::Container container = media::Container::kMov) {
    auto analysis = Value(analyst_.Analyse(container, file, Deadline::Never()));
    EXPECT_TRUE(analysis.has_value());
    return *std::move(analysis);
  }
  Analysed AnalyseAll(const FakeMovie& movie) {
    FakeArriving file(support::MakeMovieFile(movie).bytes);
    file.BringAll();
    return std::get<Analysed>(Analyse(file));
  }

  SourceAnalyst analyst_{blocking_};
};

TEST_F(SourceAnalystTest, DescribesWhatIsShownOfAFile) {
  const auto [analysis, beginning] = AnalyseAll(UsualMovie(true));
  EXPECT_TRUE(analysis.copy.ShowsAll()) << analysis.copy.reasons.front().message;
  EXPECT_EQ(analysis.copy.tracks, (std::vector<std::uint32_t>{1, 2}));
  ASSERT_EQ(analysis.renditions.size(), 2U);
  EXPECT_EQ(analysis.renditions[0].id, "vsrc");
  EXPECT_EQ(analysis.renditions[0].codec, "avc1.64001f");
  EXPECT_EQ(analysis.renditions[0].height, 720);
  EXPECT_GT(analysis.renditions[0].bandwidth, 0U);
  EXPECT_EQ(analysis.renditions[1].id, "asrc0");
  EXPECT_EQ(analysis.facts.width, 1280);
  EXPECT_EQ(analysis.facts.frame_rate, (media::Rational{24, 1}));
  EXPECT_NEAR(*analysis.facts.duration_seconds, 20.8, 0.1);
  EXPECT_FALSE(beginning.empty());
}

TEST_F(SourceAnalystTest, ShowsPicturesWhoseSoundIsNotShown) {
  FakeMovie movie = UsualMovie(true);
  movie.tracks[1].sample_entry = support::AudioEntry(6, 48'000, std::string("\x11\xb0", 2));
  const auto analysed = AnalyseAll(movie);
  EXPECT_FALSE(analysed.analysis.copy.ShowsAll());
  EXPECT_EQ(analysed.analysis.copy.tracks, (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(analysed.analysis.renditions.size(), 1U);
}

TEST_F(SourceAnalystTest, ShowsNothingWhenThePicturesAreNotShown) {
  FakeMovie movie = UsualMovie(true);
  movie.tracks[0].sample_entry = support::VideoEntry(1280, 720, "no configuration");
  const auto analysed = AnalyseAll(movie);
  EXPECT_FALSE(analysed.analysis.copy.reasons.empty());
  EXPECT_TRUE(analysed.analysis.copy.tracks.empty());
  EXPECT_TRUE(analysed.analysis.renditions.empty());
  EXPECT_TRUE(analysed.beginning.empty());
}

TEST_F(SourceAnalystTest, ShowsSoundThatHasNoPictures) {
  FakeMovie movie = UsualMovie(true);
  movie.tracks.erase(movie.tracks.begin());
  const auto analysed = AnalyseAll(movie);
  EXPECT_TRUE(analysed.analysis.copy.ShowsAll());
  EXPECT_EQ(analysed.analysis.renditions.front().id, "asrc0");
}

TEST_F(SourceAnalystTest, SaysWhyOtherContainersAreNotShown) {
  FakeArriving file("whatever");
  const auto analysed = std::get<Analysed>(Analyse(file, media::Container::kMatroska));
  ASSERT_EQ(analysed.analysis.copy.reasons.size(), 1U);
  EXPECT_EQ(analysed.analysis.copy.reasons.front().code, "container");
  EXPECT_EQ(file.read_count, 0);
}

TEST_F(SourceAnalystTest, SaysWhyAFileWithoutAnIndexIsNotShown) {
  FakeArriving file(std::string(100, 'x'));
  file.BringAll();
  const auto analysed = std::get<Analysed>(Analyse(file));
  ASSERT_EQ(analysed.analysis.copy.reasons.size(), 1U);
  EXPECT_EQ(analysed.analysis.copy.reasons.front().code, "unreadable");
}

TEST_F(SourceAnalystTest, NeedsOnlyTheBoxesWhereverTheyStand) {
  for (const bool moov_first : {true, false}) {
    FakeArriving file(support::MakeMovieFile(UsualMovie(moov_first)).bytes);
    int looks = 0;
    for (Analysis analysis = Analyse(file); std::holds_alternative<NotYet>(analysis);
         analysis = Analyse(file)) {
      const bmff::ByteRange wanted = std::get<NotYet>(analysis).wanted;
      file.Bring({wanted.offset, wanted.length});
      ASSERT_LT(++looks, 5);
    }
    EXPECT_LE(looks, 3);
  }
}

TEST_F(SourceAnalystTest, ReadsAFileThatIsOnItsWayOutOfItsPieces) {
  const std::string bytes = support::MakeMovieFile(UsualMovie(true)).bytes;
  const sources::SourceKey key{VideoId::Generate(random_), UploadId::Generate(random_),
                               bytes.size()};
  sources::Arrival arrival{.pieces_upload = UploadId::Generate(random_)};
  const sources::StoredPiece piece{.offset = 0, .length = bytes.size() / 2};
  std::vector<blob::Blob> batch;
  batch.push_back({.key = {key.video, arrival.pieces_upload, sources::PieceFileName(piece)},
                   .bytes = blob::Bytes(bytes.substr(0, piece.length))});
  ASSERT_TRUE(Value(store_.Put(std::move(batch), Deadline::Never())));
  ASSERT_TRUE(sources::AddPiece(arrival, piece, bytes.size()));
  ArrivingSource file(store_, key, arrival);
  EXPECT_TRUE(std::get<Analysed>(Analyse(file)).analysis.copy.ShowsAll());
}

}  // namespace
}  // namespace tritontube::upload
