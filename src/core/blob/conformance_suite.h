#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/blob/blob_store.h"
#include "foundation/async/io_pool.h"

// What every BlobStore does, whatever is behind it. A test program of an engine
// includes this once and instantiates it:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, BlobStoreConformance,
//   testing::Values(ConformanceEngine{...}));
namespace tritontube::blob {

// Where a store lives during one test. Destroyed after its last use.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual BlobStore& store() = 0;
};

struct ConformanceEngine {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
  // Sizes around which the engine cuts its bytes.
  std::vector<ByteCount> boundaries;
  // What copies on several nodes cannot promise.
  bool batches_are_atomic = true;   // All of a batch is seen and refused at once.
  bool writers_race_to_one = true;  // Of several different puts of a key one always wins.

  friend void PrintTo(const ConformanceEngine& engine, std::ostream* out) { *out << engine.name; }
};

class BlobStoreConformance : public testing::TestWithParam<ConformanceEngine> {
 protected:
  BlobStoreConformance() : under_test_(GetParam().make()), pool_(3) {}

  BlobStore& store() { return under_test_->store(); }
  static Deadline Soon() { return Deadline::After(std::chrono::seconds(60)); }

  static BlobKey Key(std::string file, int video = 1, int upload = 1) {
    return {.video = *VideoId::Parse(fmt::format("video-{:05}", video)),
            .upload = *UploadId::Parse(fmt::format("uplod-{:05}", upload)),
            .file = std::move(file)};
  }
  // The same bytes for the same seed, none of them in a pattern.
  static std::string Noise(ByteCount size, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    std::string bytes;
    bytes.reserve(size + sizeof(std::uint64_t));
    while (bytes.size() < size) {
      const std::uint64_t word = engine();
      bytes.append(reinterpret_cast<const char*>(&word), sizeof(word));
    }
    bytes.resize(size);
    return bytes;
  }
  static std::vector<Blob> One(BlobKey key, std::string bytes) {
    std::vector<Blob> batch;
    batch.push_back({.key = std::move(key), .bytes = Bytes(std::move(bytes))});
    return batch;
  }

  // Runs one call on an io thread and waits for its result.
  template <typename T>
  Result<T> Run(async::Task<Result<T>> task, std::size_t thread = 0) {
    return async::BlockOn(pool_.executor(thread % pool_.size()), std::move(task));
  }
  Result<void> Put(BlobKey key, std::string bytes) {
    return Run(store().Put(One(std::move(key), std::move(bytes)), Soon()));
  }
  Result<std::string> Read(BlobKey key) {
    TT_ASSIGN_OR_RETURN(const Bytes bytes, Run(store().GetWhole(std::move(key), Soon())));
    return bytes.Flatten();
  }
  Result<std::string> Read(BlobKey key, ByteCount offset, ByteCount length) {
    TT_ASSIGN_OR_RETURN(
        const Bytes bytes,
        Run(store().Get(std::move(key), {.offset = offset, .length = length}, Soon())));
    return bytes.Flatten();
  }
  std::vector<std::string> FilesOf(ScanRequest request) {
    std::vector<std::string> files;
    const Result<ScanPage> page = Run(store().Scan(std::move(request), Soon()));
    EXPECT_TRUE(page.has_value()) << page.error().message();
    for (const ScanItem& item : page->items) files.push_back(item.key.file);
    return files;
  }
  template <typename T>
  static ErrorCode CodeOf(const Result<T>& result) {
    return result.has_value() ? ErrorCode{} : result.error().code();
  }

  async::IoPool& pool() { return pool_; }

 private:
  std::unique_ptr<StoreUnderTest> under_test_;
  async::IoPool pool_;  // Ends before the store that its tasks use.
};

TEST_P(BlobStoreConformance, GivesBackWhatWasPutWhateverItsSize) {
  std::vector<ByteCount> sizes = {0, 1, 4095, 8U << 20U};
  for (const ByteCount boundary : GetParam().boundaries) {
    sizes.insert(sizes.end(),
                 {boundary - 1, boundary, boundary + 1, 2 * boundary, 3 * boundary + 7});
  }
  for (const ByteCount size : sizes) {
    const BlobKey key = Key(fmt::format("size-{}", size));
    const std::string bytes = Noise(size, size);
    ASSERT_TRUE(Put(key, bytes).has_value()) << size;
    EXPECT_TRUE(Read(key) == bytes) << size;
    const Result<BlobStat> stat = Run(store().Stat(key, Soon()));
    ASSERT_TRUE(stat.has_value());
    EXPECT_EQ(stat->size, size);
    EXPECT_EQ(stat->digest, DigestOf(Bytes(bytes)));
  }
}

TEST_P(BlobStoreConformance, GivesEveryRangeThatLiesWithin) {
  const ByteCount boundary = GetParam().boundaries.empty() ? 1000 : GetParam().boundaries.front();
  const std::string bytes = Noise(3 * boundary + 7, 1);
  ASSERT_TRUE(Put(Key("a"), bytes).has_value());
  const std::vector<ByteCount> edges = {
      0, 1, boundary - 1, boundary, boundary + 1, 2 * boundary, bytes.size() - 1, bytes.size()};
  for (const ByteCount begin : edges) {
    for (const ByteCount end : edges) {
      if (end < begin) continue;
      EXPECT_TRUE(Read(Key("a"), begin, end - begin) == bytes.substr(begin, end - begin))
          << begin << " to " << end;
    }
  }
}

TEST_P(BlobStoreConformance, RefusesRangesBeyondTheEnd) {
  ASSERT_TRUE(Put(Key("a"), "12345").has_value());
  EXPECT_EQ(CodeOf(Read(Key("a"), 0, 6)), ErrorCode::kOutOfRange);
  EXPECT_EQ(CodeOf(Read(Key("a"), 6, 0)), ErrorCode::kOutOfRange);
  EXPECT_EQ(CodeOf(Read(Key("a"), 1, ~ByteCount{0})), ErrorCode::kOutOfRange);
}

TEST_P(BlobStoreConformance, PutsBytesThatComeInPieces) {
  Bytes pieces;
  std::string whole;
  for (int i = 0; i < 100; ++i) {
    const std::string piece = Noise(static_cast<ByteCount>(i) * 331, static_cast<std::uint64_t>(i));
    pieces.Append(Bytes(piece));
    whole += piece;
  }
  std::vector<Blob> batch;
  batch.push_back({.key = Key("a"), .bytes = pieces});
  ASSERT_TRUE(Run(store().Put(std::move(batch), Soon())).has_value());
  EXPECT_TRUE(Read(Key("a")) == whole);
}

TEST_P(BlobStoreConformance, BytesOutliveTheirUpload) {
  const std::string bytes = Noise(1U << 20U, 1);
  ASSERT_TRUE(Put(Key("a"), bytes).has_value());
  const Result<Bytes> held = Run(store().GetWhole(Key("a"), Soon()));
  ASSERT_TRUE(Run(store().RemoveUpload(Key("a").video, Key("a").upload, Soon())).has_value());
  ASSERT_TRUE(held.has_value());
  EXPECT_TRUE(held->Flatten() == bytes);
}

TEST_P(BlobStoreConformance, DoesNotFindWhatWasNeverPut) {
  ASSERT_TRUE(Put(Key("ab"), "1").has_value());
  EXPECT_EQ(CodeOf(Read(Key("a"))), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(Read(Key("abc"))), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(Read(Key("ab", 2))), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(Read(Key("a"), 0, 0)), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(Run(store().Stat(Key("a"), Soon()))), ErrorCode::kNotFound);
}

TEST_P(BlobStoreConformance, AcceptsTheSameBytesAgainAndRefusesOthers) {
  ASSERT_TRUE(Put(Key("a"), "bytes").has_value());
  EXPECT_TRUE(Put(Key("a"), "bytes").has_value());
  EXPECT_EQ(CodeOf(Put(Key("a"), "other")), ErrorCode::kAlreadyExists);
  EXPECT_EQ(CodeOf(Put(Key("a"), "")), ErrorCode::kAlreadyExists);
  EXPECT_EQ(Read(Key("a")), "bytes");
}

TEST_P(BlobStoreConformance, RefusesTheSameBytesAtEverySizeItTreatsDifferently) {
  for (const ByteCount size : {ByteCount{100}, ByteCount{9} << 20U}) {
    const std::string bytes = Noise(size, 1);
    const BlobKey key = Key(fmt::format("size-{}", size));
    ASSERT_TRUE(Put(key, bytes).has_value());
    EXPECT_TRUE(Put(key, bytes).has_value());
    EXPECT_EQ(CodeOf(Put(key, Noise(size, 2))), ErrorCode::kAlreadyExists);
    EXPECT_EQ(CodeOf(Put(key, "small")), ErrorCode::kAlreadyExists);
    EXPECT_EQ(CodeOf(Put(key, Noise(10U << 20U, 3))), ErrorCode::kAlreadyExists);
    EXPECT_TRUE(Read(key) == bytes);
  }
}

TEST_P(BlobStoreConformance, ABatchWithOneRefusedBlobChangesNothing) {
  if (!GetParam().batches_are_atomic) GTEST_SKIP() << "not promised";
  ASSERT_TRUE(Put(Key("b"), "bytes").has_value());
  std::vector<Blob> batch = One(Key("a"), "new");
  batch.push_back({.key = Key("b"), .bytes = Bytes(std::string("other"))});
  EXPECT_EQ(CodeOf(Run(store().Put(std::move(batch), Soon()))), ErrorCode::kAlreadyExists);
  EXPECT_EQ(CodeOf(Read(Key("a"))), ErrorCode::kNotFound);
}

TEST_P(BlobStoreConformance, RefusesMalformedBatchesAndTakesAnEmptyOne) {
  EXPECT_EQ(CodeOf(Put(Key("a/b"), "1")), ErrorCode::kInvalidArgument);
  std::vector<Blob> twice = One(Key("a"), "1");
  twice.push_back(twice.front());
  EXPECT_EQ(CodeOf(Run(store().Put(std::move(twice), Soon()))), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Put(Key("a"), std::string(kBatchBytesMax + 1, 'x'))),
            ErrorCode::kInvalidArgument);
  EXPECT_TRUE(Run(store().Put({}, Soon())).has_value());
}

TEST_P(BlobStoreConformance, ScansInOrderOfTheKeyPageByPage) {
  std::vector<Blob> batch;
  for (const int video : {2, 1}) {
    for (const int upload : {2, 1}) {
      for (const char* file : {"b", "a", "a-", "a.m4s", "B"}) {
        batch.push_back({.key = Key(file, video, upload), .bytes = Bytes(Noise(700'000, 1))});
      }
    }
  }
  ASSERT_TRUE(Run(store().Put(batch, Soon())).has_value());
  std::ranges::sort(batch, {}, &Blob::key);

  std::vector<BlobKey> seen;
  ScanRequest request{.limit = 3};
  for (bool more = true; more;) {
    const Result<ScanPage> page = Run(store().Scan(request, Soon()));
    ASSERT_TRUE(page.has_value());
    EXPECT_LE(page->items.size(), 3U);
    for (const ScanItem& item : page->items) {
      seen.push_back(item.key);
      EXPECT_EQ(item.stat.size, 700'000U);
    }
    more = page->more;
    request.after = seen.back();
  }
  ASSERT_EQ(seen.size(), batch.size());
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], batch[i].key);
}

TEST_P(BlobStoreConformance, ScansTheFirstBlobOfEachUploadOnly) {
  ASSERT_TRUE(Put(Key("a", 1, 1), "1").has_value());
  ASSERT_TRUE(Put(Key("b", 1, 1), Noise(9U << 20U, 1)).has_value());
  ASSERT_TRUE(Put(Key("c", 1, 2), Noise(9U << 20U, 1)).has_value());
  ASSERT_TRUE(Put(Key("d", 1, 2), "1").has_value());
  ASSERT_TRUE(Put(Key("e", 2, 2), "1").has_value());
  EXPECT_EQ(FilesOf({.one_of_each_upload = true}), (std::vector<std::string>{"a", "c", "e"}));
  EXPECT_EQ(FilesOf({.after = Key("a", 1, 1), .one_of_each_upload = true}),
            (std::vector<std::string>{"b", "c", "e"}));
  const auto page = Run(store().Scan({.limit = 3, .one_of_each_upload = true}, Soon()));
  EXPECT_FALSE(page->more);
  EXPECT_TRUE(Run(store().Scan({.limit = 2, .one_of_each_upload = true}, Soon()))->more);
}

TEST_P(BlobStoreConformance, ScansOneUploadOnly) {
  ASSERT_TRUE(Put(Key("a", 1, 1), "1").has_value());
  ASSERT_TRUE(Put(Key("b", 1, 2), "1").has_value());
  ASSERT_TRUE(Put(Key("c", 1, 2), Noise(9U << 20U, 1)).has_value());
  ASSERT_TRUE(Put(Key("d", 1, 3), "1").has_value());
  ASSERT_TRUE(Put(Key("e", 2, 2), "1").has_value());
  const auto upload = std::pair(Key("").video, Key("", 1, 2).upload);
  EXPECT_EQ(FilesOf({.upload = upload}), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(FilesOf({.after = Key("b", 1, 2), .upload = upload}), std::vector<std::string>{"c"});
  EXPECT_TRUE(FilesOf({.after = Key("c", 1, 2), .upload = upload}).empty());
  EXPECT_EQ(FilesOf({.after = Key("z", 1, 1), .upload = upload}).size(), 2U);
}

TEST_P(BlobStoreConformance, AScanOfNothingIsAnEmptyPage) {
  const Result<ScanPage> page = Run(store().Scan({}, Soon()));
  ASSERT_TRUE(page.has_value());
  EXPECT_TRUE(page->items.empty());
  EXPECT_FALSE(page->more);
}

TEST_P(BlobStoreConformance, RemovingAnUploadLeavesItsNeighbours) {
  const std::string bulk = Noise(9U << 20U, 1);
  for (const int upload : {1, 2, 3}) {
    ASSERT_TRUE(Put(Key("small", 1, upload), "bytes").has_value());
    ASSERT_TRUE(Put(Key("bulk", 1, upload), bulk).has_value());
  }
  ASSERT_TRUE(Put(Key("small", 2, 2), "bytes").has_value());
  ASSERT_TRUE(Run(store().RemoveUpload(Key("").video, Key("", 1, 2).upload, Soon())).has_value());

  for (const char* file : {"small", "bulk"}) {
    EXPECT_EQ(CodeOf(Read(Key(file, 1, 2))), ErrorCode::kNotFound);
    EXPECT_TRUE(Read(Key(file, 1, 1)).has_value());
    EXPECT_TRUE(Read(Key(file, 1, 3)).has_value());
  }
  EXPECT_TRUE(Read(Key("small", 2, 2)).has_value());
  EXPECT_EQ(FilesOf({}).size(), 5U);
}

TEST_P(BlobStoreConformance, RemovingNothingIsNoErrorAndRemovedKeysMayBePutAgain) {
  const BlobKey key = Key("a");
  EXPECT_TRUE(Run(store().RemoveUpload(key.video, key.upload, Soon())).has_value());
  ASSERT_TRUE(Put(key, "bytes").has_value());
  ASSERT_TRUE(Run(store().RemoveUpload(key.video, key.upload, Soon())).has_value());
  ASSERT_TRUE(Put(key, "other").has_value());
  EXPECT_EQ(Read(key), "other");
}

TEST_P(BlobStoreConformance, StatusCountsWhatIsStored) {
  const Result<StoreStatus> before = Run(store().Status(Soon()));
  ASSERT_TRUE(Put(Key("a"), Noise(3U << 20U, 1)).has_value());
  ASSERT_TRUE(Put(Key("b"), Noise(9U << 20U, 2)).has_value());
  const Result<StoreStatus> after = Run(store().Status(Soon()));
  ASSERT_TRUE(before.has_value() && after.has_value());
  EXPECT_GE(after->stored_bytes, before->stored_bytes + (12U << 20U));
  EXPECT_LE(after->stored_bytes, before->stored_bytes + (16U << 20U));
  EXPECT_GT(after->capacity_bytes, 0U);
  EXPECT_LE(after->free_bytes, after->capacity_bytes);
  EXPECT_EQ(after->corrupt_count, 0U);
  EXPECT_FALSE(after->read_only);
}

TEST_P(BlobStoreConformance, DoesNothingAfterTheDeadline) {
  const Deadline passed = Deadline::After(std::chrono::seconds(-1));
  const BlobKey key = Key("a");
  const auto code = ErrorCode::kDeadlineExceeded;
  EXPECT_EQ(CodeOf(Run(store().Put(One(key, "1"), passed))), code);
  EXPECT_EQ(CodeOf(Run(store().Get(key, {}, passed))), code);
  EXPECT_EQ(CodeOf(Run(store().GetWhole(key, passed))), code);
  EXPECT_EQ(CodeOf(Run(store().Stat(key, passed))), code);
  EXPECT_EQ(CodeOf(Run(store().RemoveUpload(key.video, key.upload, passed))), code);
  EXPECT_EQ(CodeOf(Run(store().Scan({}, passed))), code);
  EXPECT_EQ(CodeOf(Run(store().Status(passed))), code);
  EXPECT_TRUE(FilesOf({}).empty());
}

// Calls from every io thread at once, each checking what it put itself.
TEST_P(BlobStoreConformance, ServesManyThreadsAtOnce) {
  std::atomic<int> wrong = 0;
  const auto work = [](BlobStore& store, int thread,
                       std::atomic<int>& errors) -> async::Task<void> {
    for (int i = 0; i < 20; ++i) {
      const BlobKey key = Key(fmt::format("{}", i), thread);
      const ByteCount size = i % 10 == 9 ? ByteCount{9} << 20U : ByteCount{10'000};
      const std::string bytes =
          Noise(size, static_cast<std::uint64_t>(thread) * 100 + static_cast<std::uint64_t>(i));
      const Result<void> put = co_await store.Put(One(key, bytes), Soon());
      const Result<Bytes> got = co_await store.GetWhole(key, Soon());
      if (!put || !got || got->Flatten() != bytes) ++errors;
    }
  };
  std::vector<std::jthread> callers;
  callers.reserve(6);
  for (int thread = 0; thread < 6; ++thread) {
    callers.emplace_back([&, thread] {
      async::BlockOn(pool().executor(static_cast<std::size_t>(thread) % pool().size()),
                     work(store(), thread, wrong));
    });
  }
  callers.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(FilesOf({}).size(), 120U);
}

// Two writers of one key: exactly one wins, whichever way the bytes go in.
TEST_P(BlobStoreConformance, OnlyOneOfTwoDifferentPutsOfAKeyWins) {
  for (int round = 0; round < 10; ++round) {
    const BlobKey key = Key(fmt::format("race-{}", round));
    const std::vector<std::string> contents = {"small", Noise(9U << 20U, 1), "other"};
    std::vector<Result<void>> results(contents.size());
    {
      std::vector<std::jthread> writers;
      writers.reserve(contents.size());
      for (std::size_t i = 0; i < contents.size(); ++i) {
        writers.emplace_back(
            [&, i] { results[i] = Run(store().Put(One(key, contents[i]), Soon()), i); });
      }
    }
    int winners = 0;
    for (std::size_t i = 0; i < contents.size(); ++i) {
      if (results[i].has_value()) {
        ++winners;
        if (GetParam().writers_race_to_one) EXPECT_TRUE(Read(key) == contents[i]);
      } else {
        EXPECT_EQ(results[i].error().code(), ErrorCode::kAlreadyExists);
      }
    }
    EXPECT_LE(winners, 1);
    if (GetParam().writers_race_to_one) EXPECT_EQ(winners, 1);
  }
}

// A reader that sees one blob of a batch sees the others.
TEST_P(BlobStoreConformance, ABatchBecomesVisibleAtOnce) {
  if (!GetParam().batches_are_atomic) GTEST_SKIP() << "not promised";
  for (int round = 0; round < 20; ++round) {
    std::vector<Blob> batch;
    for (const char* file : {"a", "m", "z"}) {
      batch.push_back({.key = Key(file, round), .bytes = Bytes(Noise(600'000, 1))});
    }
    std::atomic<bool> done = false;
    std::atomic<int> torn = 0;
    std::jthread reader([&] {
      while (!done) {
        const bool last_is_there = Run(store().Stat(Key("z", round), Soon()), 1).has_value();
        if (last_is_there && !Read(Key("a", round))) ++torn;
        const bool first_is_there = Run(store().Stat(Key("a", round), Soon()), 1).has_value();
        if (first_is_there && !Read(Key("z", round))) ++torn;
      }
    });
    EXPECT_TRUE(Run(store().Put(std::move(batch), Soon()), 2).has_value());
    done = true;
    reader.join();
    EXPECT_EQ(torn, 0);
  }
}

}  // namespace tritontube::blob
