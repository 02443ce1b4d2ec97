#include "services/upload/upload_service.h"

#include <gtest/gtest.h>

#include "domain/catalog/view.h"
#include "foundation/telemetry/log.h"
#include "services/space/needs.h"
#include "services/upload/fake_incoming_test.h"
#include "support/movie_file.h"
#include "support/platform.h"

namespace tritontube::upload {
namespace {

// A file that begins as an MP4 does.
std::string Mp4OfSize(ByteCount size) {
  std::string bytes(
      "\x00\x00\x00\x18"
      "ftypisom\x00\x00\x02\x00isomavc1",
      24);
  bytes += std::string("\x00\x00\x00\x00mdat", 8);
  for (ByteCount i = bytes.size(); i < size; ++i) bytes += static_cast<char>(i % 253);
  return bytes;
}

class UploadServiceTest : public support::Platform {
 protected:
  Result<Outcome> Receive(Incoming& incoming, UploadOptions options = {},
                          JudgeOptions judging = {}) {
    SourceAnalyst analyst(blocking_);
    SourceJudge judge(
        {.store = store_, .scratch = *scratch_, .prober = prober_, .analyst = analyst}, judging);
    options.progress_interval = std::chrono::milliseconds(0);
    UploadService service({.catalog = catalog_,
                           .store = store_,
                           .space = space_,
                           .judge = judge,
                           .lease = lease_,
                           .clock = clock_,
                           .random = random_},
                          options);
    Result<Outcome> outcome = Value(service.Receive(incoming));
    listed_at_the_end_ = Listed().size();
    Await(service.EraseAgain());
    counts_ = service.counts();
    return outcome;
  }

  async::Task<void> FillDisk() {
    store_.SetFull(true);
    co_return;
  }
  async::Task<void> ListInto(std::vector<catalog::VideoRecord>& items) {
    auto page = co_await catalog_.List({}, Deadline::Never());
    EXPECT_TRUE(page.has_value());
    if (page) items = std::move(page->items);
  }

  Refused::Reason ExpectRefused(const Result<Outcome>& outcome) {
    EXPECT_TRUE(outcome.has_value());
    if (!outcome || !std::holds_alternative<Refused>(*outcome)) {
      ADD_FAILURE() << "was taken";
      return Refused::Reason::kEmpty;
    }
    EXPECT_FALSE(std::get<Refused>(*outcome).message.empty());
    ExpectNothingLeft();
    return std::get<Refused>(*outcome).reason;
  }
  void ExpectNothingLeft() {
    EXPECT_TRUE(Listed().empty());
    EXPECT_EQ(store_.blob_count(), 0U);
    EXPECT_EQ(scratch_->reserved_bytes(), 0U);
    EXPECT_EQ(Reserved(), 0U);
  }

  async::Task<void> LoseTheMetadataOnce() {
    coordination_.AddFault(coordination::Call::kCommit,
                           coordination::Fault::Error(ErrorCode::kUnavailable));
    co_return;
  }

  async::Task<void> LoseTheNextAnswer() {
    coordination_.AddFault(coordination::Call::kCommit, coordination::Fault::UnknownAfter(), 1);
    coordination_.AddFault(coordination::Call::kCommit,
                           coordination::Fault::Error(ErrorCode::kUnavailable));
    co_return;
  }

  UploadCounts counts_;  // Of the last upload.
  std::size_t listed_at_the_end_ = 0;
  ByteCount Reserved() { return Value(space_.Measure(Deadline::Never()))->reserved_bytes; }
};

TEST_F(UploadServiceTest, StoresEveryByteInPartsAndCommitsTheVideo) {
  const std::string file = Mp4OfSize(2 * sources::kPartBytes + 77);
  FakeIncoming incoming(file);
  const Result<Outcome> outcome = Receive(incoming);
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message();
  ASSERT_TRUE(std::holds_alternative<VideoId>(*outcome));

  const auto listed = Listed();
  ASSERT_EQ(listed.size(), 1U);
  const catalog::VideoRow& row = listed.front().row;
  EXPECT_EQ(row.title, "holiday");
  ASSERT_TRUE(row.source.has_value());
  EXPECT_EQ(row.source->size, file.size());
  EXPECT_EQ(row.source->part_count, 3U);
  EXPECT_EQ(row.source->digest, blob::DigestOf(blob::Bytes(file)));

  const auto stored = Value(sources::ReadSource(store_, {row.id, row.upload, row.source->size},
                                                {0, row.source->size}, Deadline::Never()));
  ASSERT_TRUE(stored.has_value());
  EXPECT_TRUE(stored->Flatten() == file);
}

TEST_F(UploadServiceTest, ListsTheVideoAndWhatHasArrivedWhileItComesIn) {
  FakeIncoming incoming(Mp4OfSize(300'000), 50'000);
  incoming.length = 300'000;
  std::vector<catalog::VideoRecord> seen;
  incoming.at_end = ListInto(seen);
  ASSERT_TRUE(Receive(incoming).has_value());
  ASSERT_EQ(seen.size(), 1U);
  ASSERT_TRUE(seen.front().open.has_value());
  EXPECT_EQ(seen.front().open->received, 300'000U);
  EXPECT_EQ(seen.front().open->total, 300'000U);
}

TEST_F(UploadServiceTest, PrefersTheGivenTitleToTheFileName) {
  FakeIncoming incoming(Mp4OfSize(5000));
  incoming.title = "Summer";
  incoming.file_name = "../../etc/passwd.mp4";
  ASSERT_TRUE(Receive(incoming).has_value());
  EXPECT_EQ(Listed().front().row.title, "Summer");
}

async::Task<void> SetTitle(std::optional<std::string>* title) {
  *title = "Told last";
  co_return;
}

TEST_F(UploadServiceTest, TakesATitleThatComesBehindTheFile) {
  FakeIncoming incoming(Mp4OfSize(50'000), 1000);
  incoming.at_end = SetTitle(&incoming.title);
  ASSERT_TRUE(Receive(incoming).has_value());
  EXPECT_EQ(Listed().front().row.title, "Told last");
}

TEST_F(UploadServiceTest, RefusesAnEmptyFile) {
  FakeIncoming incoming("");
  EXPECT_EQ(ExpectRefused(Receive(incoming)), Refused::Reason::kEmpty);
}

TEST_F(UploadServiceTest, RefusesWhatIsNoMediaBeforeItStoresAnything) {
  FakeIncoming incoming("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n");
  EXPECT_EQ(ExpectRefused(Receive(incoming)), Refused::Reason::kNotMedia);
  EXPECT_EQ(store_.call_count(support::MemoryBlobStore::Operation::kPut), 0U);
}

TEST_F(UploadServiceTest, RefusesWhatIsTooLargeByItsLengthOrByItsBytes) {
  FakeIncoming declared(Mp4OfSize(5000));
  declared.length = 5000;
  EXPECT_EQ(ExpectRefused(Receive(declared, {.size_max = 4999})), Refused::Reason::kTooLarge);
  FakeIncoming silent(Mp4OfSize(500'000));
  EXPECT_EQ(ExpectRefused(Receive(silent, {.size_max = 499'999})), Refused::Reason::kTooLarge);
}

TEST_F(UploadServiceTest, RefusesWithTheProbersReasonWhatCanNeverBeAVideo) {
  prober_.answer = Fail(ErrorCode::kInvalidArgument, "The file breaks off before its index.");
  FakeIncoming incoming(Mp4OfSize(5000));
  const auto outcome = Receive(incoming);
  EXPECT_EQ(ExpectRefused(outcome), Refused::Reason::kUnusable);
  EXPECT_EQ(std::get<Refused>(*outcome).message, "The file breaks off before its index.");
}

TEST_F(UploadServiceTest, RefusesAFileWithoutPictureAndSound) {
  prober_.answer = media::Source{};
  FakeIncoming incoming(Mp4OfSize(5000));
  EXPECT_EQ(ExpectRefused(Receive(incoming)), Refused::Reason::kUnusable);
}

TEST_F(UploadServiceTest, LeavesTheJudgementToTheTranscoderWhenTheMachineCannotLook) {
  prober_.answer = Fail(ErrorCode::kUnavailable, "no process could be started");
  FakeIncoming incoming(Mp4OfSize(5000));
  ASSERT_TRUE(Receive(incoming).has_value());
  EXPECT_EQ(Listed().size(), 1U);
}

TEST_F(UploadServiceTest, DoesNotProbeLargeFilesBeforeTheAnswer) {
  FakeIncoming incoming(Mp4OfSize(5000));
  ASSERT_TRUE(Receive(incoming, {}, {.probe_size_max = 4999}).has_value());
  EXPECT_EQ(prober_.call_count, 0);
}

TEST_F(UploadServiceTest, DoesNotProbeWhatIsShownAsItIs) {
  support::FakeMovie movie;
  movie.tracks.push_back({.samples = support::FakePictures(240, 96)});
  FakeIncoming incoming(support::MakeMovieFile(movie).bytes);
  ASSERT_TRUE(Receive(incoming).has_value());
  EXPECT_EQ(prober_.call_count, 0);
  EXPECT_TRUE(catalog::ViewOf(Listed().front()).playable);

  // Turned by a matrix that nobody shows: it may be a video all the same.
  movie.tracks.front().matrix = std::string(36, '\1');
  FakeIncoming unshown(support::MakeMovieFile(movie).bytes);
  ASSERT_TRUE(Receive(unshown).has_value());
  EXPECT_EQ(prober_.call_count, 1);
}

TEST_F(UploadServiceTest, LeavesNothingWhenTheSenderGoesAway) {
  FakeIncoming incoming(Mp4OfSize(sources::kPartBytes + 5000));
  incoming.ends_with = Error(ErrorCode::kCancelled, "the client went away");
  EXPECT_EQ(Receive(incoming).error().code(), ErrorCode::kCancelled);
  ExpectNothingLeft();
}

TEST_F(UploadServiceTest, ErasesLaterWhatItCannotEraseWhenTheSenderGoesAway) {
  FakeIncoming incoming(Mp4OfSize(5000));
  incoming.at_end = LoseTheMetadataOnce();
  incoming.ends_with = Error(ErrorCode::kCancelled, "the client went away");
  EXPECT_EQ(Receive(incoming).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(listed_at_the_end_, 1U);
  ExpectNothingLeft();
}

// The answer to the commit is lost, and for a moment nobody can look.
TEST_F(UploadServiceTest, KeepsEveryByteOfAVideoOfWhichItDoesNotKnowThatItIsCommitted) {
  FakeIncoming incoming(Mp4OfSize(5000));
  incoming.at_end = LoseTheNextAnswer();
  EXPECT_EQ(Receive(incoming).error().code(), ErrorCode::kOutcomeUnknown);
  ASSERT_EQ(Listed().size(), 1U);
  EXPECT_TRUE(Listed().front().row.source.has_value());
  EXPECT_EQ(store_.blob_count(), 1U);
}

TEST_F(UploadServiceTest, ErasesWhatMayHaveBegunAlthoughNobodyKnowsIt) {
  Await(LoseTheNextAnswer());
  FakeIncoming incoming(Mp4OfSize(5000));
  EXPECT_FALSE(Receive(incoming).has_value());
  EXPECT_EQ(listed_at_the_end_, 1U);
  ExpectNothingLeft();
}

TEST_F(UploadServiceTest, RefusesBeforeTheFirstByteWhatTheDiskHasNoRoomFor) {
  constexpr ByteCount kSize = 100'000'000;
  store_.SetFree(3 * kSize);
  FakeIncoming incoming(Mp4OfSize(5000));
  incoming.length = kSize;
  const auto outcome = Receive(incoming);
  EXPECT_EQ(ExpectRefused(outcome), Refused::Reason::kNoRoom);
  EXPECT_EQ(incoming.call_count, 0);
  const auto& shortage = std::get<Refused>(*outcome).shortage;
  ASSERT_TRUE(shortage.has_value());
  EXPECT_EQ(shortage->needed, space::UploadNeed(kSize));
  EXPECT_EQ(shortage->free, 3 * kSize);
}

TEST_F(UploadServiceTest, StopsAFileOfUnknownLengthWhenTheRoomIsUsedUp) {
  constexpr ByteCount kStep = ByteCount{16} << 20U;
  store_.SetFree(space::UploadNeed(kStep) + 1000);
  FakeIncoming incoming(Mp4OfSize(kStep + 1), 1U << 20U);
  const auto outcome = Receive(incoming);
  EXPECT_EQ(ExpectRefused(outcome), Refused::Reason::kNoRoom);
  EXPECT_GT(incoming.call_count, 14);
}

TEST_F(UploadServiceTest, KeepsTheRoomThatTheTranscodeNeeds) {
  FakeIncoming incoming(Mp4OfSize(5000));
  incoming.length = 5000;
  ASSERT_TRUE(Receive(incoming).has_value());
  EXPECT_EQ(Reserved(), space::TranscodeNeed(5000));
}

// Somebody else has filled the disk although the room was promised.
TEST_F(UploadServiceTest, SaysThatTheDiskIsFullWhenItFillsUpMeanwhile) {
  FakeIncoming incoming(Mp4OfSize(sources::kPartBytes + 5000));
  incoming.at_end = FillDisk();
  EXPECT_EQ(ExpectRefused(Receive(incoming)), Refused::Reason::kNoRoom);
}

TEST_F(UploadServiceTest, LeavesNothingWhenTheStoreFails) {
  store_.FailNext(support::MemoryBlobStore::Operation::kPut,
                  Error(ErrorCode::kResourceExhausted, "the disk is full"));
  FakeIncoming incoming(Mp4OfSize(2 * sources::kPartBytes));
  EXPECT_EQ(Receive(incoming).error().code(), ErrorCode::kResourceExhausted);
  ExpectNothingLeft();
}

TEST_F(UploadServiceTest, TellsTheLogWhenAnUploadBeginsAndHowItEnds) {
  const telemetry::LogCapture log;
  FakeIncoming good(Mp4OfSize(5000));
  good.file_name = "a\nb.mp4";
  const Result<Outcome> outcome = Receive(good);
  ASSERT_TRUE(outcome.has_value());
  const std::string video = "video=" + std::get<VideoId>(*outcome).text();
  EXPECT_NE(log.Find({"upload begun", video, "request=request-1", "file=\"a\\nb.mp4\""}), "");
  EXPECT_NE(log.Find({"upload finished", video, "remote=10.0.0.1", "bytes=5000"}), "");
  EXPECT_EQ(counts_.finished, 1U);

  FakeIncoming text("just some text");
  const Result<Outcome> refused = Receive(text);
  ASSERT_TRUE(refused.has_value() && std::holds_alternative<Refused>(*refused));
  EXPECT_NE(log.Find({"upload refused", "request=request-1", "video=\"\""}), "");
  EXPECT_EQ(counts_.refused, 1U);
}

TEST_F(UploadServiceTest, TellsASenderThatLeavesFromADiskThatFails) {
  const telemetry::LogCapture log;
  FakeIncoming left(Mp4OfSize(5000));
  left.ends_with = Error(ErrorCode::kCancelled, "the client went away");
  EXPECT_FALSE(Receive(left).has_value());
  EXPECT_NE(log.Find({"info  upload broken off", "bytes=5000", "the client went away"}), "");
  EXPECT_EQ(counts_.broken_off, 1U);

  FakeIncoming whole(Mp4OfSize(5000));
  store_.FailNext(support::MemoryBlobStore::Operation::kPut,
                  Error(ErrorCode::kDeadlineExceeded, "the disk was busy"));
  EXPECT_FALSE(Receive(whole).has_value());
  EXPECT_NE(log.Find({"error upload failed", "the disk was busy"}), "");
  EXPECT_EQ(counts_.failed, 1U);
}

}  // namespace
}  // namespace tritontube::upload
