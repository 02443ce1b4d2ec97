#include "domain/chunks/chunk_board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "support/moments.h"

namespace tritontube::chunks {
namespace {

using coordination::Event;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using support::kNow;
using testing::ElementsAre;

// Never the turn of the oldest; of candidates always the first.
class NoChance final : public Random {
 public:
  std::uint64_t Next() override { return calls_++ % 2 == 0 ? 1 : 0; }

 private:
  std::uint64_t calls_ = 0;
};
class AlwaysTheOldest final : public Random {
 public:
  std::uint64_t Next() override { return 0; }
};

class ChunkBoardTest : public ::testing::Test {
 protected:
  struct Video {
    VideoId id;
    UploadId output;
    WallTime created;
  };

  Video NewVideo(std::chrono::milliseconds created) {
    return {VideoId::Generate(ids_), UploadId::Generate(ids_), WallTime(created)};
  }
  static ChunkRow Row(const Video& video, std::uint32_t number, double cpu_seconds = 10) {
    return {.id = {.video = video.id, .output = video.output, .number = number},
            .job = {.video = video.id, .created = video.created},
            .cpu_seconds = cpu_seconds};
  }
  void Put(const ChunkRow& row) {
    board_.Apply({.item = {.key = RowKey(row.id), .value = Encode(row), .modified = ++revision_}});
  }
  void Post(const Video& video, std::uint32_t count, double cpu_seconds = 10) {
    for (std::uint32_t i = 0; i < count; ++i) Put(Row(video, i, cpu_seconds));
  }
  void Claim(const ChunkId& id, std::string worker = "other") {
    const ChunkClaim claim{.claim = id.output, .worker = std::move(worker)};
    board_.Apply({.item = {.key = ClaimKey(id), .value = Encode(claim), .modified = ++revision_}});
  }
  void Unclaim(const ChunkId& id) {
    board_.Apply(
        {.kind = Event::Kind::kDelete, .item = {.key = ClaimKey(id), .modified = ++revision_}});
  }
  void Finish(ChunkRow row, double cpu_seconds) {
    row.made = ChunkMade{.worker = "other", .cpu_seconds = cpu_seconds};
    Put(row);
    Unclaim(row.id);
  }
  ChunkBoard::Choice Choose(std::string_view worker = "me", WallTime now = kNow) {
    NoChance random;
    return board_.Choose(worker, now, 1, random);
  }
  // What is chosen and claimed, one after the other.
  std::vector<ChunkId> TakeAll() {
    std::vector<ChunkId> taken;
    for (auto choice = Choose(); choice.pick; choice = Choose()) {
      taken.push_back(choice.pick->id);
      Claim(choice.pick->id);
    }
    return taken;
  }

  SeededRandom ids_{7};
  ChunkBoard board_;
  coordination::Revision revision_ = 0;
};

TEST_F(ChunkBoardTest, GivesTheChunksOfAVideoInTheirOrder) {
  const Video video = NewVideo(1ms);
  Put(Row(video, 1));
  Put(Row(video, 0));
  EXPECT_THAT(TakeAll(), ElementsAre(Row(video, 0).id, Row(video, 1).id));
  EXPECT_EQ(board_.counts().running, 2U);
  EXPECT_EQ(board_.counts().waiting, 0U);
}

TEST_F(ChunkBoardTest, GivesTheFirstChunkOfEveryVideoBeforeTheSecondOfAny) {
  const Video film = NewVideo(1ms);
  const Video clip = NewVideo(2ms);
  Post(film, 3);
  Post(clip, 2);
  EXPECT_THAT(TakeAll(), ElementsAre(Row(film, 0).id, Row(clip, 0).id, Row(film, 1).id,
                                     Row(clip, 1).id, Row(film, 2).id));
}

TEST_F(ChunkBoardTest, CountsTheTimeThatWasSpentAndNotTheChunks) {
  const Video cheap = NewVideo(1ms);
  const Video dear = NewVideo(2ms);
  Post(cheap, 4);
  Post(dear, 4);
  Finish(Row(cheap, 0), 1);
  Finish(Row(cheap, 1), 1);
  Finish(Row(dear, 0), 30);
  EXPECT_EQ(Choose().pick->id, Row(cheap, 2).id);
}

TEST_F(ChunkBoardTest, LetsAShortVideoPassALongOneThatIsUnderWay) {
  const Video film = NewVideo(1ms);
  Post(film, 100);
  Finish(Row(film, 0), 10);
  const Video clip = NewVideo(2ms);
  Post(clip, 1);
  EXPECT_EQ(Choose().pick->id, Row(clip, 0).id);
}

TEST_F(ChunkBoardTest, GivesTheOldestVideoATurnNowAndThen) {
  const Video film = NewVideo(1ms);
  Post(film, 100);
  Finish(Row(film, 0), 1000);
  const Video clip = NewVideo(2ms);
  Post(clip, 10);
  AlwaysTheOldest random;
  EXPECT_EQ(board_.Choose("me", kNow, 1, random).pick->id, Row(film, 1).id);
}

TEST_F(ChunkBoardTest, OffersAChunkAgainWhenItsWorkerDies) {
  const Video video = NewVideo(1ms);
  Post(video, 1);
  Claim(Row(video, 0).id);
  EXPECT_FALSE(Choose().pick);
  Unclaim(Row(video, 0).id);
  EXPECT_EQ(Choose().pick->id, Row(video, 0).id);
}

TEST_F(ChunkBoardTest, LeavesWhatWasTakenAloneUntilSomethingIsHeard) {
  const Video video = NewVideo(1ms);
  Post(video, 1);
  const auto pick = *Choose().pick;
  board_.Take(pick);
  EXPECT_FALSE(Choose().pick);
  Claim(pick.id);
  Unclaim(pick.id);
  EXPECT_TRUE(Choose().pick);
  board_.Take(pick);  // Late: more has been heard since.
  EXPECT_TRUE(Choose().pick);
}

TEST_F(ChunkBoardTest, OffersAChunkAgainWhoseClaimDidNotHappen) {
  const Video video = NewVideo(1ms);
  Post(video, 1);
  auto pick = *Choose().pick;
  board_.Take(pick);
  board_.Untake(pick);
  EXPECT_TRUE(Choose().pick);
  pick.id.number = 7;
  board_.Untake(pick);
  EXPECT_EQ(board_.counts().waiting, 1U);
}

TEST_F(ChunkBoardTest, NamesTheSetsThatAreOver) {
  const Video over = NewVideo(1ms);
  const Video going_on = NewVideo(2ms);
  Post(over, 2);
  Post(going_on, 2);
  Finish(Row(over, 0), 1);
  Finish(Row(over, 1), 1);
  Finish(Row(going_on, 0), 1);
  Claim(Row(going_on, 1).id);
  EXPECT_THAT(board_.QuietSets(), ElementsAre(std::pair(over.id, over.output)));
}

TEST_F(ChunkBoardTest, WaitsForAChunkThatIsToBeTriedLater) {
  const Video video = NewVideo(1ms);
  ChunkRow row = Row(video, 0);
  row.job.not_before = kNow + 5s;
  Put(row);
  const auto choice = Choose();
  EXPECT_FALSE(choice.pick);
  EXPECT_EQ(choice.next_due, kNow + 5s);
  EXPECT_TRUE(Choose("me", kNow + 5s).pick);
}

TEST_F(ChunkBoardTest, LeavesWhatFailedOnAWorkerToTheOthers) {
  const Video video = NewVideo(1ms);
  Post(video, 2);
  ChunkRow row = Row(video, 0);
  row.failed_on = "me";
  row.job.not_before = kNow;
  Put(row);
  EXPECT_EQ(Choose("me").pick->id.number, 0U) << "nobody else works";
  Claim(Row(video, 1).id, "other");
  EXPECT_FALSE(Choose("me").pick);
  EXPECT_EQ(Choose("me").next_due, kNow + 30s);
  EXPECT_TRUE(Choose("third").pick);
  EXPECT_TRUE(Choose("me", kNow + 30s).pick) << "the others do not want it";
}

TEST_F(ChunkBoardTest, OffersNeitherWhatIsMadeNorWhatHasFailedForGood) {
  const Video video = NewVideo(1ms);
  ChunkRow failed = Row(video, 1);
  failed.failure = catalog::Failure{.code = "transcode_failed", .message = "it crashes"};
  Put(failed);
  Finish(Row(video, 0), 1);
  EXPECT_FALSE(Choose().pick);
  EXPECT_EQ(Choose().next_due, std::nullopt);
}

TEST_F(ChunkBoardTest, ForgetsASetThatIsRemoved) {
  const Video video = NewVideo(1ms);
  Post(video, 2);
  for (std::uint32_t i = 0; i < 2; ++i) {
    board_.Apply({.kind = Event::Kind::kDelete,
                  .item = {.key = RowKey(Row(video, i).id), .modified = ++revision_}});
  }
  EXPECT_FALSE(Choose().pick);
  EXPECT_EQ(board_.counts().waiting, 0U);
}

TEST_F(ChunkBoardTest, SpreadsThoseWhoChooseAtTheSameMoment) {
  const Video video = NewVideo(1ms);
  Post(video, 20);
  SeededRandom random(3);
  std::set<std::uint32_t> chosen;
  for (int i = 0; i < 200; ++i) {
    chosen.insert(board_.Choose("me", kNow, 10, random).pick->id.number);
  }
  EXPECT_EQ(chosen.size(), 10U);
  EXPECT_EQ(*chosen.rbegin(), 9U);
}

}  // namespace
}  // namespace tritontube::chunks
