#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "base/assert.h"
#include "support/blocking_blob_store.h"
#include "support/temporary_folder.h"

// See README.md.
namespace tritontube {
namespace {

using Clock = std::chrono::steady_clock;
using support::TestKey;

constexpr ByteCount kMebibyte = ByteCount{1} << 20U;

struct Shape {
  const char* name;
  std::size_t blob_count;
  ByteCount blob_bytes;
};
constexpr Shape kShapes[] = {{"8 x 1 MiB", 8, kMebibyte},
                             {"32 x 1 MiB", 32, kMebibyte},
                             {"4 x 8 MiB", 4, 8 * kMebibyte},
                             {"4 x 1 MiB (logged)", 4, kMebibyte},
                             {"1 x 64 KiB (logged)", 1, kMebibyte / 16}};

double Seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

double Median(std::vector<double> values) {
  TT_ASSERT(!values.empty(), "nothing was measured");
  std::ranges::nth_element(values, values.begin() + std::ssize(values) / 2);
  return values[values.size() / 2];
}

// What this process has caused to be written, by the kernel's count.
ByteCount WrittenBytes() {
  std::ifstream file("/proc/self/io");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("write_bytes: ")) return std::stoull(line.substr(13));
  }
  return 0;
}

ByteCount BytesOnDisk(const std::filesystem::path& folder) {
  ByteCount bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto size = entry.is_regular_file(error) ? entry.file_size(error) : 0;
    if (!error) bytes += size;
  }
  return bytes;
}

class Bench {
 public:
  Bench(const std::filesystem::path& folder, ByteCount record_bytes)
      : folder_(folder),
        noise_(support::Noise(40 * kMebibyte, 1)),
        append_(
            ::open((folder / "append").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    auto opened = rocksdb::RocksdbBlobStore::Open(folder / "store", {.record_bytes = record_bytes});
    TT_ASSERT(opened.has_value(), "{}", opened.error().message());
    store_ = *std::move(opened);
    calls_.emplace(*store_);
  }
  ~Bench() { ::close(append_); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void CompareWrites(const Shape& shape, int rounds) {
    std::vector<double> appends;
    std::vector<double> puts;
    ByteCount written = 0;
    for (int round = 0; round < rounds; ++round) {
      appends.push_back(Append(shape));
      const ByteCount before = WrittenBytes();
      puts.push_back(Put(shape));
      written += WrittenBytes() - before;
    }
    const auto bytes = static_cast<double>(shape.blob_count * shape.blob_bytes);
    std::vector<double> ratios;
    for (std::size_t i = 0; i < puts.size(); ++i) ratios.push_back(appends[i] / puts[i]);
    fmt::print(
        "{:20} append+fdatasync {:7.0f} MB/s {:7.2f} ms   put {:7.0f} MB/s {:7.2f} ms   ratio of "
        "medians {:.2f}, median of ratios {:.2f}   written/stored {:.2f}\n",
        shape.name, bytes / Median(appends) / 1e6, Median(appends) * 1e3,
        bytes / Median(puts) / 1e6, Median(puts) * 1e3, Median(appends) / Median(puts),
        Median(ratios), static_cast<double>(written) / (bytes * rounds));
  }

  void MeasureReads() {
    const blob::BlobKey key = TestKey("read", 9);
    TT_ASSERT(calls_->Put(key, noise_.substr(0, 8 * kMebibyte)).has_value(), "put failed");
    for (const ByteCount length : {kMebibyte / 16, kMebibyte, 8 * kMebibyte}) {
      std::vector<double> times;
      for (ByteCount i = 0; i < 200; ++i) {
        const ByteCount offset = length == 8 * kMebibyte ? 0 : (i * 77'777) % (7 * kMebibyte);
        const auto start = Clock::now();
        const auto read = calls_->GetRange(key, {.offset = offset, .length = length});
        times.push_back(Seconds(Clock::now() - start));
        TT_ASSERT(read.has_value(), "{}", read.error().message());
      }
      fmt::print("hot get of {:5} KiB out of 8 MiB: median {:7.3f} ms, {:6.0f} MB/s\n",
                 length / 1024, Median(times) * 1e3,
                 static_cast<double>(length) / Median(times) / 1e6);
    }
  }

  // 16 uploads of 16 MiB each, half large and half small batches; every second
  // one is deleted.
  void DeleteHalf() {
    const std::filesystem::path store = folder_ / "store" / "db";
    const ByteCount before = BytesOnDisk(store);
    for (int part = 0; part < 8; ++part) {
      for (int video = 100; video < 116; ++video) {
        const std::string bytes = noise_.substr(static_cast<ByteCount>(video) * 1000, kMebibyte);
        TT_ASSERT(calls_->Put(TestKey(fmt::format("small-{}", part), video), bytes).has_value(),
                  "");
      }
    }
    for (int video = 100; video < 116; ++video) {
      TT_ASSERT(calls_->Put(TestKey("large", video), noise_.substr(0, 8 * kMebibyte)).has_value(),
                "");
    }
    const ByteCount full = BytesOnDisk(store);
    const ByteCount written_before = WrittenBytes();
    const auto start = Clock::now();
    for (int video = 100; video < 116; video += 2) {
      const blob::BlobKey key = TestKey("", video);
      TT_ASSERT(calls_->RemoveUpload(key.video, key.upload).has_value(), "");
    }
    const double removed = Seconds(Clock::now() - start);
    store_->WaitUntilSpaceIsBack();
    const double back = Seconds(Clock::now() - start);
    fmt::print(
        "delete 128 of 256 MiB: {:.0f} MiB on disk -> {:.0f} MiB; acknowledged after {:.2f} s, "
        "space "
        "back after {:.2f} s, {:.0f} MiB rewritten\n",
        InMebibytes(full - before), InMebibytes(BytesOnDisk(store) - before), removed, back,
        InMebibytes(WrittenBytes() - written_before));
  }

 private:
  static double InMebibytes(ByteCount bytes) {
    return static_cast<double>(static_cast<std::int64_t>(bytes)) / static_cast<double>(kMebibyte);
  }

  double Append(const Shape& shape) {
    const auto start = Clock::now();
    for (std::size_t i = 0; i < shape.blob_count; ++i) {
      const ssize_t written = ::write(append_, noise_.data() + i * 999, shape.blob_bytes);
      TT_ASSERT(written == static_cast<ssize_t>(shape.blob_bytes), "append failed");
    }
    TT_ASSERT(::fdatasync(append_) == 0, "fdatasync failed");
    return Seconds(Clock::now() - start);
  }

  double Put(const Shape& shape) {
    const auto noise = std::make_shared<const std::string>(noise_);
    std::vector<blob::Blob> batch;
    for (std::size_t i = 0; i < shape.blob_count; ++i) {
      batch.push_back(
          {.key = TestKey(fmt::format("n{}", next_++)),
           .bytes = blob::Bytes(noise, AsBytes(*noise).subspan(i * 999, shape.blob_bytes))});
    }
    const auto start = Clock::now();
    const Result<void> put = calls_->Put(std::move(batch));
    TT_ASSERT(put.has_value(), "{}", put.error().message());
    return Seconds(Clock::now() - start);
  }

  const std::filesystem::path folder_;
  const std::string noise_;
  const int append_;
  std::uint64_t next_ = 0;
  std::unique_ptr<rocksdb::RocksdbBlobStore> store_;
  std::optional<support::BlockingBlobStore> calls_;
};

int Main(const std::vector<std::string>& arguments) {
  const support::TemporaryFolder temporary;
  const std::filesystem::path folder =
      arguments.size() > 1 ? std::filesystem::path(arguments[1]) : temporary.path();
  const int rounds = arguments.size() > 2 ? std::stoi(arguments[2]) : 15;
  const ByteCount record_bytes = (arguments.size() > 3 ? std::stoull(arguments[3]) : 256) * 1024;
  TT_ASSERT(support::IsOnDisk(folder), "{} is in memory", folder.string());
  Bench bench(folder, record_bytes);
  fmt::print("records of {} KiB, {} rounds, in {}\n", record_bytes / 1024, rounds, folder.string());
  for (const Shape& shape : kShapes) bench.CompareWrites(shape, rounds);
  bench.MeasureReads();
  bench.DeleteHalf();
  return 0;
}

}  // namespace
}  // namespace tritontube

int main(int argc, char** argv) { return tritontube::Main({argv, argv + argc}); }
