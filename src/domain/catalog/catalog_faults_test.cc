#include "domain/catalog/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/catalog/catalog_test_steps.h"
#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"
#include "domain/catalog/view.h"
#include "support/catalog_world.h"

namespace tritontube::catalog {
namespace {

using async::Task;
using coordination::Call;
using coordination::Fault;
using coordination::LeaseId;
using coordination::Operation;
using support::CatalogWorld;
using support::CodeOf;
using support::InCatalogWorld;
using support::Must;
using support::Names;
using support::Soon;

Task<void> Advance(Catalog& other, VideoId video, UploadId output, double fraction) {
  Must(co_await other.SetProgress(std::move(video), std::move(output), fraction, Soon()));
}

Task<void> Receive(Catalog& other, Names names, ByteCount received, LeaseId lease) {
  Must(co_await other.SetReceived(names.video, {.upload = names.upload, .received = received},
                                  lease, Soon()));
}

Task<void> ClaimAs(CatalogWorld& world, VideoId video, UploadId output, LeaseId lease) {
  const auto put = Operation::Put(ClaimKey(video), Encode(JobClaim{.output = output}), lease);
  Must(co_await world.engine.Commit({.compares = {}, .then = {put}}, Soon()));
}

TEST(CatalogFaults, TriesAgainWhenOthersChangeTheVideoMeanwhile) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const UploadId output = co_await Claim(world, names, lease);
    Catalog other(world.engine);
    double fraction = 0;
    world.coordination.BeforeWrites(
        3, [&] { return Advance(other, names.video, output, fraction += 0.1); });
    Must(co_await world.catalog.Publish(names.video, output, CatalogWorld::Publication(), Soon()));
    EXPECT_DOUBLE_EQ(fraction, 0.3);
    EXPECT_EQ(ViewOf(Must(co_await world.catalog.Find(names.video, Soon()))).state,
              VideoState::kReady);
  });
}

TEST(CatalogFaults, GivesUpAtTheDeadlineWhenOthersNeverStop) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Uploading(lease);
    Catalog other(world.engine);
    ByteCount received = 0;
    world.coordination.BeforeWrites(1 << 30,
                                    [&] { return Receive(other, names, ++received, lease); });
    const Result<void> done =
        co_await world.catalog.CommitSource(names.video, names.upload, CatalogWorld::Source(),
                                            Deadline::After(std::chrono::milliseconds(20)));
    EXPECT_EQ(CodeOf(done), ErrorCode::kDeadlineExceeded);
  });
}

// The marker returns between the collector's read and its write.
TEST(CatalogFaults, SparesAnUploadThatComesBackWhileItIsBeingRemoved) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lost = co_await world.NewLease();
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Uploading(lost);
    Must(co_await world.engine.RevokeLease(lost, Soon()));
    Catalog other(world.engine);
    world.coordination.BeforeWrites(1, [&] { return Receive(other, names, 9, lease); });
    EXPECT_FALSE(Must(co_await world.catalog.RemoveIfAbandoned(names.video, Soon())));
    Must(co_await world.catalog.Find(names.video, Soon()));
  });
}

TEST(CatalogFaults, ProvesGarbageByAWriteThatCompares) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const UploadId unborn = UploadId::Generate(world.random);
    EXPECT_FALSE(Must(co_await world.catalog.ProveGarbage(names.video, names.upload, Soon())));
    EXPECT_TRUE(Must(co_await world.catalog.ProveGarbage(names.video, unborn, Soon())));
    Must(co_await world.engine.Get(std::string(kProofKey), Soon()));

    // A claim that comes between the read and the write makes it look again.
    world.coordination.BeforeWrites(1, [&] { return ClaimAs(world, names.video, unborn, lease); });
    EXPECT_FALSE(Must(co_await world.catalog.ProveGarbage(names.video, unborn, Soon())));
  });
}

// Every change, with its transaction's outcome lost before or after its effect,
// and its read lost as well: each happens, once.
TEST(CatalogFaults, SettlesUnknownOutcomesByReading) {
  using Change = Task<Result<void>> (*)(CatalogWorld&, const Names&, const UploadId&, LeaseId);
  struct Case {
    const char* name;
    bool committed;
    Change change;
  };
  const std::vector<Case> cases = {
      {"SetReceived", false,
       [](CatalogWorld& world, const Names& names, const UploadId&, LeaseId lease) {
         return world.catalog.SetReceived(names.video, {.upload = names.upload, .received = 5},
                                          lease, Soon());
       }},
      {"CommitSource", false,
       [](CatalogWorld& world, const Names& names, const UploadId&, LeaseId) {
         return world.catalog.CommitSource(names.video, names.upload, CatalogWorld::Source(),
                                           Soon());
       }},
      {"FailUpload", false,
       [](CatalogWorld& world, const Names& names, const UploadId&, LeaseId) {
         return world.catalog.FailUpload(names.video, names.upload, {}, Soon());
       }},
      {"Abandon", false,
       [](CatalogWorld& world, const Names& names, const UploadId&, LeaseId) {
         return world.catalog.Abandon(names.video, names.upload, Soon());
       }},
      {"Describe", true,
       [](CatalogWorld& world, const Names& names, const UploadId& output, LeaseId) {
         return world.catalog.Describe(names.video, output, {.width = 1}, {}, Soon());
       }},
      {"SetProgress", true,
       [](CatalogWorld& world, const Names& names, const UploadId& output, LeaseId) {
         return world.catalog.SetProgress(names.video, output, 0.5, Soon());
       }},
      {"Publish", true,
       [](CatalogWorld& world, const Names& names, const UploadId& output, LeaseId) {
         return world.catalog.Publish(names.video, output, CatalogWorld::Publication(), Soon());
       }},
      {"FinishExtras", true,
       [](CatalogWorld& world, const Names& names, const UploadId& output, LeaseId) {
         return world.catalog.FinishExtras(names.video, output, {.storyboard = output}, Soon());
       }},
      {"BeginExtra", false,
       [](CatalogWorld& world, const Names& names, const UploadId& output, LeaseId lease) {
         return world.catalog.BeginExtra(names.video, output, lease, Soon());
       }},
      {"FailJob", true,
       [](CatalogWorld& world, const Names& names, const UploadId& output, LeaseId) {
         return world.catalog.FailJob(names.video, output, {}, Soon());
       }},
      {"Delete", true,
       [](CatalogWorld& world, const Names& names, const UploadId&, LeaseId) -> Task<Result<void>> {
         const Result<Leftovers> left = co_await world.catalog.Delete(names.video, Soon());
         if (!left) co_return std::unexpected(left.error());
         EXPECT_EQ(left->uploads.size(), 2U);
         co_return Result<void>();
       }},
  };
  struct Loss {
    Fault fault;
    int skip;
  };
  const std::vector<Loss> losses = {
      {Fault::UnknownBefore(), 0}, {Fault::UnknownBefore(), 1}, {Fault::UnknownAfter(), 1}};
  for (const Case& test : cases) {
    std::vector<std::string> outcomes;
    for (const Loss& loss : losses) {
      CatalogWorld world;
      const auto run = [](CatalogWorld& w, const Case& c, const Loss& l,
                          std::vector<std::string>& seen) -> Task<void> {
        const LeaseId lease = co_await w.NewLease();
        const Names names = c.committed ? co_await w.Committed(lease) : co_await w.Uploading(lease);
        UploadId output = names.upload;
        if (c.committed) output = co_await Claim(w, names, lease);
        w.engine.AddFault(Call::kCommit, l.fault, l.skip);
        const Result<void> done = co_await c.change(w, names, output, lease);
        EXPECT_TRUE(done.has_value()) << c.name << ": " << done.error().message();
        const auto keys = co_await KeysLeft(w);
        seen.push_back(fmt::format("{} {}", names.video.text(), fmt::join(keys, " ")));
      };
      async::BlockOn(world.pool.executor(0), run(world, test, loss, outcomes));
    }
    EXPECT_EQ(outcomes[0], outcomes[1]) << test.name;
    EXPECT_EQ(outcomes[0], outcomes[2]) << test.name;
  }
}

TEST(CatalogFaults, CreatesOnceWhenTheOutcomeOfCreationIsUnknown) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    for (const Fault& fault : {Fault::UnknownBefore(), Fault::UnknownAfter()}) {
      world.engine.AddFault(Call::kCommit, fault, 1);
      const Names names = co_await world.Uploading(lease);
      Must(co_await world.catalog.Find(names.video, Soon()));
    }
  });
}

TEST(CatalogFaults, SaysUnknownWhenItCannotReadWhatBecameOfAChange) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const Names names = co_await world.Uploading(co_await world.NewLease());
    world.engine.AddFault(Call::kCommit, Fault::UnknownAfter(), 1);
    world.engine.AddFault(Call::kCommit, Fault::Error(ErrorCode::kUnavailable));
    const Result<void> done = co_await world.catalog.CommitSource(names.video, names.upload,
                                                                  CatalogWorld::Source(), Soon());
    EXPECT_EQ(CodeOf(done), ErrorCode::kOutcomeUnknown);
  });
}

TEST(CatalogFaults, PassesOnWhatCoordinationSays) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const Names names = co_await world.Committed(co_await world.NewLease());
    const Fault down = Fault::Error(ErrorCode::kUnavailable);
    world.engine.AddFault(Call::kCommit, down);
    EXPECT_EQ(CodeOf(co_await world.catalog.Find(names.video, Soon())), ErrorCode::kUnavailable);
    world.engine.AddFault(Call::kCommit, down, 1);
    EXPECT_EQ(CodeOf(co_await world.catalog.Delete(names.video, Soon())), ErrorCode::kUnavailable);
    world.engine.AddFault(Call::kRange, down);
    EXPECT_EQ(CodeOf(co_await world.catalog.List({}, Soon())), ErrorCode::kUnavailable);
    world.engine.AddFault(Call::kRange, down);
    EXPECT_EQ(CodeOf(co_await world.catalog.OpenVideos(std::nullopt, 1, Soon())),
              ErrorCode::kUnavailable);
    const Names late = world.NewNames();
    EXPECT_EQ(
        CodeOf(co_await world.catalog.Create(
            {.id = late.video, .upload = late.upload, .title = "", .created = {}}, 999, Soon())),
        ErrorCode::kNotFound);
  });
}

// Uploads, workers and deletions of a few videos from four threads: each video
// ends in one piece, and no change is lost.
TEST(CatalogFaults, IsSafeToUseFromManyThreads) {
  CatalogWorld world;
  async::IoPool pool(4);
  std::vector<Names> videos;
  LeaseId lease = 0;
  const auto prepare = [](CatalogWorld& w, std::vector<Names>& made, LeaseId& l) -> Task<void> {
    l = co_await w.NewLease();
    for (int i = 0; i < 8; ++i) made.push_back(co_await w.Uploading(l));
  };
  async::BlockOn(pool.executor(0), prepare(world, videos, lease));

  const auto send = [](CatalogWorld& w, const std::vector<Names>& all, LeaseId l,
                       ByteCount step) -> Task<void> {
    Catalog catalog(w.engine);
    for (ByteCount received = step; received <= 400; received += 4) {
      for (const Names& names : all) {
        Must(co_await catalog.SetReceived(
            names.video, {.upload = names.upload, .received = received}, l, Soon()));
      }
    }
  };
  std::vector<std::jthread> threads;
  threads.reserve(pool.size());
  for (std::size_t i = 0; i < pool.size(); ++i) {
    threads.emplace_back(
        [&, i] { async::BlockOn(pool.executor(i), send(world, videos, lease, i + 1)); });
  }
  threads.clear();
  const auto check = [](CatalogWorld& w, const std::vector<Names>& all) -> Task<void> {
    for (const Names& names : all) {
      EXPECT_EQ(Must(co_await w.catalog.Find(names.video, Soon())).open->received, 400U);
    }
  };
  async::BlockOn(pool.executor(0), check(world, videos));
}

}  // namespace
}  // namespace tritontube::catalog
