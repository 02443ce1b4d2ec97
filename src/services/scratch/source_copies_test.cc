#include "services/scratch/source_copies.h"

#include <gtest/gtest.h>

#include "core/blob/digester.h"
#include "foundation/async/sleep.h"
#include "foundation/async/task_group.h"
#include "services/scratch/stored_source_test.h"
#include "support/counting_blob_store.h"
#include "support/memory_blob_store.h"
#include "support/movie_file.h"
#include "support/temporary_folder.h"

namespace tritontube::scratch {
namespace {

using Operation = support::MemoryBlobStore::Operation;
using media::Container;
using support::TextOf;

constexpr ByteCount kRecordBytes = ByteCount{16} << 10U;
constexpr std::size_t kFilmSampleBytes = 8'000;
constexpr std::size_t kFilmRate = 24;  // Pictures a second.

// Fifty seconds with a key every second, over two parts.
support::MovieFile MakeFilm() {
  support::FakeMovieTrack track{.samples = support::FakePictures(1200, 24)};
  for (support::FakeSample& sample : track.samples) sample.size = kFilmSampleBytes;
  return support::MakeMovieFile({.tracks = {track}});
}

const support::MovieFile& Film() {
  static const support::MovieFile kFilm = MakeFilm();
  return kFilm;
}

PictureWindow Seconds(double from, double to) {
  return {.stream_index = 0, .from_seconds = from, .to_seconds = to};
}

class SourceCopiesTest : public testing::Test {
 protected:
  SourceCopiesTest() { OpenCopies({.record_bytes = kRecordBytes}); }

  void OpenCopies(SourceCopiesOptions options, ByteCount capacity_bytes = 100'000'000) {
    copies_.reset();
    space_ = ScratchSpace::Open(temp_.path() / "scratch", capacity_bytes, blocking_).value();
    copies_ = std::make_unique<SourceCopies>(*space_, counted_, options);
  }

  template <typename T>
  T Await(async::Task<T> task) {
    return async::BlockOn(io_.executor(0), std::move(task));
  }

  SourceCopy Open(const sources::SourceKey& source, Container container = Container::kMov) {
    return Await(copies_->Open(source, container, Deadline::Never())).value();
  }

  Result<void> NeedAll(SourceCopy& copy) { return Await(copy.NeedAll(Deadline::Never())); }
  Result<void> NeedPictures(SourceCopy& copy, const PictureWindow& window) {
    return Await(copy.NeedPictures(window, Deadline::Never()));
  }

  // Whether the sample stands where it stands in the file.
  bool HasSample(const SourceCopy& copy, std::size_t number) const {
    const std::string& sample = film_.samples[0][number];
    return TextOf(copy.path()).substr(film_.bytes.find(sample), sample.size()) == sample;
  }

  const support::TemporaryFolder temp_;
  async::IoPool io_{1};
  async::BlockingPool blocking_{2, 64};
  support::MemoryBlobStore store_;
  support::CountingBlobStore counted_{store_};
  const support::MovieFile& film_ = Film();
  const sources::SourceKey source_ = StoreSource(store_, film_.bytes, 1);
  std::unique_ptr<ScratchSpace> space_;
  std::unique_ptr<SourceCopies> copies_;
};

TEST_F(SourceCopiesTest, ReadNothingBeforeItIsNeeded) {
  const SourceCopy copy = Open(source_);
  EXPECT_EQ(std::filesystem::file_size(copy.path()), film_.bytes.size());
  EXPECT_EQ(counted_.read_bytes(), 0U);
  EXPECT_EQ(space_->reserved_bytes(), 0U);
}

TEST_F(SourceCopiesTest, ReadOnlyWhatPicturesNeed) {
  SourceCopy copy = Open(source_);
  ASSERT_TRUE(NeedPictures(copy, Seconds(30, 32)));
  // Eight seconds of the beginning, what is around the two, a moov and the edges of all that.
  constexpr std::size_t kSamples = 8 * kFilmRate + (1 + 2 + 2) * kFilmRate + 40;
  EXPECT_GT(counted_.read_bytes(), (kSamples - 24) * kFilmSampleBytes);
  EXPECT_LT(counted_.read_bytes(), (kSamples + 24) * kFilmSampleBytes);
  EXPECT_EQ(space_->reserved_bytes(), counted_.read_bytes());
  for (const std::size_t number : {0 * kFilmRate, 1 * kFilmRate, 29 * kFilmRate, 30 * kFilmRate,
                                   33 * kFilmRate, 34 * kFilmRate}) {
    EXPECT_TRUE(HasSample(copy, number)) << number;
  }
  for (const std::size_t number : {12 * kFilmRate, 28 * kFilmRate, 38 * kFilmRate}) {
    EXPECT_FALSE(HasSample(copy, number)) << number;
  }
}

TEST_F(SourceCopiesTest, ReadNothingTwice) {
  SourceCopy copy = Open(source_);
  ASSERT_TRUE(NeedPictures(copy, Seconds(30, 32)));
  const ByteCount before = counted_.read_bytes();
  SourceCopy other = Open(source_);
  EXPECT_EQ(other.path(), copy.path());
  ASSERT_TRUE(NeedPictures(other, Seconds(30, 32)));
  EXPECT_EQ(counted_.read_bytes(), before);
  ASSERT_TRUE(NeedPictures(other, Seconds(32, 34)));
  EXPECT_LT(counted_.read_bytes(), before + std::size_t{3} * kFilmRate * kFilmSampleBytes);
  ASSERT_TRUE(NeedAll(copy));
  EXPECT_EQ(counted_.read_bytes(), film_.bytes.size());
  EXPECT_EQ(TextOf(copy.path()), film_.bytes);
}

TEST_F(SourceCopiesTest, AreBroughtOnceForAllWhoNeedThemAtOnce) {
  store_.Delay(Operation::kGet, std::chrono::milliseconds(2));
  SourceCopy first = Open(source_);
  SourceCopy second = Open(source_);
  std::array<std::optional<Result<void>>, 3> results;
  std::vector<async::Task<void>> needs;
  needs.push_back(async::KeepResult(first.NeedAll(Deadline::Never()), results[0]));
  needs.push_back(async::KeepResult(second.NeedAll(Deadline::Never()), results[1]));
  needs.push_back(
      async::KeepResult(second.NeedPictures(Seconds(9, 11), Deadline::Never()), results[2]));
  async::BlockOn(io_.executor(0), async::RunAll(std::move(needs)));
  for (const auto& result : results) EXPECT_TRUE(result->has_value());
  EXPECT_EQ(counted_.read_bytes(), film_.bytes.size());
  EXPECT_EQ(TextOf(second.path()), film_.bytes);
}

TEST_F(SourceCopiesTest, ReadAFewPiecesAtATime) {
  OpenCopies({.record_bytes = kRecordBytes, .reads_at_once = 3});
  store_.Delay(Operation::kGet, std::chrono::milliseconds(1));
  SourceCopy copy = Open(source_);
  ASSERT_TRUE(NeedAll(copy));
  EXPECT_EQ(counted_.most_reads_at_once(), 3U);
  EXPECT_LE(counted_.longest_read(), ByteCount{1} << 20U);
}

TEST_F(SourceCopiesTest, TellTheDigestOfAllOfIt) {
  SourceCopy copy = Open(source_, Container::kMatroska);
  const auto digest = Await(copy.NeedAllAndDigest(Deadline::Never()));
  ASSERT_TRUE(digest);
  EXPECT_EQ(*digest, blob::DigestOf(blob::Bytes(film_.bytes)));
  EXPECT_EQ(*Await(copy.NeedAllAndDigest(Deadline::Never())), *digest);
  EXPECT_EQ(counted_.read_bytes(), film_.bytes.size());
}

TEST_F(SourceCopiesTest, AreWholeWhenItCannotBeToldWhatIsRead) {
  SourceCopy other = Open(source_, Container::kMatroska);
  ASSERT_TRUE(NeedPictures(other, Seconds(1, 2)));
  EXPECT_EQ(TextOf(other.path()), film_.bytes);
  const std::string noise = support::Noise(300'000, 1);
  SourceCopy broken = Open(StoreSource(store_, noise, 2));
  ASSERT_TRUE(NeedPictures(broken, Seconds(1, 2)));
  EXPECT_EQ(TextOf(broken.path()), noise);
}

TEST_F(SourceCopiesTest, SayThatThereIsNoRoomAndGoOnWhenThereIs) {
  OpenCopies({.record_bytes = kRecordBytes}, film_.bytes.size() + 1);
  std::optional<ScratchFolder> folder = space_->NewFolder().value();
  ASSERT_TRUE(space_->Reserve(*folder, 1'000'000));
  SourceCopy copy = Open(source_);
  EXPECT_EQ(NeedAll(copy).error().code(), ErrorCode::kResourceExhausted);
  folder.reset();
  ASSERT_TRUE(NeedAll(copy));
  EXPECT_EQ(space_->reserved_bytes(), film_.bytes.size());
  EXPECT_EQ(counted_.read_bytes(), film_.bytes.size());
}

TEST_F(SourceCopiesTest, SayThatAPartIsMissing) {
  SourceCopy copy = Open(source_);
  store_.FailNext(Operation::kGet, Error(ErrorCode::kNotFound, "no such blob"));
  const auto needed = NeedAll(copy);
  ASSERT_FALSE(needed);
  EXPECT_EQ(needed.error().code(), ErrorCode::kDataLoss);
  EXPECT_EQ(needed.error().message(), "a part of the original is missing: no such blob");
}

TEST_F(SourceCopiesTest, PassOnWhatTheStoreSaysAndMayBeTriedAgain) {
  SourceCopy copy = Open(source_);
  store_.FailNext(Operation::kGet, Error(ErrorCode::kUnavailable, "not now"), 2);
  EXPECT_EQ(NeedPictures(copy, Seconds(3, 4)).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(NeedAll(copy).error().code(), ErrorCode::kUnavailable);
  ASSERT_TRUE(NeedAll(copy));
  EXPECT_EQ(TextOf(copy.path()), film_.bytes);
  EXPECT_EQ(space_->reserved_bytes(), film_.bytes.size());
}

async::Task<void> CancelSoon(async::Task<Result<void>> need, std::optional<Result<void>>& result) {
  async::TaskGroup group(co_await async::asio::this_coro::executor);
  group.Spawn(async::KeepResult(std::move(need), result));
  co_await async::Sleep(std::chrono::milliseconds(20));
  co_await group.Stop();
}

TEST_F(SourceCopiesTest, AreUsableWhenSomebodyWasStoppedWhileHeReadThem) {
  SourceCopy copy = Open(source_);
  store_.Delay(Operation::kGet, std::chrono::hours(1));
  std::optional<Result<void>> result;
  async::BlockOn(io_.executor(0), CancelSoon(copy.NeedAll(Deadline::Never()), result));
  EXPECT_EQ(result->error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(space_->reserved_bytes(), 0U);
  store_.Delay(Operation::kGet, std::chrono::milliseconds(0));
  ASSERT_TRUE(NeedAll(copy));
  EXPECT_EQ(TextOf(copy.path()), film_.bytes);
}

// One is stopped while another waits for what he was to bring.
async::Task<void> StopTheFirst(SourceCopy& copy, support::MemoryBlobStore& store,
                               std::optional<Result<void>>& second) {
  async::TaskGroup first_group(co_await async::asio::this_coro::executor);
  async::TaskGroup second_group(co_await async::asio::this_coro::executor);
  std::optional<Result<void>> first;
  store.Delay(Operation::kGet, std::chrono::hours(1));
  first_group.Spawn(async::KeepResult(copy.NeedPictures(Seconds(0, 1), Deadline::Never()), first));
  co_await async::Sleep(std::chrono::milliseconds(20));
  store.Delay(Operation::kGet, std::chrono::milliseconds(0));
  second_group.Spawn(
      async::KeepResult(copy.NeedPictures(Seconds(0, 1), Deadline::Never()), second));
  co_await async::Sleep(std::chrono::milliseconds(20));
  EXPECT_FALSE(second);
  co_await first_group.Stop();
  co_await second_group.Join();
  EXPECT_EQ(first->error().code(), ErrorCode::kCancelled);
}

TEST_F(SourceCopiesTest, AreBroughtByWhoWaitsWhenTheOtherIsStopped) {
  SourceCopy copy = Open(source_);
  std::optional<Result<void>> second;
  async::BlockOn(io_.executor(0), StopTheFirst(copy, store_, second));
  EXPECT_TRUE(second->has_value());
  EXPECT_TRUE(HasSample(copy, 24));
}

TEST_F(SourceCopiesTest, EndWithTheDeadline) {
  SourceCopy copy = Open(source_);
  store_.Delay(Operation::kGet, std::chrono::hours(1));
  const auto needed = Await(copy.NeedAll(Deadline::After(std::chrono::milliseconds(20))));
  EXPECT_EQ(needed.error().code(), ErrorCode::kDeadlineExceeded);
}

TEST_F(SourceCopiesTest, StayForTheNextAndGoWhenTheyAreIdle) {
  std::filesystem::path path;
  {
    SourceCopy copy = Open(source_);
    copy.KeepForOthers();
    ASSERT_TRUE(NeedAll(copy));
    path = copy.path();
  }
  EXPECT_EQ(Open(source_).path(), path);
  EXPECT_EQ(counted_.read_bytes(), film_.bytes.size());

  OpenCopies({.idle_time = std::chrono::milliseconds(0), .record_bytes = kRecordBytes});
  {
    SourceCopy copy = Open(source_);
    copy.KeepForOthers();
    ASSERT_TRUE(NeedPictures(copy, Seconds(1, 2)));
    path = copy.path();
  }
  EXPECT_TRUE(std::filesystem::exists(path));
  const SourceCopy other = Open(StoreSource(store_, "another", 2), Container::kMatroska);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(copies_->copy_count(), 1U);
  EXPECT_EQ(space_->reserved_bytes(), 0U);
}

TEST_F(SourceCopiesTest, GoWithTheirLastHolderUnlessTheyAreKept) {
  std::optional<SourceCopy> first = Open(source_);
  std::optional<SourceCopy> second = Open(source_);
  const std::filesystem::path path = first->path();
  first.reset();
  EXPECT_TRUE(std::filesystem::exists(path));
  second.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(copies_->copy_count(), 0U);
}

TEST_F(SourceCopiesTest, GoAtOnceWhenSomebodyNeedsTheRoom) {
  OpenCopies({.record_bytes = kRecordBytes}, film_.bytes.size() + 1);
  {
    SourceCopy copy = Open(source_);
    copy.KeepForOthers();
    ASSERT_TRUE(NeedAll(copy));
  }
  ScratchFolder folder = space_->NewFolder().value();
  ASSERT_TRUE(space_->Reserve(folder, 1000));
  EXPECT_EQ(copies_->copy_count(), 0U);
  EXPECT_EQ(space_->reserved_bytes(), 1000U);
  // But not while they are held.
  SourceCopy held = Open(source_);
  ASSERT_TRUE(NeedPictures(held, Seconds(1, 2)));
  EXPECT_EQ(space_->Reserve(folder, film_.bytes.size()).error().code(),
            ErrorCode::kResourceExhausted);
  EXPECT_EQ(copies_->copy_count(), 1U);
}

}  // namespace
}  // namespace tritontube::scratch
