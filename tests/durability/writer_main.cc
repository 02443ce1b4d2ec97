#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <thread>

#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "durability/ledger.h"
#include "durability/writer_steps.h"
#include "support/blocking_blob_store.h"

// The process that durability_test kills: opens a store, reads back what the
// ledger says is in it, then puts and removes until it dies.
//
//   writer <folder> <ledger> <seed> <run> [all]
//
// Exits with kLost when the store is not what the ledger says; "all" reads back
// also what an earlier run has verified. Writes a byte of writer_steps.h to
// standard output for each thing it has done.
namespace tritontube::durability {
namespace {

std::string BytesOf(const Ledger::Entry& entry) {
  return support::Noise(entry.size, entry.number + 1);
}

blob::BlobKey KeyOf(const Ledger::Entry& entry) {
  return support::TestKey(fmt::format("n{}", entry.number), 1, entry.upload);
}

void TellProgress(char step) {
  if (::write(STDOUT_FILENO, &step, 1) != 1) std::_Exit(kLost);
}

[[noreturn]] void Lost(std::string_view what) {
  fmt::print(stderr, "LOST: {}\n", what);
  std::_Exit(kLost);
}

void Verify(support::BlockingBlobStore& store, const Ledger::Content& ledger, bool all) {
  for (const Ledger::Entry& entry : ledger.entries) {
    const auto removal = ledger.removals.find(entry.upload);
    const bool is_removed =
        removal != ledger.removals.end() && removal->second == Ledger::Removal::kDone;
    if (removal != ledger.removals.end() && !is_removed) continue;
    if (entry.verified && !all) continue;
    const Result<std::string> read = store.Read(KeyOf(entry));
    if (is_removed) {
      if (read) Lost(fmt::format("blob {} came back after its removal", entry.number));
    } else if (!read) {
      Lost(fmt::format("blob {}: {}", entry.number, read.error().message()));
    } else if (*read != BytesOf(entry)) {
      Lost(fmt::format("blob {} has other bytes", entry.number));
    }
  }
}

// One of several that write at once, each into uploads of its own.
class Client {
 public:
  Client(blob::BlobStore& store, Ledger& ledger, std::atomic<std::uint64_t>& next_number,
         std::uint64_t seed, int upload, bool is_bulk)
      : store_(store),
        ledger_(ledger),
        next_number_(next_number),
        random_(seed),
        upload_(upload),
        is_bulk_(is_bulk) {}

  [[noreturn]] void Run() {
    for (int batch = 0;; ++batch) {
      Put();
      if (batch % 2 == 1 && random_() % 2 == 0) Remove();
    }
  }

 private:
  void Put() {
    const std::size_t count = 1 + random_() % 5;
    std::vector<Ledger::Entry> entries;
    std::vector<blob::Blob> batch;
    for (std::size_t i = 0; i < count; ++i) {
      const ByteCount size =
          is_bulk_ ? (ByteCount{8} << 20U) / count + random_() % 500'000 + 1 : random_() % 300'000;
      entries.push_back({.number = next_number_++, .size = size, .upload = upload_});
      batch.push_back(
          {.key = KeyOf(entries.back()), .bytes = blob::Bytes(BytesOf(entries.back()))});
    }
    const Result<void> put = store_.Put(std::move(batch));
    if (!put) Lost(fmt::format("a put was refused: {}", put.error().message()));
    ledger_.AddPuts(entries);
    TellProgress(is_bulk_ ? kLargeAcknowledged : kSmallAcknowledged);
  }

  void Remove() {
    ledger_.AddLine(fmt::format("removing {}", upload_));
    const blob::BlobKey key = support::TestKey("", 1, upload_);
    const Result<void> removed = store_.RemoveUpload(key.video, key.upload);
    if (!removed) Lost(fmt::format("a removal was refused: {}", removed.error().message()));
    ledger_.AddLine(fmt::format("removed {}", upload_));
    upload_ += 4;
  }

  support::BlockingBlobStore store_;
  Ledger& ledger_;
  std::atomic<std::uint64_t>& next_number_;
  std::mt19937_64 random_;
  int upload_;
  const bool is_bulk_;  // Its batches are large enough to go past the log.
};

int Main(const std::vector<std::string>& arguments) {
  const std::filesystem::path folder = arguments.at(1);
  const std::filesystem::path ledger_path = arguments.at(2);
  const std::uint64_t seed = std::stoull(arguments.at(3));
  const int run = std::stoi(arguments.at(4));
  const bool all = arguments.size() > 5;

  const auto store = rocksdb::RocksdbBlobStore::Open(
      folder, {.free_bytes_min = 0, .reserve_bytes = ByteCount{1} << 20U});
  if (!store) Lost(store.error().message());
  const Ledger::Content known = Ledger::Read(ledger_path);
  {
    support::BlockingBlobStore calls(**store);
    Verify(calls, known, all);
  }
  Ledger ledger(ledger_path);
  ledger.AddLine("verified");
  TellProgress(kReadBack);

  // Numbers of puts that were never acknowledged must not be used again.
  std::atomic<std::uint64_t> next_number = known.next_number + 1000;
  std::vector<std::jthread> clients;
  clients.reserve(3);
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&, i] {
      Client(**store, ledger, next_number, seed + static_cast<std::uint64_t>(i), run * 100 + i,
             i == 0)
          .Run();
    });
  }
  clients.clear();
  return 0;
}

}  // namespace
}  // namespace tritontube::durability

int main(int argc, char** argv) { return tritontube::durability::Main({argv, argv + argc}); }
