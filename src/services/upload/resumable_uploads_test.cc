#include "services/upload/resumable_uploads.h"

#include <gtest/gtest.h>

#include <random>

#include "domain/catalog/view.h"
#include "foundation/async/task_group.h"
#include "services/space/needs.h"
#include "services/upload/fake_incoming_test.h"
#include "support/movie_file.h"
#include "support/platform.h"

namespace tritontube::upload {
namespace {

using blob::ByteRange;

// Pictures and sound that are shown as they are: about `bytes` of them.
std::string Movie(ByteCount bytes, bool moov_first) {
  const auto picture = static_cast<std::uint32_t>(bytes / 500);
  std::vector<support::FakeSample> pictures = support::FakePictures(500, 25);
  for (support::FakeSample& sample : pictures) sample.size = picture;
  const std::vector<support::FakeSample> frames(std::size_t{20} * 47,
                                                {.size = 180, .duration = 1024});
  return support::MakeMovieFile(
             {.tracks = {{.samples = std::move(pictures)},
                         {.id = 2, .handler = "soun", .timescale = 48'000, .samples = frames}},
              .moov_first = moov_first})
      .bytes;
}

class ResumableUploadsTest : public support::Platform {
 protected:
  std::unique_ptr<ResumableUploads> NewService(ResumableOptions options = {}) {
    return std::make_unique<ResumableUploads>(ResumableUploads::Dependencies{.catalog = catalog_,
                                                                             .store = store_,
                                                                             .space = space_,
                                                                             .judge = judge_,
                                                                             .analyst = analyst_,
                                                                             .clock = clock_,
                                                                             .random = random_},
                                              options);
  }
  void Restart() { service_ = NewService(); }

  VideoId Create(ByteCount size) {
    auto created = Value(service_->Create({.size = size, .file_name = "holiday.mp4"}));
    EXPECT_TRUE(created.has_value());
    return std::get<UploadState>(*created).video;
  }
  Result<ResumableUploads::Answer> Offer(const VideoId& id, const std::string& file,
                                         ByteRange range) {
    FakeIncoming incoming(file.substr(range.offset, range.length));
    return Value(service_->Receive(id, range, file.size(), incoming));
  }
  // Requires: the disk is not full.
  Result<UploadState> Send(const VideoId& id, const std::string& file, ByteRange range) {
    TT_ASSIGN_OR_RETURN(ResumableUploads::Answer answer, Offer(id, file, range));
    return std::get<UploadState>(std::move(answer));
  }
  // The last bytes are stored; then nothing can be read to make a video of them.
  void DieBehindTheLastByte(const VideoId& id, const std::string& file, ByteRange range) {
    using Operation = support::MemoryBlobStore::Operation;
    store_.FailNext(Operation::kGet, Error(ErrorCode::kUnavailable, "the server dies"), 100);
    EXPECT_FALSE(Send(id, file, range).has_value());
    store_.FailNext(Operation::kGet, Error(ErrorCode::kUnavailable, "not any more"), 0);
  }
  UploadState MustSend(const VideoId& id, const std::string& file, ByteRange range) {
    auto sent = Send(id, file, range);
    EXPECT_TRUE(sent.has_value()) << sent.error().message();
    return *std::move(sent);
  }
  UploadState MustFind(const VideoId& id) {
    auto found = Value(service_->Find(id));
    EXPECT_TRUE(found.has_value());
    return *std::move(found);
  }
  std::string Original(const VideoId& id) {
    const catalog::VideoRow row = Found(id).row;
    auto bytes = Value(sources::ReadSource(store_, {id, row.upload, row.source->size},
                                           {0, row.source->size}, Deadline::Never()));
    EXPECT_TRUE(bytes.has_value());
    return bytes->Flatten();
  }
  ByteCount Reserved() { return Value(space_.Measure(Deadline::Never()))->reserved_bytes; }

  SourceAnalyst analyst_{blocking_};
  SourceJudge judge_{
      {.store = store_, .scratch = *scratch_, .prober = prober_, .analyst = analyst_}, {}};
  std::unique_ptr<ResumableUploads> service_ = NewService();
};

TEST_F(ResumableUploadsTest, CommitsAFileThatComesAsOneRange) {
  const std::string file = Movie(2 * sources::kPartBytes, true);
  const VideoId id = Create(file.size());
  EXPECT_EQ(Found(id).row.title, "holiday");
  EXPECT_EQ(Reserved(), space::UploadNeed(file.size()));
  const UploadState state = MustSend(id, file, {0, file.size()});
  EXPECT_EQ(state.phase, UploadState::Phase::kFinished);
  EXPECT_EQ(state.offset(), file.size());
  EXPECT_TRUE(Original(id) == file);
  const catalog::VideoRow row = Found(id).row;
  EXPECT_TRUE(row.copy && row.copy->ShowsAll());
  EXPECT_EQ(row.source->part_count, sources::PartCount(file.size()));
  EXPECT_EQ(Reserved(), space::TranscodeNeed(file.size()));
  EXPECT_EQ(service_->counts().pieces_stored, 0U);
  EXPECT_EQ(service_->counts().finished, 1U);
}

// Seeds decide the ranges, their order and where connections break.
class AnyRanges : public ResumableUploadsTest, public testing::WithParamInterface<unsigned> {};

TEST_P(AnyRanges, MakeTheSameFileInWhateverOrderTheyComeAndWhereverItIsRestarted) {
  std::mt19937 random(GetParam());
  const std::string file = Movie(2 * sources::kPartBytes + 12'345, GetParam() % 2 == 0);
  const VideoId id = Create(file.size());
  std::vector<ByteCount> cuts = {0, file.size()};
  for (int i = 0; i < 12; ++i) cuts.push_back(random() % file.size());
  std::ranges::sort(cuts);
  std::vector<ByteRange> ranges;
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    // Some of them overlap.
    const ByteCount end = std::min<ByteCount>(file.size(), cuts[i + 1] + random() % 100'000);
    if (end > cuts[i]) ranges.push_back({cuts[i], end - cuts[i]});
  }
  std::ranges::shuffle(ranges, random);
  ByteCount acknowledged = 0;
  for (const ByteRange& range : ranges) {
    const UploadState state = MustSend(id, file, range);
    ByteCount stored = 0;
    for (const ByteRange& there : state.stored) stored += there.length;
    EXPECT_GE(stored, acknowledged);
    acknowledged = stored;
    Restart();
    EXPECT_EQ(MustFind(id).stored, state.stored);
  }
  EXPECT_EQ(MustFind(id).phase, UploadState::Phase::kFinished);
  EXPECT_TRUE(Original(id) == file);
  EXPECT_TRUE(Found(id).row.copy->ShowsAll());
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnyRanges, testing::Range(1U, 7U));

TEST_F(ResumableUploadsTest, TakesRangesOverSeveralConnectionsAtOnce) {
  const std::string file = Movie(2 * sources::kPartBytes + 777, true);
  const VideoId id = Create(file.size());
  constexpr ByteCount kConnections = 5;
  const ByteCount each = file.size() / kConnections + 1;
  const auto send = [](ResumableUploads& service, VideoId video, std::string bytes, ByteRange range,
                       ByteCount total) -> async::Task<void> {
    FakeIncoming incoming(std::move(bytes));
    const auto received = co_await service.Receive(video, range, total, incoming);
    EXPECT_TRUE(received.has_value()) << received.error().message();
  };
  std::vector<async::Task<void>> tasks;
  for (ByteCount at = 0; at < file.size(); at += each / 2) {
    const ByteRange range{at, std::min<ByteCount>(each, file.size() - at)};
    tasks.push_back(
        send(*service_, id, file.substr(range.offset, range.length), range, file.size()));
  }
  Await(async::RunAll(std::move(tasks)));
  EXPECT_EQ(MustFind(id).phase, UploadState::Phase::kFinished);
  EXPECT_TRUE(Original(id) == file);
}

TEST_F(ResumableUploadsTest, CountsWhatCameBeforeTheConnectionBroke) {
  const std::string file = Movie(1'000'000, true);
  const VideoId id = Create(file.size());
  FakeIncoming incoming(file.substr(0, 300'000));
  incoming.ends_with = Error(ErrorCode::kCancelled, "the client went away");
  const auto received = Value(service_->Receive(id, {0, file.size()}, file.size(), incoming));
  EXPECT_EQ(received.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(MustFind(id).offset(), 300'000U);
}

TEST_F(ResumableUploadsTest, StoresWhatIsPendingAsPiecesWhileASlowSenderGoesOn) {
  service_ = NewService({.piece_interval = std::chrono::milliseconds(0)});
  const std::string file = Movie(1'000'000, true);
  const VideoId id = Create(file.size());
  MustSend(id, file, {0, file.size()});
  EXPECT_GT(service_->counts().pieces_stored, 5U);
  EXPECT_EQ(service_->counts().parts_assembled, 1U);
  EXPECT_TRUE(Original(id) == file);
}

TEST_F(ResumableUploadsTest, KeepsWhatWasStoredFirst) {
  const std::string file = Movie(1'000'000, true);
  const VideoId id = Create(file.size());
  MustSend(id, file, {0, 500'000});
  MustSend(id, std::string(file.size(), 'x'), {100'000, 300'000});
  MustSend(id, file, {500'000, file.size() - 500'000});
  EXPECT_TRUE(Original(id) == file);
}

TEST_F(ResumableUploadsTest, IsPlayableAsSoonAsABeginningOfEveryTrackIsThere) {
  for (const bool moov_first : {true, false}) {
    const std::string file = Movie(4'000'000, moov_first);
    const VideoId id = Create(file.size());
    const ByteCount moov_bytes = 20'000;
    EXPECT_FALSE(catalog::ViewOf(Found(id)).playable);
    if (!moov_first) MustSend(id, file, {file.size() - moov_bytes, moov_bytes});
    MustSend(id, file, {0, 60'000});
    EXPECT_FALSE(catalog::ViewOf(Found(id)).playable);
    EXPECT_TRUE(Found(id).row.copy && Found(id).row.copy->ShowsAll());
    EXPECT_EQ(Found(id).row.renditions.size(), 2U);
    // After a restart what the boxes tell is found out again.
    Restart();
    MustSend(id, file, {60'000, 2'000'000});
    EXPECT_TRUE(catalog::ViewOf(Found(id)).playable);
    EXPECT_EQ(catalog::ViewOf(Found(id)).state, catalog::VideoState::kUploading);
    MustSend(id, file, {0, file.size()});
    EXPECT_TRUE(Original(id) == file);
  }
}

TEST_F(ResumableUploadsTest, FailsTheVideoWhoseBeginningIsNoMedia) {
  const std::string file(100'000, 'x');
  const VideoId id = Create(file.size());
  EXPECT_EQ(MustSend(id, file, {0, 50'000}).phase, UploadState::Phase::kFailed);
  EXPECT_EQ(Found(id).row.failure->code, "unsupported_media");
  EXPECT_EQ(Send(id, file, {50'000, 50'000}).error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(Reserved(), 0U);
}

TEST_F(ResumableUploadsTest, FailsTheVideoThatTheProberRefuses) {
  prober_.answer = Fail(ErrorCode::kInvalidArgument, "The file breaks off before its index.");
  std::string file = Movie(100'000, true);
  file.replace(file.find("moov"), 4, "free");  // Or its boxes would show it, and nobody probe it.
  const VideoId id = Create(file.size());
  EXPECT_EQ(MustSend(id, file, {0, file.size()}).phase, UploadState::Phase::kFailed);
  EXPECT_EQ(Found(id).row.failure->message, "The file breaks off before its index.");
}

TEST_F(ResumableUploadsTest, RefusesWhatDoesNotFitTheUpload) {
  const std::string file = Movie(100'000, true);
  const VideoId id = Create(file.size());
  FakeIncoming incoming(file);
  const auto code = [&](ByteRange range, ByteCount total) {
    return Value(service_->Receive(id, range, total, incoming)).error().code();
  };
  EXPECT_EQ(code({0, file.size()}, file.size() + 1), ErrorCode::kAlreadyExists);
  EXPECT_EQ(code({1, file.size()}, file.size()), ErrorCode::kOutOfRange);
  EXPECT_EQ(code({0, 10}, file.size()), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Value(service_->Find(VideoId::Generate(random_))).error().code(), ErrorCode::kNotFound);
  auto empty = Value(service_->Create({.size = 0}));
  EXPECT_EQ(std::get<Refused>(*empty).reason, Refused::Reason::kEmpty);
  service_ = NewService({.size_max = 10});
  EXPECT_EQ(std::get<Refused>(*Value(service_->Create({.size = 11}))).reason,
            Refused::Reason::kTooLarge);
}

TEST_F(ResumableUploadsTest, KeepsItsRoomAlsoWhenTheServerStartsAgain) {
  store_.SetFree(1'000'000'000);
  const std::string file = Movie(1'000'000, true);
  const VideoId id = Create(file.size());
  MustSend(id, file, {0, 500'000});
  const ByteCount reserved = space::UploadNeed(file.size()) - 500'000;
  EXPECT_EQ(Reserved(), reserved);
  space::Space restarted(store_, catalog_, jobs_, {.keep_free_bytes = 0});
  ASSERT_TRUE(Value(restarted.Reconcile(Deadline::Never())));
  EXPECT_EQ(restarted.reserved_bytes(), reserved);
  auto large = Value(service_->Create({.size = 400'000'000}));
  EXPECT_EQ(std::get<Refused>(*large).reason, Refused::Reason::kNoRoom);
}

TEST_F(ResumableUploadsTest, LeavesNothingOfWhatIsAbandonedAndKeepsWhatIsFinished) {
  const std::string file = Movie(1'000'000, true);
  const VideoId id = Create(file.size());
  MustSend(id, file, {0, 500'000});
  ASSERT_TRUE(Value(service_->Remove(id)));
  EXPECT_TRUE(Listed().empty());
  EXPECT_EQ(store_.blob_count(), 0U);
  EXPECT_EQ(Reserved(), 0U);
  EXPECT_EQ(Value(service_->Remove(id)).error().code(), ErrorCode::kNotFound);

  const VideoId finished = Create(file.size());
  MustSend(finished, file, {0, file.size()});
  ASSERT_TRUE(Value(service_->Remove(finished)));
  EXPECT_EQ(Listed().size(), 1U);
}

TEST_F(ResumableUploadsTest, EndsWhenNothingHasComeForTooLong) {
  service_ = NewService({.expiry = std::chrono::milliseconds(0)});
  const std::string file = Movie(1'000'000, true);
  const VideoId id = Create(file.size());
  MustSend(id, file, {0, 500'000});
  EXPECT_TRUE(*Value(catalog_.RemoveIfExpired(id, clock_.WallNow(), Deadline::Never())));
  EXPECT_TRUE(Listed().empty());
}

TEST_F(ResumableUploadsTest, AreNotEndedBeforeTheirTime) {
  const std::string file = Movie(1'000'000, true);
  const VideoId id = Create(file.size());
  MustSend(id, file, {0, 500'000});
  EXPECT_FALSE(*Value(catalog_.RemoveIfExpired(id, clock_.WallNow(), Deadline::Never())));
  const UploadId pieces = Found(id).open->resumable->arrival.pieces_upload;
  EXPECT_FALSE(*Value(catalog_.ProveGarbage(id, pieces, Deadline::Never())));
  MustSend(id, file, {500'000, file.size() - 500'000});
  EXPECT_TRUE(Original(id) == file);
  EXPECT_TRUE(*Value(catalog_.ProveGarbage(id, pieces, Deadline::Never())));
}

TEST_F(ResumableUploadsTest, AreFinishedByTheNextLifeOfAServerThatDiedBehindTheLastByte) {
  const std::string file = Movie(1'000'000, true);
  const VideoId id = Create(file.size());
  DieBehindTheLastByte(id, file, {0, file.size()});
  EXPECT_EQ(catalog::ViewOf(Found(id)).state, catalog::VideoState::kUploading);
  Restart();
  EXPECT_EQ(MustFind(id).phase, UploadState::Phase::kFinished);
  EXPECT_TRUE(Original(id) == file);
}

// The bytes are all there and acknowledged as pieces, and no part is made of them.
TEST_F(ResumableUploadsTest, ArePutTogetherByTheNextLifeOfAServerThatDiedBehindTheLastPiece) {
  const std::string file = Movie(1'000'000, true);
  const VideoId id = Create(file.size());
  MustSend(id, file, {0, 500'000});
  DieBehindTheLastByte(id, file, {500'000, file.size() - 500'000});
  EXPECT_EQ(Found(id).open->resumable->arrival.pieces.size(), 2U);
  Restart();
  EXPECT_EQ(MustFind(id).phase, UploadState::Phase::kFinished);
  EXPECT_TRUE(Original(id) == file);
}

async::Task<void> RunUntilOneIsFinished(ResumableUploads& service) {
  const Deadline deadline = Deadline::After(std::chrono::seconds(10));
  async::TaskGroup group(co_await async::asio::this_coro::executor);
  group.Spawn(service.Run());
  while (service.counts().finished == 0 && !deadline.HasPassed()) {
    co_await async::asio::post(co_await async::asio::this_coro::executor, async::kUseTask);
  }
  co_await group.Stop();
}

TEST_F(ResumableUploadsTest, AreFinishedAndKeepTheirRoomAlsoBesideOneWhoseRowIsDamaged) {
  const std::string file = Movie(1'000'000, true);
  const VideoId id = Create(file.size());
  const VideoId damaged = Create(1000);
  DieBehindTheLastByte(id, file, {0, file.size()});
  const auto row = coordination::Operation::Put("video/row/" + damaged.text(), "?");
  ASSERT_TRUE(Value(coordination_.Commit({.compares = {}, .then = {row}}, Deadline::Never())));

  space::Space restarted(store_, catalog_, jobs_, {.keep_free_bytes = 0});
  ASSERT_TRUE(Value(restarted.Reconcile(Deadline::Never())));
  EXPECT_EQ(restarted.reserved_bytes(), space::UploadNeed(file.size()) - file.size());
  Restart();
  Await(RunUntilOneIsFinished(*service_));
  EXPECT_EQ(MustFind(id).phase, UploadState::Phase::kFinished);
  EXPECT_TRUE(Original(id) == file);
}

TEST_F(ResumableUploadsTest, RefuseWhatTheDiskHasNoRoomForAndGoOnWhenItHas) {
  const std::string file = Movie(1'000'000, true);
  const VideoId id = Create(file.size());
  MustSend(id, file, {0, 300'000});
  store_.SetFull(true);
  const auto answer = Offer(id, file, {300'000, 200'000});
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  const auto& refused = std::get<Refused>(*answer);
  EXPECT_EQ(refused.reason, Refused::Reason::kNoRoom);
  EXPECT_EQ(refused.shortage->needed, space::UploadNeed(file.size()) - 300'000);
  EXPECT_TRUE(refused.message.contains("send the rest")) << refused.message;
  EXPECT_EQ(MustFind(id).stored, (std::vector<ByteRange>{{0, 300'000}}));
  store_.SetFull(false);
  MustSend(id, file, {300'000, file.size() - 300'000});
  EXPECT_TRUE(Original(id) == file);
}

// Too many others write at the moment: that passes by itself.
TEST_F(ResumableUploadsTest, DoNotBlameTheDiskForAQueueThatIsFull) {
  const std::string file = Movie(1'000'000, true);
  const VideoId id = Create(file.size());
  store_.FailNext(support::MemoryBlobStore::Operation::kPut,
                  Error(ErrorCode::kResourceExhausted, "too many wait for the disk"));
  EXPECT_EQ(Offer(id, file, {0, 500'000}).error().code(), ErrorCode::kResourceExhausted);
  EXPECT_TRUE(MustFind(id).stored.empty());
  MustSend(id, file, {0, file.size()});
  EXPECT_TRUE(Original(id) == file);
}

}  // namespace
}  // namespace tritontube::upload
